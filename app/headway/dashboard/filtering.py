"""The filter as a person types it: what holds, what is wrong with it, and what it leaves of each table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from headway.dashboard.filters import EVERYTHING, Filter, FilterError, Language, parse_filter
from headway.dashboard.row_view import View
from headway.dashboard.widgets.row_table import RowTable

if TYPE_CHECKING:
    from headway.dashboard.widgets.filter_bar import FilterBar


class FilteredView(View, Protocol):
    """A view that a filter can be given to."""

    def set_filter(self, wanted: Filter) -> None: ...


class Filtering:
    """One filter for all tables of a screen. `on_change` is called when they show something else.

    What is typed holds from the next frame on, which `request_frame` asks for: one run over the rows for all letters
    since the last. `language` is what can be asked of their rows; none is that of delegations.
    """

    def __init__(
        self,
        bar: FilterBar,
        tables: Iterable[tuple[FilteredView, RowTable[Any]]],
        on_change: Callable[[], None],
        request_frame: Callable[[], None],
        *,
        language: Language | None = None,
    ) -> None:
        self._bar = bar
        self._tables = tuple(tables)
        self._on_change = on_change
        self._request_frame = request_frame
        self._language = language
        self._typed: str | None = None
        """What was typed since the last frame; None where nothing was."""
        self._filter = EVERYTHING
        self._problem = ""
        """What is wrong with the filter as it is typed; the last one that could be read holds meanwhile."""

    @property
    def is_on(self) -> bool:
        """Whether a filter holds, or one is being typed."""
        return bool(self._filter) or self._bar.is_open

    @property
    def is_typed(self) -> bool:
        """Whether keys are letters of it now."""
        return self._bar.screen.focused is self._bar.input

    def open(self) -> None:
        self._bar.open()

    def set_text(self, text: str) -> None:
        """Have this filter hold, as if it had been typed and kept."""
        self._bar.show(text)
        self._typed = text
        self.take_frame()

    def type(self, text: str) -> None:
        """Take what was typed so far, with the next frame."""
        self._typed = text
        self._request_frame()

    def take_frame(self) -> None:
        """Have what was typed last hold."""
        text, self._typed = self._typed, None
        if text is None:
            return
        try:
            wanted = parse_filter(text, self._language)
        except FilterError as error:
            self._problem = f"{error} (at {error.position + 1})"
            self.say_matches()
        else:
            self._set(wanted)

    def keep(self) -> None:
        """Typing has ended; an empty filter is none, and one that is wrong goes on saying so."""
        self.take_frame()
        if not self._filter and not self._problem:
            self._bar.close()

    def clear(self) -> None:
        """Show everything again."""
        self._typed = None
        self._bar.close()
        self._set(EVERYTHING)

    def say_matches(self) -> None:
        """Show in the bar how many match now, or what is wrong."""
        if not self._bar.is_open:
            return
        if self._problem or not self._filter:
            self._bar.say(self._problem, wrong=True)
        else:
            shown = sum(len(view) for view, _ in self._tables)
            of = sum(view.total for view, _ in self._tables)
            self._bar.say(f"{shown:,} of {of:,} match")

    def _set(self, wanted: Filter) -> None:
        self._filter = wanted
        self._problem = ""
        for view, table in self._tables:
            view.set_filter(wanted)
            table.reload()
        self._on_change()
