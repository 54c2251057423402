"""`/registry`: runtimes say where their agents listen and how they are, and find each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from headway.core.api import (
    ONLINE,
    OPERATOR,
    AccessAnswer,
    AccessRequest,
    CardAnswer,
    CardRequest,
    Discovered,
    HeartbeatAnswer,
    HeartbeatRequest,
    Peer,
    Registered,
    RegisterRequest,
    Workspace,
)
from headway.core.scopes import workspace_scope
from headway.core.text import ERROR_LIMIT, clean, clean_line
from headway.ledger.records import Beat
from headway.platform.access import may_talk
from headway.platform.auth import new_token, token_hash
from headway.platform.errors import BadRequest, Forbidden, Missing
from headway.platform.platform import Platform
from headway.platform.routes.asking import Caller, Served, accepts, body_of, refuses
from headway.platform.routes.workspaces import agent_url

NO_CALLER = "X-Workspace-ID header is required"

router = APIRouter(prefix="/registry", tags=["registry"])


@router.post(
    "/register",
    response_model=Registered,
    response_model_exclude_none=True,
    openapi_extra=accepts(RegisterRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def register(request: Request, platform: Served, caller: Caller) -> JSONResponse:
    """Say where a workspace's agent listens; the first time, the workspace's own token comes back.

    The agent is asked for its card where none is given.
    """
    said = await body_of(RegisterRequest, request, platform)
    caller.require_write(said.id)
    changes: dict[str, object] = {"url": agent_url(said.url)}
    if said.agent_card is not None:
        changes |= {"agent_card": said.agent_card, "status": ONLINE}
    workspace = await platform.ledger.update_workspace(said.id, changes)
    if said.agent_card is None:
        await platform.sweeper.probe(workspace)
    token = new_token()
    first = await platform.ledger.add_first_token(token_hash(token), workspace_scope(said.id))
    return JSONResponse(Registered(auth_token=token if first else None).model_dump(exclude_none=True))


@router.post(
    "/heartbeat",
    response_model=HeartbeatAnswer,
    openapi_extra=accepts(HeartbeatRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def heartbeat(request: Request, platform: Served, caller: Caller) -> HeartbeatAnswer:
    """Say how a workspace is: what it works on, how it fares. With room to spare, what waits for it is sent."""
    said = await body_of(HeartbeatRequest, request, platform)
    caller.require_write(said.workspace_id)
    if await platform.registry.heartbeat(said.workspace_id, _beat(said)):
        platform.dispatcher.heard(said.workspace_id)
    return HeartbeatAnswer()


@router.post(
    "/update-card",
    response_model=CardAnswer,
    openapi_extra=accepts(CardRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def update_card(request: Request, platform: Served, caller: Caller) -> CardAnswer:
    """Replace what is known of a workspace's agent."""
    said = await body_of(CardRequest, request, platform)
    caller.require_write(said.id)
    await platform.ledger.update_workspace(said.id, {"agent_card": said.agent_card})
    return CardAnswer()


CallerId = Annotated[str | None, Header(alias="X-Workspace-ID", max_length=256)]


@router.get("/discover/{workspace_id}", response_model=Discovered, responses=refuses(400, 404, 422))
async def discover(
    request: Request, workspace_id: str, platform: Served, caller: Caller, x_workspace_id: CallerId = None
) -> Discovered:
    """Where a workspace can be talked to, for one that may."""
    if not x_workspace_id:
        raise BadRequest(NO_CALLER)
    asking = await _named(x_workspace_id, platform)
    caller.require_read(asking)
    found = await platform.ledger.workspace(workspace_id)
    if found is None:
        raise Missing("workspace not found")
    if not await platform.registry.may_talk(asking, workspace_id):
        raise Forbidden("not authorized to discover this workspace")
    return Discovered(id=found.id, name=found.name, url=_url(found, request, platform))


@router.get("/{workspace_id}/peers", response_model=list[Peer], responses=refuses(404))
async def peers(request: Request, workspace_id: str, platform: Served, caller: Caller) -> list[Peer]:
    """Whom a workspace may talk to, itself left out."""
    workspace_id = await _named(workspace_id, platform)
    caller.require_read(workspace_id)
    known = {one.id: one for one in await platform.ledger.workspaces()}
    if workspace_id not in known:
        raise Missing("workspace not found")
    return [
        Peer(**{**platform.registry.now(one).model_dump(), "url": _url(one, request, platform)})
        for one in known.values()
        if one.id != workspace_id and may_talk(workspace_id, one.id, known)
    ]


@router.post(
    "/check-access",
    response_model=AccessAnswer,
    openapi_extra=accepts(AccessRequest),
    responses=refuses(400, 413, 422),
)
async def check_access(request: Request, platform: Served, caller: Caller) -> AccessAnswer:
    """Whether one workspace may talk to another; a workspace token asks for itself."""
    asked = await body_of(AccessRequest, request, platform)
    asking = await _named(asked.caller_id, platform)
    caller.require_read(asking)
    return AccessAnswer(allowed=await platform.registry.may_talk(asking, await _named(asked.target_id, platform)))


async def _named(workspace_id: str, platform: Platform) -> str:
    return (await platform.operator()).id if workspace_id == OPERATOR else workspace_id


def _url(workspace: Workspace, request: Request, platform: Platform) -> str | None:
    if platform.settings.discover == "direct":
        return workspace.url
    return str(request.base_url.replace(path=f"/workspaces/{workspace.id}/a2a"))


def _beat(said: HeartbeatRequest) -> Beat:
    return Beat(
        active_tasks=said.active_tasks,
        current_task=clean_line(said.current_task or "") or None,
        uptime_seconds=said.uptime_seconds,
        error_rate=min(said.error_rate, 1.0),
        sample_error=clean(said.sample_error, limit=ERROR_LIMIT) if said.sample_error else None,
        runtime_state=clean_line(said.runtime_state or "", limit=64) or None,
        runtime_metadata=said.runtime_metadata,
    )
