"""Who may do what: roles, and the permissions that they stand for (spec: agent-tools; requirements B2). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

DELEGATE: Final = "delegate"
"""The permission that handing over a task needs."""
ADMIN: Final = "admin"
"""The role that may do everything."""

ROLES: Final[Mapping[str, frozenset[str]]] = {
    ADMIN: frozenset({DELEGATE, "approve", "memory.read", "memory.write"}),
    "operator": frozenset({DELEGATE, "approve", "memory.read", "memory.write"}),
    "no-approval": frozenset({DELEGATE, "memory.read", "memory.write"}),
    "no-delegation": frozenset({"approve", "memory.read", "memory.write"}),
    "read-only": frozenset({"memory.read"}),
    "memory-readonly": frozenset({"memory.read"}),
}
"""The roles that runtimes of the Molecule platform know. A role that is not known has no permission."""


def may(action: str, roles: Iterable[str], custom: Mapping[str, Iterable[str]] | None = None) -> bool:
    """Whether one of the roles has a permission. A role of `custom` has exactly what stands there; admin has all."""
    permissions = {**ROLES, **{role: frozenset(actions) for role, actions in (custom or {}).items()}}
    return any(role == ADMIN or action in permissions.get(role, ()) for role in roles)


def refusal(action: str, roles: Iterable[str]) -> str:
    """What is said to whoever lacks the permission."""
    return f"RBAC: no '{action}' permission. Roles: {', '.join(roles) or 'none'}"
