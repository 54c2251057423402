"""Bodies of `/admin/tokens` and `/whoami` (spec: platform-api, "Auth")."""

from __future__ import annotations

from pydantic import Field

from headway.core.api.body import Body
from headway.core.text import LINE_LIMIT
from headway.core.timestamp import Timestamp


class TokenRequest(Body):
    """`POST /admin/tokens`: a scope is `admin`, `read` or `workspace:<id>`."""

    scope: str = Field(max_length=LINE_LIMIT)
    label: str | None = Field(default=None, max_length=LINE_LIMIT)


class TokenInfo(Body):
    """What is told of a token that is kept; the token itself is told once, when it is made."""

    id: str
    scope: str
    label: str | None = None
    created_at: Timestamp


class TokenCreated(Body):
    id: str
    token: str
    scope: str


class WhoAmI(Body):
    """`GET /whoami`: what the caller's token opens."""

    scope: str
