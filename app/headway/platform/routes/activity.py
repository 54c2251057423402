"""`/workspaces/:id/notify` and `/workspaces/:id/activity`: what agents have to say, and what they log."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from headway.core.api import (
    DELEGATION_COMPLETE,
    Activity,
    ActivityLogged,
    ActivityRequest,
    NotifyAnswer,
    NotifyRequest,
)
from headway.core.events import AgentMessage, EventType
from headway.core.text import ERROR_LIMIT, clean, clean_line
from headway.ledger.records import NewActivity
from headway.platform.errors import BadRequest, Forbidden, Missing, Unprocessable
from headway.platform.platform import Platform
from headway.platform.routes.asking import Caller, Seen, Served, Source, accepts, body_of, refuses

NO_MESSAGE: Final = "message is required"
NOT_OWN_SOURCE: Final = "source_id must match authenticated workspace"
MESSAGE_LIMIT: Final = 16_384
"""Characters of an agent's message to people."""
LIST_LIMIT: Final = 500

router = APIRouter(prefix="/workspaces/{workspace_id}", tags=["activity"])


@router.post(
    "/notify",
    response_model=NotifyAnswer,
    openapi_extra=accepts(NotifyRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def notify(request: Request, source: Source, platform: Served) -> NotifyAnswer:
    """Say something to people, or log a notice."""
    said = await body_of(NotifyRequest, request, platform)
    if said.type is not None:
        await platform.ledger.log_activity(_notice(source, said, said.type))
    elif said.message is not None and said.message.strip():
        await _announce(platform, source, said, said.message)
    else:
        raise BadRequest(NO_MESSAGE)
    return NotifyAnswer()


@router.get("/activity", response_model=list[Activity], responses=refuses(422))
async def list_activity(
    workspace_id: Seen,
    platform: Served,
    kind: Annotated[str | None, Query(alias="type", max_length=64)] = None,
    source: Annotated[str | None, Query(max_length=256)] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 100,
) -> list[Activity]:
    """What was logged, the newest first. `source` is a workspace, `agent` for any of them, or `canvas` for none."""
    return await platform.ledger.activity(workspace_id, kind=kind, source=source, limit=limit)


@router.post(
    "/activity",
    response_model=ActivityLogged,
    openapi_extra=accepts(ActivityRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def log_activity(request: Request, source: Source, platform: Served, caller: Caller) -> ActivityLogged:
    """Log one thing; a workspace token logs as its own workspace."""
    said = await body_of(ActivityRequest, request, platform)
    by = clean_line(said.source_id or "") or source
    if by != source and caller.workspace_id is not None:
        raise Forbidden(f"{NOT_OWN_SOURCE}; nothing was logged")
    kind = clean_line(said.activity_type, limit=64)
    if not kind:
        raise Unprocessable("activity_type: it must have a visible character")
    new = NewActivity(
        workspace_id=source,
        type=kind,
        source_id=by,
        target_id=clean_line(said.target_id or "") or None,
        method=clean_line(said.method or "") or None,
        summary=_text(said.summary),
        status=clean_line(said.status or "", limit=32) or "ok",
        request_body=said.metadata if said.request_body is None else said.request_body,
        response_body=said.response_body,
        error_detail=_text(said.error_detail),
        duration_ms=said.duration_ms,
    )
    return ActivityLogged(id=await platform.ledger.log_activity(new))


async def _announce(platform: Platform, workspace_id: str, said: NotifyRequest, message: str) -> None:
    workspace = await platform.ledger.workspace(workspace_id)
    if workspace is None:
        raise Missing("workspace not found; nothing was sent")
    payload = AgentMessage(
        workspace_id=workspace_id,
        name=workspace.name,
        message=clean(message, limit=MESSAGE_LIMIT),
        attachments=tuple(said.attachments) if said.attachments else None,
    )
    await platform.ledger.announce(EventType.AGENT_MESSAGE, workspace_id, payload)


def _notice(workspace_id: str, said: NotifyRequest, kind: str) -> NewActivity:
    complete = kind == DELEGATION_COMPLETE
    return NewActivity(
        workspace_id=workspace_id,
        type=clean_line(kind, limit=64) or "notice",
        source_id=workspace_id,
        target_id=clean_line(said.target_workspace_id or "") or None,
        method="notify",
        summary=clean_line(f"Delegation {said.task_id} {said.status}") if complete else _text(said.message),
        status="error" if said.status == "failed" else "ok",
        request_body=said.model_dump(exclude_none=True),
    )


def _text(text: str | None) -> str | None:
    return clean(text, limit=ERROR_LIMIT) if text else None
