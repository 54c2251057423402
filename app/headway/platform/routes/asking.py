"""What every route needs: the platform, who asks, the body, and how answers are documented."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from headway.core import trace
from headway.core.api import OPERATOR, ErrorBody
from headway.core.delegation import Delegation
from headway.core.scopes import ANONYMOUS
from headway.platform.auth import INVALID, Principal, bearer_token, is_of_this_machine, token_hash
from headway.platform.connection import is_whole
from headway.platform.door import parse_and_bind, read_body
from headway.platform.errors import Missing, Unauthorized
from headway.platform.openapi import body_schema
from headway.platform.platform import Platform

Model = TypeVar("Model", bound=BaseModel)

OF_EVERY_ROUTE: Final = (401, 403, 422, 503)
"""No token or one of another's, a parameter out of bounds, a ledger that cannot be read or written now."""


async def platform_of(request: Request) -> Platform:
    """The platform that the application serves. A coroutine: FastAPI sends plain functions to a thread."""
    platform: Platform = request.app.state.platform
    return platform


Served = Annotated[Platform, Depends(platform_of)]


Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False, scheme_name="bearer"))]
"""For OpenAPI: a token is asked for here. It is read by `principal_of`, whose errors have the texts of the spec."""


async def principal_of(request: Request, platform: Served, _documented: Bearer = None) -> Principal:
    """Who asks. Raises Unauthorized."""
    authorization = request.headers.get("authorization")
    if authorization is None and platform.settings.allow_anonymous_loopback and is_of_this_machine(request):
        return Principal(ANONYMOUS, named=request.headers.get("x-workspace-id"))
    hashed = token_hash(bearer_token(authorization))
    scope = await platform.ledger.find_token(hashed)
    if scope is None:
        raise Unauthorized(INVALID)
    return Principal(scope, hashed)


Caller = Annotated[Principal, Depends(principal_of)]


async def source_of(workspace_id: str, platform: Served, caller: Caller) -> str:
    """The workspace that a path names, which the caller may act as; `operator` is the person's own."""
    if workspace_id == OPERATOR:
        workspace_id = (await platform.operator()).id
    caller.require_write(workspace_id)
    return workspace_id


Source = Annotated[str, Depends(source_of)]


async def seen_of(workspace_id: str, platform: Served, caller: Caller) -> str:
    """The workspace that a path names, which the caller may see; `operator` is the person's own."""
    if workspace_id == OPERATOR:
        workspace_id = (await platform.operator()).id
    caller.require_read(workspace_id)
    return workspace_id


Seen = Annotated[str, Depends(seen_of)]


async def watched_of(seen: Seen, caller: Caller) -> str:
    """As `seen_of`, for event streams: without a token there are none (spec: requirements E6)."""
    caller.require_token()
    return seen


Watched = Annotated[str, Depends(watched_of)]


async def delegation_of(source: str, delegation_id: str, platform: Platform) -> Delegation:
    """A delegation by its source. Raises Missing, also where it is another's."""
    delegation = await platform.ledger.get(delegation_id)
    if delegation is None or delegation.source_id != source:
        raise Missing("no such delegation in this workspace")
    return delegation


async def body_of(model: type[Model], request: Request, platform: Platform, *, error: str | None = None) -> Model:
    """The request's body, bounded, cleaned and bound; `error` is what Molecule's endpoints say of any bad one."""
    body = await raw_body_of(request, platform)
    return parse_and_bind(model, body, error=error)


async def optional_body_of(model: type[Model], request: Request, platform: Platform) -> Model:
    """As `body_of`, where no body at all means the defaults."""
    body = await raw_body_of(request, platform)
    return parse_and_bind(model, body or b"{}")


def traceparent_of(request: Request) -> str | None:
    """The W3C trace context of the request, where it has a valid one."""
    found = trace.read(request.headers.get("traceparent"))
    return None if found is None else str(found)


async def raw_body_of(request: Request, platform: Platform) -> bytes:
    """The request's body as it is, within its limit and its time."""
    settings = platform.settings
    # What is here already needs no timer, which costs as much as to read it.
    seconds = None if is_whole(request.scope) else settings.body_timeout
    return await read_body(request.receive, limit=settings.body_limit, seconds=seconds)


def accepts(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """OpenAPI of a body that is read by `body_of`, or by `optional_body_of` where it is not `required`."""
    content = {"application/json": {"schema": body_schema(model)}}
    return {"requestBody": {"required": required, "content": content}}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI of the errors that a route answers: its own, and those of every route that asks for a token."""
    return {status: {"model": ErrorBody} for status in sorted({*OF_EVERY_ROUTE, *statuses})}
