"""What a dashboard or a tool needs of a platform: the `Connector` protocol and its small messages.

A platform that lacks something says so in `Capabilities`, and its method raises `Unsupported`: the board then shows
less instead of failing. Every text that comes out of a connector is clean and bounded (spec: safety, "Text" 1).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from headway.core.api import SNAPSHOT_FINISHED

if TYPE_CHECKING:
    from headway.core.api import Health, Snapshot, Workspace
    from headway.core.cursor import Cursor
    from headway.core.delegation import Delegation, Row, Status
    from headway.core.events import Event


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this platform, seen with this token, can do; what a board offers follows from it."""

    read_only: bool = False
    """Nothing may be changed: acting methods raise `NotAllowed` without asking the platform."""
    snapshot: bool = True
    """One consistent read that the event stream goes on from."""
    older: bool = True
    """Finished delegations beyond those of the snapshot can be read, page by page."""
    resume: bool = True
    """The stream can go on after a cursor."""
    progress: bool = True
    """Events carry progress text and percentages."""
    poll: bool = True
    cancel: bool = True
    reply: bool = True
    retry: bool = True
    priority: bool = True
    expiry: bool = True
    add_agents: bool = True
    remove_agents: bool = True
    drop_stale: bool = True
    replay: bool = False
    """It is a recording, which can be paused and moved."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The stream is being connected."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream is connected; what was missed comes first."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream broke; it is tried again in `retry_in` seconds. `reason` is a word or two for people."""

    reason: str
    retry_in: float


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one network read, in order; `cursor` is the place after them, where it moved."""

    events: Sequence[Event]
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The stream goes on from another place than where it was: begin anew from this snapshot."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Playing:
    """What follows is a recording that is played; `words` says, for people, where it stands now."""

    words: Callable[[], str]


StreamMessage = Opening | Opened | Closed | Batch | Reset | Playing


@dataclass(frozen=True, slots=True)
class DispatchOrder:
    """A task to hand to a workspace.

    The key is made once by whoever makes the order and stays the same when it is sent again, so that it is carried out
    once. `expires_in_seconds` of None or 0 is never; a `priority` of None is the platform's default.
    """

    target_id: str
    task: str
    idempotency_key: str
    priority: int | None = None
    expires_in_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The platform has it, durably. `repeated` is true where it had this order before."""

    delegation_id: str
    target_id: str
    status: str
    repeated: bool = False


class DelegationRef(Protocol):
    """What names a delegation to a platform: a `Row` and a `Delegation` are both one."""

    @property
    def delegation_id(self) -> str: ...

    @property
    def source_id(self) -> str: ...


class Connector(Protocol):
    """One platform, reached with one token, acting as its operator.

    Every method but `events` may raise `NotReachable`, `NotAllowed`, `BadAnswer` and `Refused`; those that change
    something may raise `OutcomeUnknown`, and those of a capability that is missing raise `Unsupported`.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def address(self) -> str:
        """Where the platform is, for people; holds no secret."""

    def use_token(self, token: str | None) -> None:
        """Go on with another token; also the running event stream, at its next connection."""

    async def snapshot(self, *, finished: int = SNAPSHOT_FINISHED) -> Snapshot:
        """All active delegations, the newest `finished` ones, workspaces and totals, from one consistent read."""

    async def finished_before(self, delegation: DelegationRef, *, limit: int = SNAPSHOT_FINISHED) -> list[Row]:
        """What ended before this one did, the newest first, as a snapshot has it; empty where there is no more."""

    def events(self, after: Cursor | None) -> AsyncGenerator[StreamMessage, None]:
        """Everything after a cursor, reconnecting for ever; None begins with what happens next. Close it after use.

        Raises `CursorGone` when a new snapshot is needed and `NotAllowed` when another token is.
        """

    async def dispatch(self, order: DispatchOrder) -> Dispatched:
        """Hand over a task as the operator. Where the outcome is unknown, it is sent once more with the same key."""

    async def delegation(self, id_or_prefix: str) -> Delegation:
        """One record in full, by its id or by a prefix of it that no other shares.

        Raises `NotFound`, and `Conflict` where several begin so.
        """

    async def timeline(self, delegation: DelegationRef) -> Sequence[Event]:
        """What happened to a delegation, oldest first, its output left out; what the platform keeps of it.

        Raises `NotFound`.
        """

    async def delegations(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> list[Delegation]:
        """Newest first, without progress text; `before` is the id of the last one of the page above."""

    async def poll(self, delegation: DelegationRef) -> Delegation:
        """Have the platform ask the agent now; the record as it is then. Raises `NotFound`."""

    async def cancel(self, delegation: DelegationRef, *, reason: str | None = None) -> Status:
        """Ask for a cancel; the status then (canceling, or canceled). Raises `NotFound`; `Conflict` when finished."""

    async def reply(self, delegation: DelegationRef, text: str) -> Status:
        """Answer what its agent asks; the status then. Raises `NotFound`; `Conflict` when it asks for no input."""

    async def retry(self, delegation: DelegationRef) -> Dispatched:
        """Hand over again what failed or was canceled, as a new delegation; `repeated` where its retry still runs.

        Raises `NotFound`; `Conflict` for one that has not ended, or was completed.
        """

    async def agents(self) -> list[Workspace]:
        """The workspaces registered there, the operator's own included."""

    async def add_agent(self, url: str, *, name: str | None = None, slots: int = 1) -> str:
        """Register the A2A agent at `url`, able to do `slots` tasks at once; its workspace id."""

    async def remove_agent(self, workspace_id: str) -> None:
        """Take a workspace away; what waits for it or runs there fails. Raises `NotFound`."""

    async def drop_stale(self, older_than_ms: int, workspace_id: str) -> int:
        """Fail what has waited for this workspace for longer than so many milliseconds; how many that were."""

    async def health(self) -> Health:
        """Version, epoch and newest seq of the platform."""

    async def aclose(self) -> None:
        """End streams and connections. Calls after it fail."""
