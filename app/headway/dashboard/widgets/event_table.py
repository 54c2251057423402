"""The table of events."""

from __future__ import annotations

from typing import ClassVar

from headway.dashboard.columns import Place, Spans
from headway.dashboard.event_columns import COLUMNS
from headway.dashboard.events_view import EventsView
from headway.dashboard.widgets.row_table import RowTable


class EventTable(RowTable[EventsView]):
    """The events of an `EventsView`. It follows the newest while the cursor is on the last row."""

    COLUMNS: ClassVar = COLUMNS

    @property
    def title(self) -> str:
        return f"Events · paused, {self.view.waiting:,} new ·" if self.view.paused else "Events"

    @property
    def empty(self) -> str:
        return "nothing has happened since the board was opened"

    def cell(self, row_id: str, place: Place) -> Spans:
        event = self.view.event(row_id)
        return place.column.render(event, self.facts(), place.width) if event else ()

    def take(self) -> None:
        """Show what came."""
        follows = self._is_at_end()
        if self.view.take():
            self.update_rows((), (), moved=True)
        if follows:
            self.go_to_end()
        self.set_title()

    def go_to_end(self) -> None:
        """Put the cursor on the newest, if it is not there."""
        if not self._is_at_end() or self.cursor_id is None:
            self.go(len(self.view))

    def _is_at_end(self) -> bool:
        return self.cursor_id is None or not len(self.view) or self.cursor_id == self.view.id_at(-1)
