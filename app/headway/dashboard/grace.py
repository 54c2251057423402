"""Cancels without a question: nothing is sent before a time of grace has passed, and until then one can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.changes import Note

if TYPE_CHECKING:
    from headway.core.clock import Clock
    from headway.core.delegation import Row
    from headway.dashboard.operations import Operations
    from headway.dashboard.store import Store

GRACE: Final = 3.0
"""Seconds in which a cancel can be undone (spec: dashboard, "The board")."""
WILL_CANCEL: Final = Note("will cancel")


@dataclass(eq=False, frozen=True, slots=True)
class _Waiting:
    rows: tuple[Row, ...]


class Grace:
    """The cancels that wait. No Textual. One that is not carried out because the board is left was never sent."""

    def __init__(
        self,
        operations: Operations,
        store: Store,
        clock: Clock,
        *,
        tell: Callable[[Notice], None],
        on_change: Callable[[], None],
    ) -> None:
        self._operations = operations
        self._store = store
        self._clock = clock
        self._tell = tell
        self._on_change = on_change
        self._waiting: list[_Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def ids(self) -> frozenset[str]:
        """The delegations that will be canceled."""
        return frozenset(row.delegation_id for one in self._waiting for row in one.rows)

    async def cancel(self, rows: Sequence[Row], *, undo_key: str) -> None:
        """Cancel these once the grace has passed, unless it is undone; rows that wait already are not taken again."""
        taken = self.ids
        waiting = _Waiting(tuple(row for row in rows if row.delegation_id not in taken))
        if not waiting.rows:
            return
        self._waiting.append(waiting)
        for row in waiting.rows:
            self._store.note(row.delegation_id, WILL_CANCEL)
        self._on_change()
        count = len(waiting.rows)
        what = "this delegation" if count == 1 else f"{count:,} delegations"
        self._tell(Notice(f"Will cancel {what} in {GRACE:g} s", f"Nothing is sent before; {undo_key} undoes it."))
        await self._clock.sleep(GRACE)
        if waiting in self._waiting:
            self._end(waiting)
            await self._operations.cancel(*waiting.rows)

    def undo(self) -> Sequence[Row]:
        """Take back the newest; the delegations that go on."""
        if not self._waiting:
            return ()
        waiting = self._waiting[-1]
        self._end(waiting)
        count = len(waiting.rows)
        what = "It goes" if count == 1 else f"All {count:,} go"
        self._tell(Notice("Cancel undone", f"{what} on; nothing was sent.", Tidings.DONE))
        return waiting.rows

    def _end(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        for row in waiting.rows:
            if self._store.notes.get(row.delegation_id) is WILL_CANCEL:
                self._store.withdraw_note(row.delegation_id)
        self._on_change()
