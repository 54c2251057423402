"""The streams beside the tables: that of the selected delegation, and below it those that were pinned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from headway.core.delegation import Row
from headway.dashboard.columns import Facts
from headway.dashboard.widgets.stream_pane import StreamPane


class StreamArea(Vertical):
    """One pane follows the selection; it makes way while the selected one is pinned and so shown already."""

    MOST_PINNED: ClassVar[int] = 4

    def __init__(self, facts: Callable[[], Facts], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._facts = facts
        self._follower = StreamPane(facts, id="follow")
        self._pinned: dict[str, StreamPane] = {}

    def compose(self) -> ComposeResult:
        yield self._follower

    def visible_panes(self) -> list[StreamPane]:
        return [pane for pane in (self._follower, *self._pinned.values()) if pane.display]

    def rows(self) -> Iterator[Row]:
        """The delegations that are shown."""
        for pane in self.visible_panes():
            if pane.row is not None:
                yield pane.row

    def show(self, selected: Row | None, rows: Mapping[str, Row], results: Mapping[str, str], hint: str) -> None:
        """Show these as they are now. A pinned one that the store let go keeps its last state.

        `hint` says what to do where none is selected.
        """
        for delegation_id, pane in self._pinned.items():
            pane.show(rows.get(delegation_id, pane.row), result=results.get(delegation_id))
            pane.set_class(selected is not None and selected.delegation_id == delegation_id, "-selected")
        doubled = selected is not None and selected.delegation_id in self._pinned
        self._follower.display = not doubled
        if not doubled:
            result = results.get(selected.delegation_id) if selected else None
            self._follower.show(selected, result=result, hint="" if selected else hint)

    async def toggle(self, row: Row) -> bool:
        """Pin a delegation's stream, or unpin it. Returns False where no more can be pinned."""
        pane = self._pinned.pop(row.delegation_id, None)
        if pane is not None:
            await pane.remove()
            return True
        if len(self._pinned) >= self.MOST_PINNED:
            return False
        pane = StreamPane(self._facts, classes="-pinned")
        self._pinned[row.delegation_id] = pane
        await self.mount(pane)
        return True

    def tick(self) -> None:
        """A second has passed."""
        for pane in self.visible_panes():
            pane.tick()
