"""What a store says of itself: what changed since it was asked last, and what a person has just asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headway.core.delegation import Group, Status


@dataclass(frozen=True, slots=True)
class Note:
    """What a person has just asked of a delegation, shown until the platform's own word comes.

    `status` is shown in place of the row's own (canceling, at once).
    """

    text: str
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different since the last take, net: what came and went in between is not in it.

    After `reloaded` everything may differ and the other fields but `generation` say nothing: build anew from the store.
    """

    generation: int
    touched: frozenset[str] = frozenset()
    """Rows that are held and differ, those that entered a group included."""
    entered: Mapping[Group, frozenset[str]] = field(default_factory=dict)
    older: frozenset[str] = frozenset()
    """Finished rows that were fetched, and had ended before all that were held; they entered nothing."""
    left: Mapping[Group, frozenset[str]] = field(default_factory=dict)
    """Rows that are in a group no more: now in another one, or gone."""
    totals: bool = False
    workspaces: frozenset[str] = frozenset()
    """Workspaces that came, changed or went."""
    reloaded: bool = False

    def __bool__(self) -> bool:
        return bool(self.reloaded or self.touched or self.older or self.left or self.totals or self.workspaces)
