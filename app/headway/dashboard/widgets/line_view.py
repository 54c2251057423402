"""The base of tables and streams: a scrolled view that draws only the lines that are visible (Textual's Line API).

Its cost does not depend on how many lines there are, and a change repaints only the cells that it changed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Self

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from headway.dashboard.widgets.tones import Toned


class LineView(Toned, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines below a head that does not scroll; a subclass says what each line is."""

    HEAD: ClassVar[int] = 1
    """Lines on top that stay."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Strip] = {}
        self._ready: dict[int, Strip] = {}
        """Lines that were drawn to see what differs, for the paint that follows."""
        self._title = ""

    @abstractmethod
    def draw_line(self, y: int) -> Strip:
        """The line at `y` of what is visible, the head included."""

    @property
    def page(self) -> int:
        """How many lines of the body are visible."""
        return max(0, self.size.height - self.HEAD)

    @property
    def top(self) -> int:
        """The first visible line of the body."""
        return self.scroll_offset.y

    def render_line(self, y: int) -> Strip:
        ready = self._ready.pop(y, None)
        strip = self._painted[y] = self.draw_line(y) if ready is None else ready
        return strip

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual says; what was drawn for a paint may be out of date then."""
        self._ready.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        self._ready.clear()
        super().notify_style_update()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        # Textual paints all of it then, and does not ask for that by `refresh`.
        self._ready.clear()
        return super()._size_updated(size, virtual_size, container_size, layout)

    def entitle(self, title: str) -> None:
        """Put a title on the border, drawn where it differs. It has room around it also where no frame gives any."""
        framed = bool(self.styles.border_left[0])
        title = title if framed else f" {title} "
        if title == self._title:
            return
        self._title = title
        # Not by `border_title`, which has all of the widget painted again.
        self._border_title = Content(title)
        left, top = self.content_offset
        super().refresh(Region(-left, -top, self.outer_size.width, 1))

    def set_length(self, lines: int) -> None:
        """Say how many lines the body has. Only the appearing or leaving of the scrollbar costs a layout."""
        size = Size(self.size.width, lines + self.HEAD)
        if size == self.virtual_size:
            return
        height = self.size.height
        if (size.height > height) != (self.virtual_size.height > height):
            self.virtual_size = size
        else:
            self.set_reactive(Widget.virtual_size, size)
            if self.show_vertical_scrollbar:
                self.vertical_scrollbar.window_virtual_size = size.height
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def repaint(self, lines: Iterable[int]) -> None:
        """Repaint what differs from what was painted, of the visible lines `lines`; nothing, where nothing does."""
        regions = []
        ready = self._ready.copy()
        for y in lines:
            line = self.draw_line(y)
            ready.pop(y, None)
            if span := _difference(self._painted.get(y), line):
                ready[y] = line
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)
        self._ready = ready

    def repaint_visible(self) -> None:
        self.repaint(range(self.size.height))

    @property
    def length(self) -> int:
        """How many lines the body has."""
        return max(0, self.virtual_size.height - self.HEAD)

    def go(self, by: int) -> None:
        """Move by lines, at once."""
        self.scroll_to(y=self.scroll_y + by, animate=False, force=True)


def _difference(before: Strip | None, after: Strip) -> tuple[int, int] | None:
    """The cells from the first to the last that differ; None where nothing does."""
    if before is None:
        return (0, after.cell_length)
    if before == after:
        return None
    if before.cell_length != after.cell_length:
        return (0, max(before.cell_length, after.cell_length))
    old, new = list(before), list(after)
    start = _common_cells(old, new)
    return (start, after.cell_length - _common_cells(old[::-1], new[::-1]))


def _common_cells(left: list[Segment], right: list[Segment]) -> int:
    cells = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        cells += one.cell_length
    return cells
