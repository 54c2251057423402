"""What is known of a workspace, moved by the events that tell what changed of it."""

from __future__ import annotations

from typing import Any, Final

from headway.core.api import DEGRADED, OFFLINE, ONLINE, Workspace
from headway.core.events import (
    Event,
    WorkspaceDegraded,
    WorkspaceFact,
    WorkspaceHeartbeat,
    WorkspaceOffline,
    WorkspaceOnline,
    WorkspaceRemoved,
)

_SAID_BY_TYPE: Final = {WorkspaceOnline: ONLINE, WorkspaceOffline: OFFLINE, WorkspaceDegraded: DEGRADED}
_SAME_NAME: Final = (
    "name",
    "role",
    "status",
    "url",
    "active_tasks",
    "max_concurrent_tasks",
    "queue_depth",
    "current_task",
    "uptime_seconds",
)

UNTOLD: Final = ("agent_card", "role", "runtime_state", "last_error_rate")
"""What of a workspace is only in the answer to a question."""


def updated(workspace: Workspace | None, event: Event, fact: WorkspaceFact) -> Workspace | None:
    """The workspace after `event`; None once it is removed. An unknown one begins with what the event says."""
    if isinstance(fact, WorkspaceRemoved):
        return None
    changes: dict[str, Any] = {}
    for name in _SAME_NAME:
        value = getattr(fact, name, None)
        if value is not None:
            changes[name] = value
    if said := _SAID_BY_TYPE.get(type(fact)):
        changes.setdefault("status", said)
    if fact.error is not None:
        changes["last_sample_error"] = fact.error
    if isinstance(fact, WorkspaceHeartbeat):
        changes["last_heartbeat_at"] = event.timestamp
    if workspace is None:
        return Workspace(**{"id": fact.workspace_id, "name": fact.workspace_id[:8], **changes})
    return workspace.model_copy(update=changes)
