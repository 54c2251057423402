"""Lines of the screen without what they seldom need: Textual 8.2 gives each of them seven caches when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.segment import Segment
from textual.cache import FIFOCache
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

_CACHES: Final = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""How many entries each of them holds."""


def let_strips_be_light() -> None:
    """Have each cache of a line made when it is first asked for; to be called before an app runs."""
    Strip.__init__ = _init  # type: ignore[method-assign, assignment]
    Strip.__getattr__ = _make_cache  # type: ignore[attr-defined]


def _init(strip: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


def _make_cache(strip: Strip, name: str) -> FIFOCache[Any, Any]:
    if name not in _CACHES:
        raise AttributeError(name)
    cache: FIFOCache[Any, Any] = FIFOCache(_CACHES[name])
    setattr(strip, name, cache)
    return cache


class Joined(LineFilter):
    """Several filters one after the other, with one line made for them all."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        super().__init__()
        self.filters: Final = tuple(filters)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for one in self.filters:
            segments = one.apply(segments, background)
        return segments
