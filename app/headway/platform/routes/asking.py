"""What every route needs: the platform, who asks, the body, and how answers are documented."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from headway.core.api import OPERATOR, ErrorBody
from headway.core.delegation import Delegation
from headway.platform.auth import Principal, bearer_token, token_hash
from headway.platform.door import parse_and_bind, read_body
from headway.platform.errors import Missing, Unauthorized
from headway.platform.platform import Platform

Model = TypeVar("Model", bound=BaseModel)


def platform_of(request: Request) -> Platform:
    """The platform that the application serves."""
    platform: Platform = request.app.state.platform
    return platform


Served = Annotated[Platform, Depends(platform_of)]


async def principal_of(request: Request, platform: Served) -> Principal:
    """Who asks. Raises Unauthorized."""
    token = bearer_token(request.headers.get("authorization"))
    scope = await platform.ledger.find_token(token_hash(token))
    if scope is None:
        raise Unauthorized("invalid workspace auth token")
    return Principal(scope)


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


async def delegation_of(source: str, delegation_id: str, platform: Platform) -> Delegation:
    """A delegation by its source. Raises Missing, also where it is another's."""
    delegation = await platform.ledger.get(delegation_id)
    if delegation is None or delegation.source_id != source:
        raise Missing("no such delegation in this workspace")
    return delegation


async def body_of(model: type[Model], request: Request, platform: Platform, *, error: str | None = None) -> Model:
    """The request's body, bounded, cleaned and bound; `error` is what Molecule's endpoints say of any bad one."""
    body = await read_body(request.stream(), limit=platform.settings.body_limit)
    return parse_and_bind(model, body, error=error)


async def optional_body_of(model: type[Model], request: Request, platform: Platform) -> Model:
    """As `body_of`, where no body at all means the defaults."""
    body = await read_body(request.stream(), limit=platform.settings.body_limit)
    return parse_and_bind(model, body or b"{}")


def accepts(model: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI of a body that is read by `body_of`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI of the errors that a route answers, beside those of every route."""
    return {status: {"model": ErrorBody} for status in (401, 403, *statuses)}
