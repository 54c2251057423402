"""Who asks, and what they may do (spec: platform-api, "Auth")."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from headway.core.scopes import ADMIN, READ, workspace_of
from headway.platform.errors import Forbidden, Unauthorized

TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 512


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a token, by its scope: `admin`, `read` or `workspace:<id>`."""

    scope: str

    @property
    def workspace_id(self) -> str | None:
        """The one workspace that this principal speaks for."""
        return workspace_of(self.scope)

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

    def require_read(self, workspace_id: str) -> None:
        """Raises Forbidden unless this principal may see the workspace."""
        if not self.sees_everything and self.workspace_id != workspace_id:
            raise Forbidden("this token is for another workspace")

    def require_write(self, workspace_id: str) -> None:
        """Raises Forbidden unless this principal may act as the workspace."""
        if self.scope == READ:
            raise Forbidden("this token can only read; nothing was changed")
        if self.scope != ADMIN and self.workspace_id != workspace_id:
            raise Forbidden("this token is for another workspace; nothing was changed")


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
        raise Unauthorized("missing workspace auth token")
    if len(token) > _MAX_TOKEN or not token.isascii():
        raise Unauthorized("invalid workspace auth token")
    return token
