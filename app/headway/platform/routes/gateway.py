"""`/workspaces/:id/a2a`: the A2A gateway, its cards and its queue."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from headway.a2a.errors import INTERNAL_ERROR, INVALID_REQUEST
from headway.core.api import (
    MAX_SECONDS,
    DroppedStale,
    QueuedMessage,
    QueueingFailed,
    QueueState,
    QueueTicket,
    RpcCall,
    RpcErrorBody,
)
from headway.core.delegation import WAITING, Status
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.records import Queued
from headway.platform.errors import ApiError, Forbidden, Missing
from headway.platform.gateway.asked import Unreadable
from headway.platform.gateway.faults import Fault, encode, error_object
from headway.platform.gateway.passage import Passage
from headway.platform.routes.asking import Caller, Served, accepts, raw_body_of, refuses, traceparent_of

FAULTS: Final = (400, 401, 403, 404, 408, 409, 413, 422, 502, 504)
DROPPED: Final = ("expired in the queue", "dropped from the queue")
"""How the reasons begin of what was taken out of the queue without an answer."""
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The agent's answer, or an error object; a stream where the agent streams.",
        "content": {"application/json": {}, "text/event-stream": {}},
    },
    202: {"model": QueueTicket, "description": "The agent is busy; the message waits."},
    503: {"model": QueueingFailed | RpcErrorBody, "description": "Busy, and the message could not be queued."},
    **{status: {"model": RpcErrorBody} for status in FAULTS},
}


class RpcRoute(APIRoute):
    """A route whose errors are JSON-RPC error objects."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Unreadable as fault:
                return _refusal(fault, fault.request_id)
            except Fault as fault:
                return _refusal(fault)
            except ApiError as error:
                return _refusal(Fault.of(error))
            except RequestValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"][1:])
                text = f"{where}: {first['msg']}; nothing was sent"
                return _refusal(Fault(INVALID_REQUEST, text, HTTPStatus.UNPROCESSABLE_ENTITY))
            except LedgerUnavailable as error:
                text = f"{error}; nothing was sent"
                return _refusal(Fault(INTERNAL_ERROR, text, HTTPStatus.SERVICE_UNAVAILABLE))

        return answer


class PassageResponse(Response):
    """A passage as a FastAPI answer."""

    def __init__(self, passage: Passage) -> None:
        super().__init__()
        self._passage = passage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._passage(scope, receive, send)


router = APIRouter(prefix="/workspaces/{workspace_id}/a2a", tags=["gateway"])
calls = APIRouter(tags=["gateway"], route_class=RpcRoute)

stale = APIRouter(prefix="/admin/a2a-queue", tags=["admin"])

CallerName = Annotated[str | None, Header(alias="X-Workspace-ID", max_length=256)]
IdleSeconds = Annotated[str | None, Header(alias="X-Timeout", max_length=32)]


@calls.post(
    "/workspaces/{workspace_id}/a2a", response_class=Response, openapi_extra=accepts(RpcCall), responses=ANSWERS
)
async def call(
    request: Request,
    workspace_id: str,
    platform: Served,
    principal: Caller,
    x_workspace_id: CallerName = None,
    x_timeout: IdleSeconds = None,
) -> PassageResponse:
    """Pass an A2A call on to the workspace's agent, and its answer back as it comes; queued where the agent is busy."""
    gateway = platform.gateway
    caller = await gateway.caller(principal, x_workspace_id, platform.operator)
    target = await gateway.target(workspace_id)
    await gateway.require_may_talk(caller, target)
    body = await raw_body_of(request, platform)
    return PassageResponse(await gateway.call(caller, target, body, request.headers, traceparent_of(request)))


@router.get("/.well-known/agent-card.json", response_model=dict[str, Any], responses=refuses(404, 502))
@router.get("/.well-known/agent.json", response_model=dict[str, Any], responses=refuses(404, 502))
async def card(
    request: Request, workspace_id: str, platform: Served, principal: Caller, x_workspace_id: CallerName = None
) -> dict[str, Any]:
    """The card of the workspace's agent, with the gateway's address in place of the agent's."""
    gateway = platform.gateway
    target = await gateway.target(workspace_id)
    if not principal.sees_everything:
        caller = await gateway.caller(principal, x_workspace_id, platform.operator)
        await gateway.require_may_talk(caller, target)
    return await gateway.card(target, f"{request.base_url}workspaces/{target.id}/a2a")


@router.get("/queue/{queue_id}", response_model=QueuedMessage, response_model_exclude_none=True, responses=refuses(404))
async def queued(workspace_id: str, queue_id: str, platform: Served, principal: Caller) -> QueuedMessage:
    """What became of a queued message; for its source and its target, and for those who see everything."""
    found = await platform.ledger.queued(queue_id)
    if found is None or workspace_id not in (found.source_id, found.target_id):
        raise Missing("no such message in this workspace's queue")
    if not principal.sees_everything and principal.workspace_id not in (found.source_id, found.target_id):
        raise Forbidden("this message is between two other workspaces")
    return QueuedMessage(
        queue_id=found.queue_id,
        status=_state(found),
        delegation_id=found.delegation_id,
        priority=found.priority,
        attempts=found.tries,
        position=found.position or None,
        queue_depth=found.depth,
        created_at=found.created_at,
        expires_at=found.expires_at,
        error=found.error,
        response=found.response,
    )


@stale.post("/drop-stale", response_model=DroppedStale, responses=refuses(422))
async def drop_stale(
    platform: Served,
    principal: Caller,
    max_age_minutes: Annotated[float, Query(ge=0, le=MAX_SECONDS / 60, allow_inf_nan=False)],
    workspace_id: Annotated[str | None, Query(max_length=256)] = None,
) -> DroppedStale:
    """Fail what has waited longer in the queue of one target, or of all, each with the reason."""
    principal.require_admin()
    dropped = await platform.ledger.drop_stale(round(max_age_minutes * 60_000), workspace_id)
    return DroppedStale(dropped=len(dropped))


def _state(found: Queued) -> QueueState:
    status = found.status
    if status in WAITING:
        return QueueState.QUEUED
    if not status.is_terminal:
        return QueueState.DISPATCHED
    if status is Status.FAILED and (not found.attempted or (found.error or "").startswith(DROPPED)):
        return QueueState.DROPPED
    return QueueState(status.value)


def _refusal(fault: Fault, request_id: str | int | float | None = None) -> Response:
    content = encode(error_object(request_id, fault))
    return Response(content, fault.status, headers=fault.headers, media_type="application/json")
