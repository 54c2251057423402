"""The delegation: its statuses, the edges between them, the record and the board row (spec: lifecycle)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from headway.core.progress import EMPTY_PROGRESS, ProgressOnWire
from headway.core.timestamp import Timestamp

if TYPE_CHECKING:
    from headway.core.progress import ProgressText

TASK_PREVIEW: Final = 100
"""Characters of the task that events and board rows carry."""
RESULT_PREVIEW: Final = 200
"""Characters of the result that events and board rows carry."""
DEFAULT_PRIORITY: Final = 50


class Status(StrEnum):
    """Where a delegation stands."""

    PENDING = "pending"
    QUEUED = "queued"
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    INPUT_REQUIRED = "input_required"
    STUCK = "stuck"
    CANCELING = "canceling"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def group(self) -> Group:
        """The board's table that shows this status."""
        return _GROUPS.get(self, Group.IN_PROGRESS)

    def can_become(self, new: Status) -> bool:
        """Whether the lifecycle has an edge from this status to `new`; staying is no edge."""
        return new in EDGES[self]


class Group(StrEnum):
    """The three tables of the board."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Via(StrEnum):
    """How the answer of a delegation reached it."""

    DIRECT = "direct"
    QUEUE_DRAIN = "queue_drain"
    RESUME = "resume"


TERMINAL: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED})
ACTIVE: Final = frozenset(Status) - TERMINAL
WAITING: Final = frozenset({Status.PENDING, Status.QUEUED})
RUNNING: Final = ACTIVE - WAITING
RETRYABLE: Final = TERMINAL - {Status.COMPLETED}
"""What a retry may hand over again (spec: lifecycle)."""

_LIVE = {Status.INPUT_REQUIRED, Status.STUCK, Status.CANCELING, *TERMINAL}
EDGES: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.DISPATCHED, Status.QUEUED, Status.FAILED, Status.CANCELED}),
    Status.QUEUED: frozenset({Status.DISPATCHED, *TERMINAL}),
    Status.DISPATCHED: frozenset({Status.IN_PROGRESS, Status.QUEUED, *_LIVE}),
    Status.IN_PROGRESS: frozenset(_LIVE),
    Status.INPUT_REQUIRED: frozenset({Status.IN_PROGRESS, *_LIVE} - {Status.INPUT_REQUIRED}),
    Status.STUCK: frozenset({Status.IN_PROGRESS, *_LIVE} - {Status.STUCK}),
    Status.CANCELING: TERMINAL,
    **dict.fromkeys(TERMINAL, frozenset[Status]()),
}
"""The legal edges; nothing leads out of a terminal status."""

_GROUPS: Final = {
    **dict.fromkeys(WAITING, Group.QUEUED),
    **dict.fromkeys(TERMINAL, Group.COMPLETED),
}


def read_status(name: str) -> Status:
    """Read a status from the wire; `received`, from older runtimes, is dispatched. Raises ValueError if unknown."""
    return Status.DISPATCHED if name == "received" else Status(name)


def handed_over_by_us(recorded: bool, queue_id: str | None) -> bool:
    """Whether the platform sends, follows and cancels a delegation.

    What its source sends itself it does not, unless the gateway has taken it into the queue.
    """
    return not recorded or queue_id is not None


@dataclass(frozen=True, slots=True)
class Row:
    """The board row: the projection of a delegation that events carry in full (spec: lifecycle, "Events").

    Built by `core.projection.apply` alone, in the ledger and the dashboard. Pydantic reads and writes it as it is.
    """

    delegation_id: str
    source_id: str
    target_id: str
    status: Status
    priority: int
    task_preview: str
    attempt: int
    created_at: Timestamp
    updated_at: Timestamp
    last_activity_at: Timestamp
    seq: int
    progress_percent: float | None = None
    status_message: str | None = None
    result_preview: str | None = None
    error: str | None = None
    deadline: Timestamp | None = None
    expires_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    via: Via | None = None
    recorded: bool = False
    progress: ProgressOnWire = EMPTY_PROGRESS

    def changed(self, **fields: Any) -> Row:
        """As `dataclasses.replace`, in a fraction of the time."""
        draft = self.draft()
        for name, value in fields.items():
            setattr(draft, name, value)
        return made(draft)

    def draft(self) -> Draft:
        """A copy whose fields can be set, until `made` makes a row of it; one is made for every event."""
        draft = Draft()
        draft.delegation_id = self.delegation_id
        draft.source_id = self.source_id
        draft.target_id = self.target_id
        draft.status = self.status
        draft.priority = self.priority
        draft.task_preview = self.task_preview
        draft.attempt = self.attempt
        draft.created_at = self.created_at
        draft.updated_at = self.updated_at
        draft.last_activity_at = self.last_activity_at
        draft.seq = self.seq
        draft.progress_percent = self.progress_percent
        draft.status_message = self.status_message
        draft.result_preview = self.result_preview
        draft.error = self.error
        draft.deadline = self.deadline
        draft.expires_at = self.expires_at
        draft.finished_at = self.finished_at
        draft.via = self.via
        draft.recorded = self.recorded
        draft.progress = self.progress
        return draft


class Draft:
    """A row that is being made: laid out as one, and not frozen before it is one."""

    __slots__ = Row.__slots__

    if TYPE_CHECKING:
        delegation_id: str
        source_id: str
        target_id: str
        status: Status
        priority: int
        task_preview: str
        attempt: int
        created_at: int
        updated_at: int
        last_activity_at: int
        seq: int
        progress_percent: float | None
        status_message: str | None
        result_preview: str | None
        error: str | None
        deadline: int | None
        expires_at: int | None
        finished_at: int | None
        via: Via | None
        recorded: bool
        progress: ProgressText


def made(draft: Draft) -> Row:
    """The draft itself, as a row; it must not be written to any more."""
    row: Any = draft
    row.__class__ = Row
    done: Row = row
    return done


class Delegation(BaseModel):
    """The whole record (spec: lifecycle, "Record"), as `GET …/delegations/:did` and `--json` print it."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    delegation_id: str
    source_id: str
    target_id: str
    task: str
    status: Status
    priority: int = DEFAULT_PRIORITY
    idempotency_key: str | None = None
    attempt: int = 0
    remote_task_id: str | None = None
    context_id: str | None = None
    dialect: str | None = None
    progress_percent: float | None = None
    status_message: str | None = None
    result: str | None = None
    error: str | None = None
    cancel_requested_at: Timestamp | None = None
    cancel_reason: str | None = None
    expires_at: Timestamp | None = None
    deadline: Timestamp | None = None
    last_activity_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    finished_at: Timestamp | None = None
    traceparent: str | None = None
    via: Via | None = None
    recorded: bool = False
    tries: int = 0
    """Deliveries out of the queue that failed; a refusal because the agent was busy is none."""
    queued_at: Timestamp | None = None
    """When it first had to wait in the queue."""
    queue_id: str | None = None
    """What the gateway told its caller, where it took the message in for later."""
    retry_of: str | None = None
    seq: int
    progress_offset: int = 0
    progress_text: str = ""

    @property
    def is_ours(self) -> bool:
        """See `handed_over_by_us`."""
        return handed_over_by_us(self.recorded, self.queue_id)
