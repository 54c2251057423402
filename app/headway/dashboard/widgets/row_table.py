"""The base of tables: rows live elsewhere, in a view; the table draws those that are visible, and has a cursor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from headway.dashboard.cells import fit, fit_right
from headway.dashboard.columns import Column, Facts, Place, Span, Spans, Tone, lay_out
from headway.dashboard.row_view import View
from headway.dashboard.widgets.line_view import LineView

FRESH_FOR: Final = 1.0
"""Seconds that a row stays marked after it came or changed its state."""
MARGIN: Final = 2
"""Blank cells at the right edge; the scrollbar, where there is one, is drawn over the last."""
_BOLD: Final = Style(bold=True)
V = TypeVar("V", bound=View)


class RowTable(LineView, Generic[V]):
    """A table over a `View`. Its cursor is the id of a row, whatever moves around it.

    A subclass says what its rows look like: `title`, `empty`, `cell`, and where it wants `state_of` and `lead`.
    """

    COLUMNS: ClassVar[Sequence[Column]] = ()
    LEAD: ClassVar[int] = 1
    """Cells before the first column: the first is the cursor's, `lead` draws them."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor"}

    @dataclass
    class CursorMoved(Message):
        """A person moved the cursor, or it had to go to another row as its own is gone."""

        table: RowTable[Any]
        row_id: str | None
        by_person: bool

    @dataclass
    class TitleClicked(Message):
        """A person clicked on the title of a column."""

        table: RowTable[Any]
        column_id: str

    @dataclass
    class Opened(Message):
        """A person clicked twice on the row under the cursor."""

        table: RowTable[Any]
        row_id: str

    def __init__(
        self,
        view: V,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        *,
        columns: Sequence[Column] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """`facts` are what cells are drawn with; `columns` are others than `COLUMNS`."""
        super().__init__(id=id)
        self.view = view
        self.facts = facts
        self.cursor_id: str | None = None
        self._cursor_index = 0
        self._columns = self.COLUMNS if columns is None else columns
        self._monotonic = monotonic
        self._places: tuple[Place, ...] = ()
        self._shown_ids: list[str] = []
        self._shown_states: dict[str, Hashable] = {}
        self._fresh: dict[str, float] = {}

    # What a subclass says

    @property
    @abstractmethod
    def title(self) -> str:
        """What the table is called."""

    @property
    def remark(self) -> str:
        """What the title says after the count."""
        return ""

    @property
    @abstractmethod
    def empty(self) -> str:
        """What it says where it has no rows at all."""

    @abstractmethod
    def cell(self, row_id: str, place: Place) -> Spans:
        """One cell of one row."""

    def state_of(self, row_id: str) -> Hashable:
        """What of a row makes it stand out for a moment when it becomes another; None is nothing."""
        return None

    def lead(self, row_id: str, *, chosen: bool) -> list[Span]:
        """The cells before the first column: a bar where the cursor is."""
        if not chosen:
            return [(" ", Tone.PLAIN)]
        return [("▌", Tone.ACCENT if self.has_class("-active") else Tone.FAINT)]

    def on_mount(self) -> None:
        self.set_title()

    def on_resize(self, event: events.Resize) -> None:
        self._places = lay_out(self._columns, max(0, self.size.width - self.LEAD - MARGIN))
        self._painted.clear()
        self.set_title()
        self.set_length(len(self.view))
        self.keep_cursor_visible()
        # It may have been painted already, before there were columns.
        self.refresh()

    @property
    def shown_columns(self) -> frozenset[str]:
        """The ids of the columns that the width has room for."""
        return frozenset(place.column.id for place in self._places)

    # What a screen tells the table

    def reload(self) -> None:
        """The view was built anew: by a snapshot, a filter, or another order."""
        self._shown_states.clear()
        self._fresh.clear()
        self._settle(follow=True)
        self._remember_visible()
        self.set_title()
        self.refresh()

    def update_rows(self, touched: Collection[str], entered: Collection[str], *, moved: bool) -> None:
        """Take over what changed in the view: repaint the lines that show it, and nothing else."""
        if moved:
            self._settle(follow=False)
        before = self._shown_ids
        self._remember_visible()
        lines = [
            y
            for y, row_id in enumerate(self._shown_ids)
            if row_id in touched or y >= len(before) or before[y] != row_id
        ]
        lines += range(len(self._shown_ids), len(before))
        if lines or not self._shown_ids:
            self._mark_changed(touched, entered)
            self.repaint(y + self.HEAD for y in (lines or [0]))
        self.set_title()

    def tick(self) -> None:
        """A second has passed: ages move on and marks fade, on the lines where that shows."""
        now = self._monotonic()
        for row_id in [one for one, until in self._fresh.items() if until <= now]:
            del self._fresh[row_id]
        self.repaint_visible()

    def select(self, row_id: str) -> bool:
        """Put the cursor on a row and show it; whether it is here."""
        index = self.view.index_of(row_id)
        if index is None:
            return False
        self._place_cursor(row_id, index)
        self.keep_cursor_visible()
        return True

    def set_title(self) -> None:
        shown, of = len(self.view), self.view.total
        count = f"{shown:,} of {of:,}" if self.view.is_filtered else f"{of:,}"
        self.entitle(f"{self.title} {count}{self.remark}")

    # The cursor

    def go(self, by: int) -> None:
        """Move the cursor by rows, as far as there are any."""
        if not len(self.view):
            return
        index = self._index() if self.cursor_id else -1
        target = min(max(index + by, 0), len(self.view) - 1)
        self._place_cursor(self.view.id_at(target), target)
        self.keep_cursor_visible()
        self.post_message(self.CursorMoved(self, self.cursor_id, by_person=True))

    def keep_cursor_visible(self) -> None:
        if self.cursor_id is None or not self.page:
            return
        index = self._index()
        if index < self.top:
            self.scroll_to(y=index, animate=False, force=True)
        elif index >= self.top + self.page:
            self.scroll_to(y=index - self.page + 1, animate=False, force=True)

    @property
    def cursor_index(self) -> int:
        """Where the cursor stands among all rows."""
        return self._cursor_index

    def _index(self) -> int:
        index = None if self.cursor_id is None else self.view.index_of(self.cursor_id)
        return self._cursor_index if index is None else index

    def _place_cursor(self, row_id: str | None, index: int) -> None:
        old, self.cursor_id, self._cursor_index = self.cursor_id, row_id, index
        self.repaint(self._lines_of(old, row_id))

    def _lines_of(self, *row_ids: str | None) -> list[int]:
        wanted = {one for one in row_ids if one}
        return [y + self.HEAD for y, one in enumerate(self._window()) if one in wanted]

    def _settle(self, *, follow: bool) -> None:
        """Find the cursor's row again after rows moved; where it is gone, take the one that stands in its place."""
        length = len(self.view)
        was, on_screen = self._cursor_index, self._cursor_index - self.top
        visible = self.cursor_id is not None and 0 <= on_screen < self.page
        self.set_length(length)
        index = None if self.cursor_id is None else self.view.index_of(self.cursor_id)
        if index is None:
            had = self.cursor_id
            self._cursor_index = min(was, max(0, length - 1))
            self.cursor_id = self.view.id_at(self._cursor_index) if length else None
            if self.cursor_id != had:
                self.post_message(self.CursorMoved(self, self.cursor_id, by_person=False))
        else:
            self._cursor_index = index
            # Rows that come in above a scrolled view must not push what is being read.
            if self.top and visible and index != was:
                self.scroll_to(y=max(0, index - on_screen), animate=False, force=True)
        if visible or follow:
            self.keep_cursor_visible()

    # Painting

    def _window(self) -> list[str]:
        return self.view.window(self.top, self.top + self.page)

    def _remember_visible(self) -> None:
        self._shown_ids = self._window()

    def _mark_changed(self, touched: Collection[str], entered: Collection[str]) -> None:
        """Mark visible rows that came or changed their state; moving output alone marks nothing."""
        until = self._monotonic() + FRESH_FOR
        states: dict[str, Hashable] = {}
        for row_id in self._shown_ids:
            state = states[row_id] = self.state_of(row_id)
            changed = row_id in touched and self._shown_states.get(row_id, state) != state
            if changed or row_id in entered:
                self._fresh[row_id] = until
        self._shown_states = states

    def draw_line(self, y: int) -> Strip:
        width = self.size.width
        if y < self.HEAD:
            return self._draw_header(width)
        index = self.top + y - self.HEAD
        if index >= len(self.view):
            return self._draw_empty(width, first=index == 0)
        return self._draw_row(self.view.id_at(index), width)

    def _draw_header(self, width: int) -> Strip:
        style = self.tone(Tone.FAINT)
        segments = [Segment(" " * self.LEAD, style)]
        for place in self._places:
            segments.append(Segment(self._heading(place.column, place.width), style))
            segments.append(Segment(" " * place.gap, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _heading(self, column: Column, width: int) -> str:
        title = column.title
        if column.id == self.view.sort_column:
            title += "▾" if self.view.descending else "▴"
        return fit_right(title, width) if column.right else fit(title, width)

    def _draw_empty(self, width: int, *, first: bool) -> Strip:
        text = ("nothing matches" if self.view.is_filtered else self.empty) if first else ""
        return self.line([(f"  {text}", Tone.FAINT)], width)

    def _draw_row(self, row_id: str, width: int) -> Strip:
        chosen = row_id == self.cursor_id
        over = _BOLD if row_id in self._fresh else None
        if chosen and self.has_class("-active"):
            over = self.get_component_rich_style("table--cursor", partial=False) + (over or Style.null())
            over = Style(bgcolor=over.bgcolor, bold=over.bold)
        segments = self.segments(self.lead(row_id, chosen=chosen), self.LEAD, over)
        for place in self._places:
            spans = self.cell(row_id, place)
            if place.column.right:
                spans = ((fit_right(spans[0][0], place.width), spans[0][1]),)
            segments += self.segments(spans, place.width, over)
            segments[-1] = Segment(segments[-1].text + " " * place.gap, segments[-1].style)
        return Strip(segments).adjust_cell_length(width, segments[-1].style).simplify()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y < self.HEAD:
            if column := self._column_at(place.x):
                self.post_message(self.TitleClicked(self, column.id))
            return
        index = self.top + place.y - self.HEAD
        if index >= len(self.view):
            return
        row_id = self.view.id_at(index)
        # The second click is for what the first one chose, also where rows have moved meanwhile.
        if event.chain == 2 and self.cursor_id is not None:
            self.post_message(self.Opened(self, self.cursor_id))
        elif event.chain == 1:
            self._place_cursor(row_id, index)
            self.post_message(self.CursorMoved(self, row_id, by_person=True))

    def _column_at(self, x: int) -> Column | None:
        start = self.LEAD
        for one in self._places:
            if start <= x < start + one.width + one.gap:
                return one.column
            start += one.width + one.gap
        return None
