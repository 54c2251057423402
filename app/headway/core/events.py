"""Every event there is, and how its data is read (spec: lifecycle, "Events")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from headway.core.delegation import Status, Via
from headway.core.timestamp import Timestamp


class EventType(StrEnum):
    """The names on the wire."""

    DELEGATION_SENT = "DELEGATION_SENT"
    DELEGATION_STATUS = "DELEGATION_STATUS"
    DELEGATION_PROGRESS = "DELEGATION_PROGRESS"
    DELEGATION_COMPLETE = "DELEGATION_COMPLETE"
    DELEGATION_FAILED = "DELEGATION_FAILED"
    DELEGATION_CANCELED = "DELEGATION_CANCELED"
    DELEGATION_EVICTED = "DELEGATION_EVICTED"
    WORKSPACE_ONLINE = "WORKSPACE_ONLINE"
    WORKSPACE_OFFLINE = "WORKSPACE_OFFLINE"
    WORKSPACE_DEGRADED = "WORKSPACE_DEGRADED"
    WORKSPACE_REMOVED = "WORKSPACE_REMOVED"
    WORKSPACE_QUEUE = "WORKSPACE_QUEUE"
    WORKSPACE_HEARTBEAT = "WORKSPACE_HEARTBEAT"
    AGENT_MESSAGE = "AGENT_MESSAGE"
    TASK_UPDATED = "TASK_UPDATED"
    BOOKMARK = "BOOKMARK"


class Payload(BaseModel):
    """What an event says. Unknown fields are let pass: later versions may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    TYPE: ClassVar[EventType]


class DelegationPayload(Payload):
    """An event of one delegation."""

    delegation_id: str
    target_id: str


class Sent(DelegationPayload):
    TYPE = EventType.DELEGATION_SENT

    task_preview: str
    source_id: str
    status: Status
    priority: int
    attempt: int
    created_at: Timestamp
    deadline: Timestamp | None = None
    expires_at: Timestamp | None = None
    recorded: bool = False


class StatusChanged(DelegationPayload):
    """The status after the event, and its message in full: a message of None clears the one before.

    `priority` and `expires_at` are set where the gateway's queue gives it others than it began with.
    """

    TYPE = EventType.DELEGATION_STATUS

    status: Status
    attempt: int
    status_message: str | None = None
    progress_percent: float | None = None
    priority: int | None = None
    expires_at: Timestamp | None = None


class Progressed(DelegationPayload):
    """The shown text becomes what it was up to `offset`, followed by `text`."""

    TYPE = EventType.DELEGATION_PROGRESS

    text: str
    offset: int
    progress_percent: float | None = None


class Completed(DelegationPayload):
    TYPE = EventType.DELEGATION_COMPLETE

    response_preview: str
    via: Via | None = None


class Failed(DelegationPayload):
    TYPE = EventType.DELEGATION_FAILED

    error: str


class Canceled(DelegationPayload):
    """`confirmed` is whether the agent said that it stopped; `status_message` says it in words."""

    TYPE = EventType.DELEGATION_CANCELED

    confirmed: bool
    reason: str | None = None
    status_message: str | None = None


class Evicted(Payload):
    """Finished delegations that the ledger no longer keeps.

    `statuses` is how each of them had ended, in the same order, so that readers who held only some keep true totals.
    """

    TYPE = EventType.DELEGATION_EVICTED

    delegation_ids: tuple[str, ...]
    statuses: tuple[Status, ...] = ()


class WorkspaceFact(Payload):
    """What changed of a workspace; only the fields that did are set."""

    workspace_id: str
    name: str | None = None
    role: str | None = None
    status: str | None = None
    url: str | None = None
    active_tasks: int | None = None
    max_concurrent_tasks: int | None = None
    queue_depth: int | None = None
    current_task: str | None = None
    error: str | None = None


class WorkspaceOnline(WorkspaceFact):
    TYPE = EventType.WORKSPACE_ONLINE


class WorkspaceOffline(WorkspaceFact):
    TYPE = EventType.WORKSPACE_OFFLINE


class WorkspaceDegraded(WorkspaceFact):
    """`error_rate` and `sample_error` are what its runtime reported; `error` says why in words."""

    TYPE = EventType.WORKSPACE_DEGRADED

    error_rate: float | None = None
    sample_error: str | None = None


class WorkspaceRemoved(WorkspaceFact):
    TYPE = EventType.WORKSPACE_REMOVED


class WorkspaceQueue(WorkspaceFact):
    TYPE = EventType.WORKSPACE_QUEUE


class WorkspaceHeartbeat(WorkspaceFact):
    """Sent without an id and not stored."""

    TYPE = EventType.WORKSPACE_HEARTBEAT

    uptime_seconds: int | None = None


class TaskUpdated(WorkspaceFact):
    """What its runtime says it works on has changed; an empty `current_task` is nothing."""

    TYPE = EventType.TASK_UPDATED


class AgentMessage(Payload):
    """What an agent has to say to people, outside of any delegation."""

    TYPE = EventType.AGENT_MESSAGE

    workspace_id: str
    name: str
    message: str
    attachments: tuple[Any, ...] | None = None


class Bookmark(Payload):
    """The stream is caught up to `seq`."""

    TYPE = EventType.BOOKMARK

    seq: int


class Other(Payload):
    """An event that this version does not know, kept as it came."""

    data: Mapping[str, Any]


PAYLOADS: Final[Mapping[str, type[Payload]]] = {
    payload.TYPE: payload
    for payload in (
        Sent,
        StatusChanged,
        Progressed,
        Completed,
        Failed,
        Canceled,
        Evicted,
        WorkspaceOnline,
        WorkspaceOffline,
        WorkspaceDegraded,
        WorkspaceRemoved,
        WorkspaceQueue,
        WorkspaceHeartbeat,
        TaskUpdated,
        AgentMessage,
        Bookmark,
    )
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `seq` is 0 for those that are not stored; `timestamp` is Unix milliseconds."""

    seq: int
    type: str
    timestamp: int
    payload: Payload


def read_payload(event_type: str, data: Mapping[str, Any]) -> Payload:
    """Read the data of an envelope; a type that is not known gives `Other`. Raises pydantic.ValidationError."""
    model = PAYLOADS.get(event_type)
    return model.model_validate(data) if model else Other(data=data)
