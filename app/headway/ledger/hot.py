"""The rows that are being worked on, as the writer has left them: it need not read again what it has just written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from headway.ledger.rows import Held

MOST: Final = 2_048
"""Delegations that are kept; with one more all are forgotten, and read again as they are asked for."""


class Hot:
    """What the one writer knows of delegations that have not ended, the open transaction's writes included.

    Right only as long as nobody else writes to the database and nothing is rolled back: an engine with other writers
    beside its own begins each transaction with a `forget`, and everybody calls it after a rollback.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def get(self, delegation_id: str) -> Held | None:
        """The delegation as it is now, where that is known."""
        return self._held.get(delegation_id)

    def put(self, found: Held) -> None:
        """Keep what is in the ledger now; one that has ended is let go, since hardly anything comes after that."""
        delegation_id = found.row.delegation_id
        if found.row.status.is_terminal:
            self._held.pop(delegation_id, None)
            return
        if len(self._held) >= MOST:
            self._held.clear()
        self._held[delegation_id] = found

    def drop(self, delegation_id: str) -> None:
        """Know nothing of this one: its row is about to be written in another way."""
        self._held.pop(delegation_id, None)

    def forget(self) -> None:
        """Know nothing any more: what is known may not be true."""
        self._held.clear()
