"""`/workspaces`: who can be handed a task."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from headway.core.api import Workspace, WorkspaceCreated, WorkspaceRequest
from headway.core.scopes import workspace_scope
from headway.core.text import clean_line
from headway.ledger.records import NewWorkspace
from headway.platform.errors import Missing, Unprocessable
from headway.platform.routes.asking import Caller, Seen, Served, accepts, body_of, refuses

MAX_URL: Final = 2_048

router = APIRouter(tags=["workspaces"])


@router.post(
    "/workspaces",
    status_code=201,
    response_model=WorkspaceCreated,
    openapi_extra=accepts(WorkspaceRequest),
    responses=refuses(400, 404, 413, 422, 503),
)
async def create(request: Request, platform: Served, caller: Caller) -> WorkspaceCreated:
    """Make a workspace, below its parent if one is named.

    With a URL, its agent is asked for its card, and is offline where it does not answer.
    """
    caller.require_admin()
    wanted = await body_of(WorkspaceRequest, request, platform)
    new = NewWorkspace(
        name=_name(wanted.name),
        url=agent_url(wanted.url) if wanted.url else None,
        parent_id=clean_line(wanted.parent_id) if wanted.parent_id else None,
        role=clean_line(wanted.role) if wanted.role else None,
        max_concurrent_tasks=wanted.max_concurrent_tasks,
        external=wanted.external,
    )
    made = await platform.ledger.add_workspace(new)
    await platform.sweeper.probe(made)
    current = await platform.ledger.workspace(made.id) or made
    return WorkspaceCreated(id=current.id, status=current.status, external=current.external)


@router.get("/workspaces", response_model=list[Workspace], responses=refuses())
async def list_workspaces(platform: Served, caller: Caller) -> list[Workspace]:
    """Every workspace that the caller may see."""
    workspaces = [platform.registry.now(workspace) for workspace in await platform.ledger.workspaces()]
    return [one for one in workspaces if caller.sees_everything or one.id == caller.workspace_id]


@router.get("/workspaces/{workspace_id}", response_model=Workspace, responses=refuses(404))
async def get(seen: Seen, platform: Served) -> Workspace:
    """One workspace."""
    workspace = await platform.ledger.workspace(seen)
    if workspace is None:
        raise Missing("no such workspace")
    return platform.registry.now(workspace)


@router.delete("/workspaces/{workspace_id}", status_code=204, response_class=Response, responses=refuses(404, 409, 503))
async def remove(workspace_id: str, platform: Served, caller: Caller) -> Response:
    """Remove a workspace; what waited for it or ran there is failed with the reason."""
    caller.require_admin()
    for row in await platform.ledger.remove_workspace(workspace_id):
        platform.dispatcher.drop(row.delegation_id)
    platform.agents.forget(workspace_id)
    platform.readers.end(workspace_scope(workspace_id))
    return Response(status_code=204)


def _name(text: str) -> str:
    name = clean_line(text)
    if not name:
        raise Unprocessable("name: it must have a visible character")
    return name


def agent_url(text: str) -> str:
    """The URL of an agent as it was given. Raises Unprocessable where it cannot be one."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unprocessable(f"url: {clean_line(str(error))}") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise Unprocessable("url: it must be http://… or https://… with a host")
    if parts.username is not None or parts.password is not None:
        raise Unprocessable("url: it must not hold a user name or password")
    if len(text) > MAX_URL or not text.isprintable() or " " in text:
        raise Unprocessable(f"url: it must be at most {MAX_URL:,} printable characters")
    return text
