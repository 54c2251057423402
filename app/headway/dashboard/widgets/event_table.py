"""The table of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from headway.dashboard.columns import Facts, Place, Spans
from headway.dashboard.event_columns import COLUMNS
from headway.dashboard.events_view import EventsView
from headway.dashboard.widgets.row_table import RowTable


class EventTable(RowTable):
    """The events of an `EventsView`. It follows the newest while the cursor is on the last row."""

    def __init__(
        self,
        view: EventsView,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(view, COLUMNS, monotonic, id=id)
        self.events: Final = view
        self._facts = facts

    @property
    def title(self) -> str:
        return f"Events · paused, {self.events.waiting:,} new ·" if self.events.paused else "Events"

    @property
    def empty(self) -> str:
        return "nothing has happened since the board was opened"

    def cell(self, row_id: str, place: Place) -> Spans:
        event = self.events.event(row_id)
        return place.column.render(event, self._facts(), place.width) if event else ()

    def take(self) -> None:
        """Show what came."""
        follows = self._is_at_end()
        if self.events.take():
            self.update_rows((), (), moved=True)
        if follows:
            self.go_to_end()
        self.set_title()

    def go_to_end(self) -> None:
        """Put the cursor on the newest, if it is not there."""
        if not self._is_at_end() or self.cursor_id is None:
            self.go(len(self.events))

    def _is_at_end(self) -> bool:
        return self.cursor_id is None or not len(self.events) or self.cursor_id == self.events.id_at(-1)
