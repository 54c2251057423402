"""What a token opens (spec: platform-api, "Auth")."""

from __future__ import annotations

from typing import Final

ADMIN: Final = "admin"
"""Everything."""
READ: Final = "read"
"""Sees everything, changes nothing."""
ANONYMOUS: Final = "anonymous"
"""No token, from this machine, where the platform was started to let that pass; no token has this scope."""
_WORKSPACE: Final = "workspace:"


def workspace_scope(workspace_id: str) -> str:
    """The scope of a token that opens one workspace."""
    return _WORKSPACE + workspace_id


def is_scope(text: str) -> bool:
    """Whether a token can have it; the workspace that it names may still be unknown."""
    return text in (ADMIN, READ) or bool(workspace_of(text))


def workspace_of(scope: str) -> str | None:
    """The one workspace that a scope opens; None for the scopes of no workspace."""
    return scope.removeprefix(_WORKSPACE) if scope.startswith(_WORKSPACE) else None
