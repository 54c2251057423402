"""What a paint costs is what changed: Textual's compositor, without the widgets and lines that nothing changed on.

Textual 8.2 takes the smallest rectangle around all that is dirty and runs every line of every widget that touches it
through its filters, and writes each changed run of cells from the left edge of its widget on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import cast

from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor, ReflowResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[int, int, int]
"""A line, the first cell on it that is to be written, and the one after the last."""


class LeanUpdate(ChopsUpdate):
    """What is to be written, from the first cell of each span on."""

    def render_segments(self, console: Console) -> str:
        """The spans with what moves the cursor to them."""
        written: list[str] = []
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is None or x >= x2 or end <= x1:
                    continue
                start = x1 if x1 > x and _is_between_characters(strip, x1 - x) else x
                part = strip if (start, end) == (x, min(end, x2)) else strip.crop(start - x, min(end, x2) - x)
                written += f"\x1b[{y + 1};{start + 1}H", part.render(console)
        return "".join(written)


class LeanCompositor(Compositor):
    """Renders of what is dirty only the lines that are, and only down to the widget that covers the others."""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Lay out anew, and have what has another size than before drawn anew.

        Textual lays out without telling the widgets where it is asked for the place of one that is new; what it painted
        in between stayed, where the layout that is told has the size again that the widget had before.
        """
        result = super().reflow(parent, size)
        for widget in result.resized:
            widget._set_dirty()
        return result

    def render_partial_update(self) -> ChopsUpdate | None:
        """What is dirty, or None where nothing is."""
        dirty = self._dirty_regions.copy()
        self._dirty_regions.clear()
        height = len(self.cuts)
        spans = [span for span in self._regions_to_spans(dirty) if 0 <= span[0] < height]
        if not spans:
            return None
        chops = self._render_spans(spans)
        ends = {y: self.cuts[y][1:] for y in chops}
        return LeanUpdate(chops, spans, ends)  # type: ignore[arg-type] # by line, not all of them

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """As Textual says, with blanks where a line turned out too short.

        Rich 15 loses a cell where it cuts a sign with a variation selector in two, as the edge of a dialog may, and
        Textual 8.2 ends the app over what is missing then.
        """
        chops = cast("list[dict[int, Strip | None]]", super()._render_chops(crop, is_rendered_line))
        for y, line in enumerate(chops):
            if None in line.values() and is_rendered_line(y):
                line.update({cut: Strip.blank(end - cut) for cut, end in pairwise(self.cuts[y]) if line[cut] is None})
        return cast("Sequence[Mapping[int, Strip]]", chops)

    def render_rows(self, first: int, end: int) -> list[Strip]:
        """Whole lines as they are now, from the first to the one before `end`, as far as there are any."""
        width, height = self.size
        rows = range(first, min(end, len(self.cuts), height))
        chops = self._render_spans([(y, 0, width) for y in rows])
        return [Strip.join(chops[y].values()) for y in rows]

    def _render_spans(self, spans: Sequence[Span]) -> dict[int, dict[int, Strip | None]]:
        """By line, the strips between each two cuts; None for those that no span needs."""
        chops: dict[int, dict[int, Strip | None]] = {y: dict.fromkeys(self.cuts[y][:-1]) for y, _, _ in spans}
        missing = {y: set[int]() for y in chops}
        for y, x1, x2 in spans:
            cuts = self.cuts[y]
            missing[y].update(cut for cut, end in pairwise(cuts) if cut < x2 and end > x1)
        # From the front to the back: what is drawn first covers what is behind it.
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            lines = [y for y in missing if shown.y <= y < shown.bottom and _any_in(missing[y], shown)]
            if not lines:
                continue
            first, last = min(lines), max(lines)
            crop = Region(shown.x - region.x, first - region.y, shown.width, last - first + 1)
            strips = widget.render_lines(crop)
            for y in lines:
                cuts = [cut for cut in self.cuts[y] if shown.x <= cut <= shown.right]
                parts = strips[y - first].divide([cut - shown.x for cut in cuts[1:]])
                for (cut, end), part in zip_longest(pairwise(cuts), parts):
                    if cut in missing[y]:
                        chops[y][cut] = Strip.blank(end - cut) if part is None else part
                missing[y].difference_update(cuts[:-1])
                if not missing[y]:
                    del missing[y]
            if not missing:
                break
        return chops


def _any_in(cuts: Iterable[int], shown: Region) -> bool:
    return any(shown.x <= cut < shown.right for cut in cuts)


def _is_between_characters(strip: Strip, cell: int) -> bool:
    """Whether the strip can surely be cut there, which it cannot in the middle of a wide character."""
    at = 0
    for segment in strip:
        end = at + segment.cell_length
        if end > cell:
            return at == cell or segment.text.isascii()
        at = end
    return False
