"""Bodies of `/workspaces/:id/delegate` and `/workspaces/:id/delegations` (spec: platform-api, "Delegations")."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from headway.core.api.body import Body
from headway.core.delegation import Status
from headway.core.timestamp import Timestamp

DELEGATION_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
"""What an agent may call its own delegation: what a URL can name as it is."""
MAX_PRIORITY: Final = 1_000
MAX_SECONDS: Final = 10 * 365 * 86_400


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
    status_message: str | None = None
    progress_percent: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    progress_offset: int = Field(default=0, ge=0, le=2**53)
    progress_text: str | None = None
    """With in_progress: what the agent has said from `progress_offset` on, counted in characters."""


class StatusAnswer(Body):
    """What update, cancel and reply answer."""

    delegation_id: str
    status: Status


class CancelRequest(Body):
    """`POST /workspaces/:id/delegations/:did/cancel`.

    `confirmed` is said by a source that has sent the task itself and has asked its agent to cancel; `status_message` is
    how it puts that.
    """

    reason: str | None = None
    confirmed: bool | None = None
    status_message: str | None = None


class ReplyRequest(Body):
    """`POST /workspaces/:id/delegations/:did/reply`."""

    text: str = Field(min_length=1)


class RetryAccepted(Body):
    """What retry answers: the new delegation, and the one that it is linked to."""

    delegation_id: str
    status: str
    target_id: str
    retry_of: str
    idempotent_hit: bool | None = None


class PastEvent(Body):
    """One item of `GET /workspaces/:id/delegations/:did/events`: an event as the stream tells it, with its seq."""

    seq: int
    type: str
    timestamp: int
    """Unix milliseconds."""
    data: dict[str, Any]


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
