"""`/workspaces/:id/…`: delegate, list, get, record, update, cancel, poll."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from headway.a2a.errors import AgentError
from headway.core.api import (
    CancelRequest,
    DelegateAccepted,
    DelegateRequest,
    DelegationSummary,
    RecordAccepted,
    RecordRequest,
    StatusAnswer,
    UpdateRequest,
)
from headway.core.delegation import DEFAULT_PRIORITY, Delegation, Status, read_status
from headway.core.progress import Splice
from headway.core.text import ERROR_LIMIT, clean, clean_line
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.records import Cancellation, Listed, NewDelegation, Observation
from headway.platform.errors import AgentFailed, BadRequest, Unavailable
from headway.platform.observing import CONFIRMED
from headway.platform.platform import Platform
from headway.platform.routes.asking import (
    Seen,
    Served,
    Source,
    accepts,
    body_of,
    delegation_of,
    optional_body_of,
    refuses,
    traceparent_of,
)

INVALID: Final = "invalid delegation request"
INVALID_BODY: Final = "invalid request body"
NOT_A_UUID: Final = "target_id must be a valid UUID"
SELF: Final = "self-delegation not permitted"
LIST_LIMIT: Final = 50
UPDATABLE: Final = (Status.COMPLETED, Status.FAILED, Status.QUEUED, Status.IN_PROGRESS, Status.DISPATCHED)
BAD_STATUS: Final = "status must be completed, failed, queued or in_progress"
NOT_CONFIRMED: Final = "the source asked the agent to cancel, which did not confirm it; it may still be working"

router = APIRouter(prefix="/workspaces/{workspace_id}", tags=["delegations"])


@router.post(
    "/delegate",
    status_code=202,
    response_model=DelegateAccepted,
    response_model_exclude_none=True,
    openapi_extra=accepts(DelegateRequest),
    responses={200: {"model": DelegateAccepted}, **refuses(400, 409, 413, 503)},
)
async def delegate(request: Request, source: Source, platform: Served) -> Response:
    """Hand a task to another workspace; it is durable before this answers."""
    return await hand_over(request, source, platform)


async def hand_over(request: Request, source: str, platform: Platform) -> Response:
    """See `delegate`. Raises ApiError and LedgerError."""
    wanted = await body_of(DelegateRequest, request, platform, error=INVALID)
    if not wanted.task.strip():
        raise BadRequest(INVALID)
    target = _uuid(wanted.target_id)
    if target == source:
        raise BadRequest(SELF)
    now = platform.clock.now_ms()
    new = NewDelegation(
        source_id=source,
        target_id=target,
        task=wanted.task,
        idempotency_key=wanted.idempotency_key or None,
        priority=DEFAULT_PRIORITY if wanted.priority is None else wanted.priority,
        expires_at=now + wanted.expires_in_seconds * 1000 if wanted.expires_in_seconds else None,
        deadline=now + wanted.deadline_seconds * 1000 if wanted.deadline_seconds else None,
        traceparent=traceparent_of(request),
        refusal=await platform.registry.refusal(source, target),
        busy=platform.slots.is_full(target),
    )
    delegated = await platform.ledger.delegate(new)
    known = delegated.row
    if not delegated.created:
        again = DelegateAccepted(
            delegation_id=known.delegation_id, status=known.status, target_id=known.target_id, idempotent_hit=True
        )
        return _json(again, 200)
    if not (known.status is Status.QUEUED and platform.slots.is_full(target)):
        platform.dispatcher.nudge(target)
    return _json(DelegateAccepted(delegation_id=known.delegation_id, status="delegated", target_id=target), 202)


@router.get("/delegations", response_model=list[DelegationSummary], responses=refuses(422))
async def list_delegations(
    source: Seen,
    platform: Served,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = LIST_LIMIT,
    before: Annotated[str | None, Query(max_length=256)] = None,
) -> list[DelegationSummary]:
    """What the workspace has handed over, the newest first."""
    page = await platform.ledger.list_(source_id=source, status=status, limit=limit, before=before)
    return [_summary(item) for item in page]


@router.post(
    "/delegations/record",
    status_code=202,
    response_model=RecordAccepted,
    openapi_extra=accepts(RecordRequest),
    responses=refuses(400, 409, 413, 503),
)
async def record(request: Request, source: Source, platform: Served) -> RecordAccepted:
    """Keep a delegation that the workspace has sent itself."""
    said = await body_of(RecordRequest, request, platform, error=INVALID_BODY)
    try:
        await platform.ledger.record(
            source, _uuid(said.target_id), said.task, said.delegation_id, traceparent_of(request)
        )
    except LedgerUnavailable as error:
        raise Unavailable("failed to record delegation") from error
    return RecordAccepted(delegation_id=said.delegation_id)


@router.get("/delegations/{delegation_id}", response_model=Delegation, responses=refuses(404))
async def get(source: Seen, delegation_id: str, platform: Served) -> Delegation:
    """The whole record, progress text included."""
    return await delegation_of(source, delegation_id, platform)


@router.post(
    "/delegations/{delegation_id}/update",
    response_model=StatusAnswer,
    openapi_extra=accepts(UpdateRequest),
    responses=refuses(400, 404, 409, 413, 503),
)
async def update(request: Request, source: Source, delegation_id: str, platform: Served) -> StatusAnswer:
    """Say how a delegation of the workspace's own stands."""
    said = await body_of(UpdateRequest, request, platform, error=INVALID_BODY)
    try:
        status = read_status(said.status)
    except ValueError:
        raise BadRequest(BAD_STATUS) from None
    if status not in UPDATABLE:
        raise BadRequest(BAD_STATUS)
    error = clean(said.error, limit=ERROR_LIMIT) if said.error else None
    seen = _observation(said) if status is Status.IN_PROGRESS else None
    row = await platform.ledger.update(source, delegation_id, status, error, said.response_preview, seen)
    return StatusAnswer(delegation_id=row.delegation_id, status=row.status)


