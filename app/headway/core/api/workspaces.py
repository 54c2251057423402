"""Bodies of `/workspaces` and `/registry` (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from headway.core.api.body import Body, json_of_at_most

Card = Annotated[Mapping[str, Any], json_of_at_most(65_536)]
Metadata = Annotated[Mapping[str, Any], json_of_at_most(16_384)]


class WorkspaceRequest(Body):
    """`POST /workspaces`."""

    name: str = Field(min_length=1)
    url: str | None = None
    parent_id: str | None = None
    role: str | None = None
    max_concurrent_tasks: int = Field(default=1, ge=1, le=10_000)
    external: bool = True
    """Whether somebody else runs its agent; kept as it is said."""


class WorkspaceCreated(Body):
    id: str
    status: str
    external: bool


class RegisterRequest(Body):
    """`POST /registry/register`."""

    id: str
    url: str
    agent_card: Card | None = None


class Registered(Body):
    status: Literal["registered"] = "registered"
    auth_token: str | None = None


class HeartbeatRequest(Body):
    """`POST /registry/heartbeat`. What is left out is none: a heartbeat says how things are."""

    workspace_id: str
    active_tasks: int = Field(default=0, ge=0, le=1_000_000)
    current_task: str | None = None
    uptime_seconds: int = Field(default=0, ge=0, le=2**53)
    error_rate: float = Field(default=0.0, ge=0)
    sample_error: str | None = None
    runtime_state: str | None = None
    runtime_metadata: Metadata | None = None


class HeartbeatAnswer(Body):
    status: Literal["ok"] = "ok"


class CardRequest(Body):
    """`POST /registry/update-card`; runtimes of the Molecule platform say `workspace_id`."""

    id: str = Field(validation_alias=AliasChoices("id", "workspace_id"))
    agent_card: Card


class CardAnswer(Body):
    status: Literal["updated"] = "updated"


class Discovered(Body):
    """`GET /registry/discover/:id`. `url` is None where the agent's own is asked for and it has none."""

    id: str
    name: str
    url: str | None = None


class Peer(Discovered):
    """One item of `GET /registry/:id/peers`: whom the workspace may talk to."""

    role: str | None = None
    status: str
    parent_id: str | None = None
    active_tasks: int = 0
    agent_card: Mapping[str, Any] | None = None


class AccessRequest(Body):
    """`POST /registry/check-access`."""

    caller_id: str
    target_id: str


class AccessAnswer(Body):
    allowed: bool
