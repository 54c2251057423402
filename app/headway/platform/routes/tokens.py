"""`/admin/tokens` and `/whoami`: who may ask for what."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from headway.core.api import TokenCreated, TokenInfo, TokenRequest, WhoAmI
from headway.core.scopes import is_scope
from headway.core.text import clean_line
from headway.ledger.tokens import FILE_LABEL, id_of
from headway.platform.auth import new_token, token_hash
from headway.platform.errors import Unprocessable
from headway.platform.routes.asking import Caller, Served, accepts, body_of, refuses

router = APIRouter(tags=["tokens"])


@router.get("/whoami", response_model=WhoAmI, responses=refuses())
async def whoami(caller: Caller) -> WhoAmI:
    """What the token of this request opens."""
    return WhoAmI(scope=caller.scope)


@router.post(
    "/admin/tokens",
    status_code=201,
    response_model=TokenCreated,
    openapi_extra=accepts(TokenRequest),
    responses=refuses(400, 404, 409, 413),
)
async def create(request: Request, response: Response, platform: Served, caller: Caller) -> TokenCreated:
    """Make a token. It is told here and never again; what is kept is its hash."""
    caller.require_admin()
    wanted = await body_of(TokenRequest, request, platform)
    label = clean_line(wanted.label) if wanted.label else None
    if not is_scope(wanted.scope):
        raise Unprocessable("scope: it must be admin, read or workspace:<id>")
    if label == FILE_LABEL:
        raise Unprocessable("label: this one is for the token in the data folder's file")
    token = new_token()
    hashed = token_hash(token)
    await platform.ledger.add_token(hashed, wanted.scope, label)
    response.headers["Cache-Control"] = "no-store"
    return TokenCreated(id=id_of(hashed), token=token, scope=wanted.scope)


@router.get("/admin/tokens", response_model=list[TokenInfo], responses=refuses())
async def list_tokens(platform: Served, caller: Caller) -> list[TokenInfo]:
    """Every token that is kept, the oldest first; never the tokens themselves."""
    caller.require_admin()
    return await platform.ledger.tokens()


@router.delete("/admin/tokens/{token_id}", status_code=204, response_class=Response, responses=refuses(404, 409))
async def remove(token_id: str, platform: Served, caller: Caller) -> Response:
    """Forget a token: it opens nothing from now on, and the event streams that it opened end."""
    caller.require_admin()
    platform.readers.end(await platform.ledger.remove_token(token_id))
    return Response(status_code=204)
