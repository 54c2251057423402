"""The line on top: which platform, how the link stands in words, how old the data is, and the totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from textual.strip import Strip

from headway.dashboard.cells import fit
from headway.dashboard.columns import Span, Tone
from headway.dashboard.widgets.tones import Toned

LEAST_NAME: Final = 8
"""Cells of a platform's name that show at any width."""


class TopLine(Toned):
    """Two runs of spans, one at each edge; the link on the left is never pushed out by the totals on the right."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._left: tuple[Span, ...] = ()
        self._right: tuple[tuple[Span, ...], ...] = ()

    def show(self, left: Sequence[Span], right: Sequence[tuple[Span, ...]]) -> None:
        """`right` is a list of parts, the most important last: the first ones go where there is no room."""
        if (self._left, self._right) != (both := (tuple(left), tuple(right))):
            self._left, self._right = both
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left = [(" ", Tone.PLAIN), *fitted(self._left, width - 2)]
        room = width - _size(left) - 2
        parts = list(self._right)
        while parts and sum(_size(part) + 2 for part in parts) > room:
            del parts[0]
        right = [span for part in parts for span in (("  ", Tone.PLAIN), *part)]
        used = _size(right) + 1
        text = self.segments(left, max(0, width - used))
        return Strip([*text, *self.segments([*right, (" ", Tone.PLAIN)], min(used, width))]).crop(0, width)


def fitted(left: Sequence[Span], room: int) -> list[Span]:
    """Name of the program, platform, link and what more there is, in `room` cells.

    Where they do not fit, the name goes first, then what stands after the link; then the platform's name is cut. The
    link is cut last.
    """
    kept = list(left)
    if len(kept) < 3:
        return kept
    if _size(kept) > room:
        del kept[0]
        kept[0] = (kept[0][0].lstrip(), kept[0][1])
    while len(kept) > 2 and _size(kept) > room:
        del kept[-1]
    if (over := _size(kept) - room) > 0:
        name = kept[0][0].rstrip()
        kept[0] = (fit(name, max(LEAST_NAME, cell_len(name) - over)).rstrip() + "  ", kept[0][1])
    return kept


def _size(spans: Sequence[Span]) -> int:
    return sum(cell_len(text) for text, _ in spans)
