"""The line on top: which platform, how the link stands in words, how old the data is, and the totals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from headway.dashboard.columns import Span, Tone
from headway.dashboard.widgets.tones import Toned


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
        left = [(" ", Tone.PLAIN), *self._left]
        room = width - _size(left) - 2
        parts = list(self._right)
        while parts and sum(_size(part) + 2 for part in parts) > room:
            del parts[0]
        right = [span for part in parts for span in (("  ", Tone.PLAIN), *part)]
        used = _size(right) + 1
        text = self.segments(left, max(0, width - used))
        return Strip([*text, *self.segments([*right, (" ", Tone.PLAIN)], min(used, width))]).crop(0, width)


def _size(spans: Sequence[Span]) -> int:
    return sum(cell_len(text) for text, _ in spans)