@router.post(
    "/delegations/{delegation_id}/cancel",
    status_code=202,
    response_model=StatusAnswer,
    openapi_extra=accepts(CancelRequest, required=False),
    responses=refuses(400, 404, 409, 413),
)
async def cancel(request: Request, source: Source, delegation_id: str, platform: Served) -> StatusAnswer:
    """Cancel: one that waits at once, one that runs once its agent has answered; durable before this answers."""
    asked = await optional_body_of(CancelRequest, request, platform)
    delegation = await delegation_of(source, delegation_id, platform)
    reason = clean(asked.reason, limit=ERROR_LIMIT) if asked.reason else None
    row = await platform.ledger.request_cancel(delegation_id, reason)
    if row.status is Status.CANCELING and asked.confirmed is not None and not delegation.is_ours:
        # Its source is the one who could ask the agent, and has.
        said = clean_line(asked.status_message or "") or (CONFIRMED if asked.confirmed else NOT_CONFIRMED)
        ended = Cancellation(asked.confirmed, said, reason)
        row = await platform.ledger.settle(delegation_id, row.attempt, ended)
    elif row.status is Status.CANCELING:
        # It may have been claimed since it was read: a settle names the attempt of now.
        platform.dispatcher.cancel(delegation.model_copy(update={"attempt": row.attempt}))
    return StatusAnswer(delegation_id=delegation_id, status=row.status)


@router.post("/delegations/{delegation_id}/poll", response_model=Delegation, responses=refuses(404, 502))
async def poll(source: Source, delegation_id: str, platform: Served) -> Delegation:
    """Ask the agent now; the record as it is then."""
    delegation = await delegation_of(source, delegation_id, platform)
    try:
        await platform.dispatcher.poll(delegation)
    except AgentError as error:
        raise AgentFailed(f"the agent could not be asked: {error}; the record is unchanged") from error
    return await delegation_of(source, delegation_id, platform)


def _observation(said: UpdateRequest) -> Observation:
    message, text = said.status_message, said.progress_text
    return Observation(
        status_message=clean(message, limit=ERROR_LIMIT) if message else None,
        progress_percent=said.progress_percent,
        splice=Splice(said.progress_offset, clean(text)) if text is not None else None,
    )


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise BadRequest(NOT_A_UUID) from None


def _summary(item: Listed) -> DelegationSummary:
    row = item.row
    return DelegationSummary(
        delegation_id=row.delegation_id,
        source_id=row.source_id,
        target_id=row.target_id,
        summary=item.summary,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        response_preview=item.response_preview,
        error=row.error,
        last_heartbeat=row.last_activity_at,
        deadline=row.deadline,
    )


def _json(body: DelegateAccepted, status: int) -> Response:
    return Response(body.model_dump_json(exclude_none=True), status_code=status, media_type="application/json")
