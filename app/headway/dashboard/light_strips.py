"""Lines of the screen without what they seldom need: Textual 8.2 gives each of them seven caches when it is made.

A line that is as long as it should be is kept in its own cache. So each was garbage that only the collector finds, and
nearly all that it found on a board.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

_CACHES: Final = frozenset({
    "_divide_cache", "_crop_cache", "_style_cache", "_filter_cache", "_line_length_cache", "_crop_extend_cache",
    "_offsets_cache",
})  # fmt: skip


class _NothingKept:
    """In place of a line's caches: a line is cut and styled once, for the paint that it was made for."""

    def get(self, key: object) -> None:
        """Nothing, whatever was set."""

    def __setitem__(self, key: object, value: object) -> None:
        """Keeps nothing."""


_NOTHING_KEPT: Final = _NothingKept()


def let_strips_be_light() -> None:
    """Have lines keep nothing that was made of them; to be called before an app runs."""
    Strip.__init__ = _init  # type: ignore[method-assign, assignment]
    Strip.__getattr__ = _cache_of  # type: ignore[attr-defined]


def _init(strip: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


def _cache_of(strip: Strip, name: str) -> Any:
    if name not in _CACHES:
        raise AttributeError(name)
    return _NOTHING_KEPT


class Joined(LineFilter):
    """Several filters one after the other, with one line made for them all."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        super().__init__()
        self.filters: Final = tuple(filters)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for one in self.filters:
            segments = one.apply(segments, background)
        return segments
