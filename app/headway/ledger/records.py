"""What goes into the ledger and what comes out, as small immutable records. Times are Unix milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from headway.core.delegation import DEFAULT_PRIORITY, Delegation, Row, Status, Via
from headway.core.events import Event, read_payload
from headway.core.progress import Splice

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class NewDelegation:
    """A task to hand over. Texts have passed the gate and their bounds; `expires_at` is for its time in the queue."""

    source_id: str
    target_id: str
    task: str = field(repr=False)
    idempotency_key: str | None = None
    priority: int = DEFAULT_PRIORITY
    expires_at: int | None = None
    deadline: int | None = None
    traceparent: str | None = None
    refusal: str | None = None
    """Why it fails at once, where its source may not talk to its target."""
    busy: bool = False
    """Whether its target is known to have no free slot, so that it waits in the queue at once."""


class Delegated:
    """The delegation that stands for a request; not `created` when an earlier request had made it."""

    __slots__ = ("_delegation", "_make", "created", "row")

    def __init__(self, row: Row, make: Callable[[], Delegation], *, created: bool) -> None:
        """`make` is called when the whole record is asked for, which most callers never do."""
        self.row = row
        self.created = created
        self._make = make
        self._delegation: Delegation | None = None

    @property
    def delegation(self) -> Delegation:
        """The whole record."""
        if self._delegation is None:
            self._delegation = self._make()
        return self._delegation


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delegation that is to be sent now.

    `request` is set where the gateway took a message in: `{"message": {…}, "configuration": {…}, "metadata": {…}}`, in
    the shape of A2A v1.0, to be sent in place of one that is made of the task. `drained` is whether it has waited in
    the queue.
    """

    delegation: Delegation
    request: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def drained(self) -> bool:
        return self.delegation.queued_at is not None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that the gateway could not pass on now. Its texts have passed the gate; `request` is JSON.

    `delegation_id` is the delegation that the message names; `in_context` is whether it goes on with a context or task.
    """

    source_id: str
    target_id: str
    message_id: str
    task: str = field(repr=False)
    request: str = field(repr=False)
    delegation_id: str | None = None
    in_context: bool = False
    priority: int = DEFAULT_PRIORITY
    expires_at: int | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the gateway's queue, or what became of it.

    `position` counts from 1 while it waits, and is 0 afterwards; `depth` is how many wait for the target in all;
    `attempted` is whether it was ever taken out of the queue.
    """

    queue_id: str
    delegation_id: str
    source_id: str
    target_id: str
    status: Status
    priority: int
    tries: int
    position: int
    depth: int
    created_at: int
    expires_at: int | None
    error: str | None
    attempted: bool
    response: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What surely did not reach its agent: why, how many deliveries have failed so far, and when to try again.

    `not_before` is in milliseconds; None is as soon as there is a slot. With `give_up` it is not tried again.
    """

    message: str
    tries: int
    not_before: int | None = None
    give_up: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a running delegation; None is "not said"."""

    status: Status | None = None
    status_message: str | None = None
    progress_percent: float | None = None
    splice: Splice | None = None
    remote_task_id: str | None = None
    context_id: str | None = None
    dialect: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """It ended well."""

    result: str = field(default="", repr=False)
    via: Via | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """It ended badly, and why."""

    error: str


NEVER_SENT: Final = "canceled before it was sent to the agent"
"""What is said of one that was canceled while it waited."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """It was stopped. A `reason` of None is the one given when the cancel was asked for."""

    confirmed: bool
    message: str
    reason: str | None = None


Outcome = Completion | Failure | Cancellation


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a list: the board row without progress text, and longer previews for the HTTP API."""

    row: Row
    summary: str
    response_preview: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Records of a list, newest first; `next` is the `before` of the page after it, None where there is none."""

    delegations: list[Delegation]
    next: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one moment: delegations by status, what waits by target, the newest and the lowest seq."""

    by_status: Mapping[Status, int]
    waiting: Mapping[str, int]
    head: int
    lowest: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that is not known to have reached its agent, and the messageId it is sent under."""

    text: str = field(repr=False)
    message_id: str


class StoredEvent(NamedTuple):
    """One committed event. `payload` is its data as JSON text, encoded once for all who read it.

    Its fields are the first columns of the table, in their order.
    """

    seq: int
    workspace_id: str
    target_id: str | None
    delegation_id: str | None
    type: str
    timestamp: int
    payload: str

    def decode(self) -> Event:
        """The event with its payload read."""
        return Event(self.seq, self.type, self.timestamp, read_payload(self.type, json.loads(self.payload)))


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A seat for an agent. An `id` of None is made."""

    name: str
    url: str | None = None
    parent_id: str | None = None
    role: str | None = None
    max_concurrent_tasks: int = 1
    status: str = "unknown"
    id: str | None = None
    agent_card: Mapping[str, Any] | None = None
    external: bool = True


@dataclass(frozen=True, slots=True)
class Beat:
    """What a runtime reports of its workspace. Texts have passed the gate and their bounds."""

    active_tasks: int = 0
    current_task: str | None = None
    uptime_seconds: int = 0
    error_rate: float = 0.0
    sample_error: str | None = None
    runtime_state: str | None = None
    runtime_metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workspace stands among the others: what decides whom it may talk to."""

    parent_id: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class NewActivity:
    """One thing to log. Texts have passed the gate and their bounds; bodies are JSON."""

    workspace_id: str
    type: str
    source_id: str | None = None
    target_id: str | None = None
    method: str | None = None
    summary: str | None = None
    status: str = "ok"
    request_body: Any = None
    response_body: Any = None
    error_detail: str | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept: finished delegations, events, activity, each by count and by age; None is without bound.

    Events are bounded in bytes of their payloads too: an agent that rewrites a large artifact makes few, but large.
    """

    finished: int | None = 100_000
    finished_ms: int | None = 30 * DAY_MS
    events: int | None = 500_000
    events_ms: int | None = 7 * DAY_MS
    event_bytes: int | None = 1 << 30
    activity: int | None = 100_000
    activity_ms: int | None = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Evicted:
    """What an eviction took away."""

    delegations: int
    events: int
    activity: int = 0

    def __add__(self, more: Evicted) -> Evicted:
        return Evicted(self.delegations + more.delegations, self.events + more.events, self.activity + more.activity)
