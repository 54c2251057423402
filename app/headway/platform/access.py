"""Who may talk to whom (spec: platform-api, "Workspaces and registry").

A workspace talks to itself, to its siblings, and up and down its own line; the operator talks to every one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from headway.core.api import OPERATOR


class Placed(Protocol):
    """What the rule needs of a workspace."""

    @property
    def parent_id(self) -> str | None: ...

    @property
    def role(self) -> str | None: ...


def may_talk(caller: str, target: str, workspaces: Mapping[str, Placed]) -> bool:
    """Whether workspace `caller` may talk to workspace `target`; never where either is not among `workspaces`.

    The rule needs both of them and what stands above them. Roots are siblings of each other. One whose parent is gone
    is no root: removing a workspace must not open others to those below it.
    """
    if caller not in workspaces or target not in workspaces:
        return False
    if caller == target or workspaces[caller].role == OPERATOR:
        return True
    if workspaces[caller].parent_id == workspaces[target].parent_id:
        return True
    return target in _above(caller, workspaces) or caller in _above(target, workspaces)


def _above(workspace_id: str, workspaces: Mapping[str, Placed]) -> Iterator[str]:
    """The parents of a workspace, the nearest first; ends where one is missing or comes again."""
    seen = {workspace_id}
    parent = workspaces[workspace_id].parent_id
    while parent is not None and parent not in seen and parent in workspaces:
        yield parent
        seen.add(parent)
        parent = workspaces[parent].parent_id
