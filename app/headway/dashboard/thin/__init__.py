"""Fewer bytes over thin links: what changed on the screen, not what was painted again (spec: performance, P4)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class KnowsTheScreen(Protocol):
    """A driver that must be told when the terminal may show something else than what was written."""

    def resized(self, columns: int, rows: int) -> None:
        """The terminal got this size, which may be the one it had."""
