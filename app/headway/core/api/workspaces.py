"""Bodies of `/workspaces` and `/registry` (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from headway.core.api.body import Body
from headway.core.timestamps import Timestamp

OPERATOR: Final = "operator"
"""The name and role of the person's own workspace, made when it is first needed; a path may use it as its id."""
ONLINE: Final = "online"
DEGRADED: Final = "degraded"
OFFLINE: Final = "offline"
"""How a workspace is; other platforms may have words of their own for it."""


class WorkspaceRequest(Body):
    """`POST /workspaces`."""

    name: str = Field(min_length=1)
    url: str | None = None
    parent_id: str | None = None
    role: str | None = None
    max_concurrent_tasks: int = Field(default=1, ge=1, le=10_000)
    external: bool = True


class WorkspaceCreated(Body):
    id: str
    status: str
    external: bool


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


class RegisterRequest(Body):
    """`POST /registry/register`."""

    id: str
    url: str
    agent_card: Mapping[str, Any] | None = None


class Registered(Body):
    status: Literal["registered"] = "registered"
    auth_token: str | None = None
