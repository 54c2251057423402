"""Request and response bodies of the HTTP API, shared by the server and its clients (spec: platform-api).

Texts in requests are bounded here and cleaned by the platform's door; texts in responses are cleaned by the connector
that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from headway.core.delegation import Row, Status
from headway.core.timestamps import Timestamp

OPERATOR: Final = "operator"
"""The name and role of the person's own workspace, made when it is first needed; a path may use it as its id."""
ONLINE: Final = "online"
DEGRADED: Final = "degraded"
OFFLINE: Final = "offline"
"""How a workspace is; other platforms may have words of their own for it."""
DELEGATION_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
"""What an agent may call its own delegation: what a URL can name as it is."""
MAX_PRIORITY: Final = 1_000
MAX_SECONDS: Final = 10 * 365 * 86_400
SNAPSHOT_FINISHED: Final = 1_000
"""Finished delegations that a snapshot carries, unless asked for another number."""


class Body(BaseModel):
    """A JSON body; unknown fields are let pass, so that older and newer sides get on."""

    model_config = ConfigDict(extra="ignore")


class ErrorBody(Body):
    error: str


class DelegateRequest(Body):
    """`POST /workspaces/:id/delegate`."""

    target_id: str
    task: str = Field(min_length=1)
    idempotency_key: str | None = Field(default=None, max_length=256)
    priority: int | None = Field(default=None, ge=0, le=MAX_PRIORITY)
    expires_in_seconds: int | None = Field(default=None, ge=0, le=MAX_SECONDS)
    deadline_seconds: int | None = Field(default=None, gt=0, le=MAX_SECONDS)


class DelegateAccepted(Body):
    delegation_id: str
    status: str
    target_id: str
    idempotent_hit: bool | None = None


class RecordRequest(Body):
    """`POST /workspaces/:id/delegations/record`: an agent says that it has sent a delegation itself."""

    target_id: str
    task: str
    delegation_id: str = Field(max_length=256, pattern=DELEGATION_ID)


class RecordAccepted(Body):
    delegation_id: str
    status: Literal["recorded"] = "recorded"


class UpdateRequest(Body):
    """`POST /workspaces/:id/delegations/:did/update`."""

    status: str
    error: str | None = None
    response_preview: str | None = None


class StatusAnswer(Body):
    """What update and cancel answer."""

    delegation_id: str
    status: Status


class CancelRequest(Body):
    reason: str | None = None


class DelegationSummary(Body):
    """One item of `GET /workspaces/:id/delegations`."""

    delegation_id: str
    source_id: str
    target_id: str
    type: Literal["delegation"] = "delegation"
    summary: str
    status: Status
    created_at: Timestamp
    updated_at: Timestamp
    response_preview: str | None = None
    error: str | None = None
    last_heartbeat: Timestamp | None = None
    deadline: Timestamp | None = None
    ledger: Literal[True] = Field(default=True, serialization_alias="_ledger")


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


class Snapshot(Body):
    """`GET /snapshot`: what the stream goes on from, read at one moment."""

    epoch: str
    seq: int
    workspaces: list[Workspace]
    delegations: list[Row]
    totals: dict[Status, int]


class Health(Body):
    status: Literal["ok", "unavailable"]
    version: str
    epoch: str
    seq: int
