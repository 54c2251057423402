"""A screen whose rows are filtered by what a person types below them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from headway.dashboard.action import Action, Moment
from headway.dashboard.filtering import FilteredView, Filtering
from headway.dashboard.screens.action_screen import ActionScreen
from headway.dashboard.widgets.filter_bar import FilterBar
from headway.dashboard.widgets.row_table import RowTable

if TYPE_CHECKING:
    from headway.dashboard.filters import Language
    from headway.dashboard.session import Session


class FilteredScreen(ActionScreen):
    """A subclass yields `self.filter_bar`, says what is filtered, and calls `filtering.take_frame` with each frame."""

    def __init__(self, session: Session, actions: Sequence[Action]) -> None:
        super().__init__(session, actions)
        self.filter_bar = FilterBar(id="filter-bar")
        self.filtering: Filtering

    def filter_these(
        self, tables: Iterable[tuple[FilteredView, RowTable[Any]]], language: Language | None = None
    ) -> None:
        """Say what is filtered, once; see `Filtering`."""
        self.filtering = Filtering(
            self.filter_bar, tables, self.selection_changed, self.session.request_frame, language=language
        )

    @abstractmethod
    def selection_changed(self) -> None:
        """Another row is under the cursor, or none, or it has changed."""

    @abstractmethod
    def action_keep_filter(self) -> None:
        """Keep the filter, and go on with the rows."""

    def moment(self) -> Moment:
        return replace(super().moment(), filtered=self.filtering.is_on, typing=self.filtering.is_typed)

    def show_surroundings(self) -> None:
        self.filtering.say_matches()
        super().show_surroundings()

    def action_filter(self) -> None:
        self.filtering.open()
        self.show_surroundings()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.filtering.type(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_keep_filter()
