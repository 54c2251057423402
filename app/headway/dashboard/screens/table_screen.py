"""A screen of one table and the pane beside it: moving, filtering and sorting, the same on each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from headway.dashboard.action import Action
from headway.dashboard.filtering import FilteredView
from headway.dashboard.screens.filtered_screen import FilteredScreen
from headway.dashboard.widgets.line_view import LineView
from headway.dashboard.widgets.lines_pane import LinesPane
from headway.dashboard.widgets.row_table import RowTable

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.filters import Language
    from headway.dashboard.session import Session


class TableScreen(FilteredScreen):
    """The table has the keys; the pane shows what is under its cursor, and can be scrolled when it has the focus."""

    def __init__(
        self,
        session: Session,
        actions: Sequence[Action],
        table: RowTable[Any],
        view: FilteredView,
        language: Language,
        *,
        placeholder: str,
    ) -> None:
        super().__init__(session, actions)
        self.table = table
        self.details = LinesPane(id="details")
        self.filter_bar.input.placeholder = placeholder
        self.filter_these([(view, table)], language)

    def compose(self) -> ComposeResult:
        yield self.top_line
        with Horizontal(id="body"):
            yield self.table
            yield self.details
        yield self.filter_bar
        yield self.key_bar

    def on_mount(self) -> None:
        self.table.add_class("-active")
        self.table.focus()

    def take_changes(self, changes: Changes) -> None:
        self.filtering.take_frame()
        super().take_changes(changes)

    def selection_changed(self) -> None:
        """Another row is under the cursor, or none, or it has changed."""
        self.show_surroundings()

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        self.selection_changed()

    def on_descendant_focus(self) -> None:
        self.show_surroundings()

    @property
    def pane(self) -> LineView:
        return self.details if self.focused is self.details else self.table

    def action_next_pane(self) -> None:
        (self.table if self.focused is self.details or not self.details.display else self.details).focus()

    def action_previous_pane(self) -> None:
        self.action_next_pane()

    def action_clear(self) -> None:
        self.table.focus()
        self.filtering.clear()

    def action_keep_filter(self) -> None:
        self.filtering.keep()
        self.table.focus()

    def action_back(self) -> None:
        self.dismiss()
