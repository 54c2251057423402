"""Bodies of `/workspaces/:id/notify` and `/workspaces/:id/activity` (spec: platform-api, "Delegations")."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from headway.core.api.body import Body, bounded, json_of_at_most
from headway.core.timestamp import Timestamp

DELEGATION_COMPLETE: Final = "delegation_complete"
"""The kind of notice by which an agent tells how a delegation of its own went."""
NOTICE_STATUSES: Final = ("completed", "failed", "queued", "canceled")
ACTIVITY_BODY: Final = 65_536
"""Characters of JSON that a request or response body of activity has at most."""
MAX_ATTACHMENTS: Final = 100

Logged = Annotated[Any, json_of_at_most(ACTIVITY_BODY)]


class NotifyRequest(Body):
    """`POST /workspaces/:id/notify`: a message for people, or a notice with a type of its own, which is logged."""

    model_config = ConfigDict(extra="allow")

    type: str | None = Field(default=None, max_length=64)
    message: str | None = None
    attachments: Annotated[list[Any], json_of_at_most(16_384)] | None = Field(default=None, max_length=MAX_ATTACHMENTS)
    task_id: str | None = Field(default=None, max_length=256)
    target_workspace_id: str | None = Field(default=None, max_length=256)
    status: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.type == DELEGATION_COMPLETE and (not self.task_id or self.status not in NOTICE_STATUSES):
            raise ValueError(f"a {DELEGATION_COMPLETE} needs task_id, and status {', '.join(NOTICE_STATUSES)}")
        bounded(self.model_dump(), characters=ACTIVITY_BODY)
        return self


class NotifyAnswer(Body):
    status: Literal["sent"] = "sent"


class ActivityRequest(Body):
    """`POST /workspaces/:id/activity`; `metadata` stands for a request body where there is none."""

    activity_type: str = Field(validation_alias=AliasChoices("activity_type", "type"), min_length=1, max_length=64)
    source_id: str | None = Field(default=None, max_length=256)
    target_id: str | None = Field(default=None, max_length=256)
    method: str | None = None
    summary: str | None = None
    status: str | None = None
    request_body: Logged = None
    response_body: Logged = None
    metadata: Logged = None
    error_detail: str | None = None
    duration_ms: int | None = Field(default=None, ge=0, le=2**53)


class ActivityLogged(Body):
    status: Literal["logged"] = "logged"
    id: str


class Activity(Body):
    """One item of `GET /workspaces/:id/activity`."""

    id: str
    workspace_id: str
    activity_type: str
    source_id: str | None = None
    target_id: str | None = None
    method: str | None = None
    summary: str | None = None
    status: str
    request_body: Any = None
    response_body: Any = None
    error_detail: str | None = None
    duration_ms: int | None = None
    created_at: Timestamp
