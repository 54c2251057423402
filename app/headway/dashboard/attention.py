"""Which delegations want a person: those that ask, those that are stuck, and those that failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from headway.core.delegation import Row, Status

WANTING: Final = frozenset({Status.INPUT_REQUIRED, Status.STUCK, Status.FAILED})


def next_wanting(shown: Sequence[str], after: str | None, rows: Mapping[str, Row]) -> str | None:
    """The next of the ids `shown` that wants a person, from `after` on and then from the top; None where none does."""
    start = shown.index(after) + 1 if after is not None and after in shown else 0
    ring = (*shown[start:], *shown[:start])
    return next((one for one in ring if one in rows and rows[one].status in WANTING), None)
