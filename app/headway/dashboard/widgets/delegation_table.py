"""One of the three tables: rows live in the store, the table draws those that are visible."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from headway.core.delegation import Group, Status
from headway.dashboard.cells import fit, fit_right
from headway.dashboard.columns import COLUMNS, GAP, Column, Facts, Place, Tone, lay_out
from headway.dashboard.group_view import GroupView
from headway.dashboard.widgets.line_view import LineView

FRESH_FOR: Final = 1.0
"""Seconds that a row stays marked after it came or changed its status."""
_TITLES: Final = {Group.QUEUED: "Queued", Group.IN_PROGRESS: "In progress", Group.COMPLETED: "Completed"}
_EMPTY: Final = {
    Group.QUEUED: "nothing waits",
    Group.IN_PROGRESS: "nothing runs",
    Group.COMPLETED: "nothing has finished yet",
}
_BOLD: Final = Style(bold=True)


class DelegationTable(LineView):
    """A table over a `GroupView`. Its cursor is the id of a delegation, whatever moves around it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--cursor"}

    @dataclass
    class CursorMoved(Message):
        """A person moved the cursor, or it had to go to another row as its own is gone."""

        table: DelegationTable
        delegation_id: str | None
        by_person: bool

        @property
        def control(self) -> DelegationTable:
            return self.table

    def __init__(
        self,
        view: GroupView,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.view = view
        self.cursor_id: str | None = None
        self._cursor_index = 0
        self._facts = facts
        self._monotonic = monotonic
        self._places: tuple[Place, ...] = ()
        self._shown_ids: list[str] = []
        self._shown_status: dict[str, Status] = {}
        self._fresh: dict[str, float] = {}

    def on_mount(self) -> None:
        self.set_title()

    def on_resize(self, event: events.Resize) -> None:
        self._places = lay_out(COLUMNS[self.view.group], max(0, self.size.width - 2))
        self._painted.clear()
        self.set_title()
        self.set_length(len(self.view))
        self.keep_cursor_visible()

    @property
    def shown_columns(self) -> frozenset[str]:
        """The ids of the columns that the width has room for."""
        return frozenset(place.column.id for place in self._places)

    # What the board tells the table

    def reload(self) -> None:
        """The view was built anew: by a snapshot, a filter, or another order."""
        self._shown_status.clear()
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
            for y, delegation_id in enumerate(self._shown_ids)
            if delegation_id in touched or y >= len(before) or before[y] != delegation_id
        ]
        lines += range(len(self._shown_ids), len(before))
        if lines or not self._shown_ids:
            self._mark_changed(touched, entered)
            self.repaint(y + self.HEAD for y in (lines or [0]))
        self.set_title()

    def tick(self) -> None:
        """A second has passed: ages move on and marks fade, on the lines where that shows."""
        now = self._monotonic()
        for delegation_id in [one for one, until in self._fresh.items() if until <= now]:
            del self._fresh[delegation_id]
        self.repaint_visible()

    def select(self, delegation_id: str) -> bool:
        """Put the cursor on a delegation and show it; whether it is here."""
        index = self.view.index_of(delegation_id)
        if index is None:
            return False
        self._place_cursor(delegation_id, index)
        self.keep_cursor_visible()
        return True

    def set_title(self) -> None:
        shown, of = len(self.view), self.view.total
        count = f"{shown:,} of {of:,}" if self.view.is_filtered else f"{of:,}"
        self.entitle(f"{_TITLES[self.view.group]} {count}")

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

    def _index(self) -> int:
        index = None if self.cursor_id is None else self.view.index_of(self.cursor_id)
        return self._cursor_index if index is None else index

    def _place_cursor(self, delegation_id: str | None, index: int) -> None:
        old, self.cursor_id, self._cursor_index = self.cursor_id, delegation_id, index
        self.repaint(self._lines_of(old, delegation_id))

    def _lines_of(self, *delegation_ids: str | None) -> list[int]:
        wanted = {one for one in delegation_ids if one}
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
        """Mark visible rows that came or changed their status; moving output alone marks nothing."""
        until = self._monotonic() + FRESH_FOR
        statuses: dict[str, Status] = {}
        for delegation_id in self._shown_ids:
            status = statuses[delegation_id] = self.view.row(delegation_id).status
            changed = delegation_id in touched and self._shown_status.get(delegation_id, status) is not status
            if changed or delegation_id in entered:
                self._fresh[delegation_id] = until
        self._shown_status = statuses

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
        segments = [Segment(" ", style)]
        for place in self._places:
            segments.append(Segment(self._heading(place.column, place.width), style))
            segments.append(Segment(" " * GAP, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _heading(self, column: Column, width: int) -> str:
        title = column.title
        if column.id == self.view.sort_column:
            title += "▾" if self.view.descending else "▴"
        return fit_right(title, width) if column.right else fit(title, width)

    def _draw_empty(self, width: int, *, first: bool) -> Strip:
        text = ("nothing matches" if self.view.is_filtered else _EMPTY[self.view.group]) if first else ""
        return self.line([(f"  {text}", Tone.FAINT)], width)

    def _draw_row(self, delegation_id: str, width: int) -> Strip:
        row = self.view.row(delegation_id)
        facts = self._facts()
        chosen = delegation_id == self.cursor_id
        over = _BOLD if delegation_id in self._fresh else None
        if chosen and self.has_class("-active"):
            over = self.get_component_rich_style("table--cursor", partial=False) + (over or Style.null())
            over = Style(bgcolor=over.bgcolor, bold=over.bold)
        marker = ("▌", Tone.ACCENT if self.has_class("-active") else Tone.FAINT) if chosen else (" ", Tone.PLAIN)
        segments = self.segments([marker], 1, over)
        for place in self._places:
            spans = place.column.render(row, facts, place.width)
            if place.column.right:
                spans = ((fit_right(spans[0][0], place.width), spans[0][1]),)
            segments += self.segments(spans, place.width, over)
            segments[-1] = Segment(segments[-1].text + " " * GAP, segments[-1].style)
        return Strip(segments).adjust_cell_length(width, segments[-1].style).simplify()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None or place.y < self.HEAD:
            return
        index = self.top + place.y - self.HEAD
        if index < len(self.view):
            self._place_cursor(self.view.id_at(index), index)
            self.post_message(self.CursorMoved(self, self.cursor_id, by_person=True))
