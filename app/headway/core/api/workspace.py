"""One workspace, as lists and the snapshot tell it; apart from the bodies that only runtimes and forms send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from headway.core.api.body import Body
from headway.core.timestamp import Timestamp

OPERATOR: Final = "operator"
"""The name and role of the person's own workspace, made when it is first needed; a path may use it as its id."""
ONLINE: Final = "online"
DEGRADED: Final = "degraded"
OFFLINE: Final = "offline"
"""How a workspace is; other platforms may have words of their own for it."""


class Workspace(Body):
    """One item of `GET /workspaces`."""

    id: str
    name: str
    url: str | None = None
    parent_id: str | None = None
    role: str | None = None
    status: str = "unknown"
    agent_card: Mapping[str, Any] | None = None
    active_tasks: int = 0
    max_concurrent_tasks: int = 1
    current_task: str | None = None
    last_heartbeat_at: Timestamp | None = None
    last_error_rate: float | None = None
    last_sample_error: str | None = None
    uptime_seconds: int | None = None
    queue_depth: int = 0
    external: bool = True
    runtime_state: str | None = None
    runtime_metadata: Mapping[str, Any] | None = None
