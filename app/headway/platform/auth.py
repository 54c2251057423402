"""Who asks, and what they may do (spec: platform-api, "Auth")."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from headway.core.scopes import ADMIN, ANONYMOUS, READ, workspace_of
from headway.net.addresses import as_address
from headway.platform.errors import Forbidden, Unauthorized

TOKEN_BYTES: Final = 32
MISSING: Final = "missing workspace auth token"
INVALID: Final = "invalid workspace auth token"
_MAX_TOKEN: Final = 512
_FORWARDED: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a token, by its scope: `admin`, `read` or `workspace:<id>`; or `anonymous`, who holds none.

    An anonymous caller acts as the workspace that it says it is (`named`), or that the path or the body names: it does
    what runtimes do, for any workspace. It is no admin, has no overview and is given no event stream.
    """

    scope: str
    token_hash: str = ""
    named: str | None = None

    @property
    def workspace_id(self) -> str | None:
        """The one workspace that this principal speaks for."""
        return self.named if self.is_anonymous else workspace_of(self.scope)

    @property
    def is_anonymous(self) -> bool:
        return self.scope == ANONYMOUS

    @property
    def sees_everything(self) -> bool:
        return self.scope in (ADMIN, READ)

    def require_admin(self) -> None:
        """Raises Forbidden unless this is the admin."""
        if self.scope != ADMIN:
            raise Forbidden("this needs the admin token; nothing was changed")

    def require_overview(self) -> None:
        """Raises Forbidden unless this principal may see every workspace."""
        if not self.sees_everything:
            raise Forbidden("this needs the admin or the read token; a workspace token sees its own workspace only")

    def require_token(self) -> None:
        """Raises Unauthorized where there is no token."""
        if self.is_anonymous:
            raise Unauthorized(MISSING)

    def require_read(self, workspace_id: str) -> None:
        """Raises Forbidden unless this principal may see the workspace."""
        if not self.sees_everything and not self._speaks_for(workspace_id):
            raise Forbidden("this token is for another workspace")

    def require_write(self, workspace_id: str) -> None:
        """Raises Forbidden unless this principal may act as the workspace."""
        if self.scope == READ:
            raise Forbidden("this token can only read; nothing was changed")
        if self.scope != ADMIN and not self._speaks_for(workspace_id):
            raise Forbidden("this token is for another workspace; nothing was changed")

    def _speaks_for(self, workspace_id: str) -> bool:
        return self.is_anonymous or self.workspace_id == workspace_id


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random, so a plain SHA-256 cannot be guessed backwards."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_token(authorization: str | None) -> str:
    """The token of an `Authorization` header. Raises Unauthorized where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized(MISSING)
    if len(token) > _MAX_TOKEN or not token.isascii():
        raise Unauthorized(INVALID)
    return token


def is_of_this_machine(request: Request) -> bool:
    """Whether a request was made on this machine, and not by a proxy here for somebody elsewhere."""
    address = as_address(request.client.host) if request.client else None
    return address is not None and address.is_loopback and _FORWARDED.isdisjoint(request.headers.keys())
