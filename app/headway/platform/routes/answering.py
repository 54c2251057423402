"""`…/delegations/:did/reply` and `…/retry`: what a person does about one that asks, or that came to nothing."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from headway.core.api import ReplyRequest, RetryAccepted, StatusAnswer
from headway.platform.errors import Forbidden, Unprocessable
from headway.platform.routes.asking import Served, Source, accepts, body_of, delegation_of, refuses

router = APIRouter(prefix="/workspaces/{workspace_id}/delegations/{delegation_id}", tags=["delegations"])


@router.post(
    "/reply",
    status_code=202,
    response_model=StatusAnswer,
    openapi_extra=accepts(ReplyRequest),
    responses=refuses(400, 404, 409, 413, 422, 503),
)
async def reply(request: Request, source: Source, delegation_id: str, platform: Served) -> StatusAnswer:
    """Answer one that asks for input; the answer is durable before this answers, and goes to the same task."""
    said = await body_of(ReplyRequest, request, platform)
    if not said.text.strip():
        raise Unprocessable("text: it must have a visible character")
    delegation = await delegation_of(source, delegation_id, platform)
    row, kept = await platform.ledger.reply(delegation_id, said.text)
    platform.dispatcher.reply(delegation.model_copy(update={"attempt": row.attempt}), kept)
    return StatusAnswer(delegation_id=delegation_id, status=row.status)


@router.post(
    "/retry",
    status_code=202,
    response_model=RetryAccepted,
    response_model_exclude_none=True,
    responses={200: {"model": RetryAccepted}, **refuses(404, 409, 503)},
)
async def retry(source: Source, delegation_id: str, platform: Served) -> JSONResponse:
    """Hand over again what failed or was canceled, as a new delegation; the one that still runs, if there is one."""
    before = await delegation_of(source, delegation_id, platform)
    if refusal := await platform.registry.refusal(source, before.target_id):
        raise Forbidden(f"{refusal}; nothing was handed over")
    retried = await platform.ledger.retry(source, delegation_id)
    new = retried.delegation
    answer = RetryAccepted(
        delegation_id=new.delegation_id,
        status="delegated" if retried.created else new.status,
        target_id=new.target_id,
        retry_of=delegation_id,
        idempotent_hit=None if retried.created else True,
    )
    if retried.created:
        platform.dispatcher.nudge(new.target_id)
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True), status_code=202 if retried.created else 200)
