"""The second net under text from outside: what every rendered line passes on its way out (spec: safety, "Text" 2).

`core.text.clean()` at the doors is the first. This one catches what a missed door would let through: controls that a
terminal obeys, links it would open, and actions that a click would run. And it takes joined signs apart, which each
terminal gives a width of its own, and of which Rich 15 loses cells where it cuts one in two.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rich.cells import cell_len, set_cell_size, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from headway.core.text import REPLACEMENT

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb]")
"""Controls, bidi marks and invisible format characters: all of no width, so that dropping them moves nothing."""
_JOINING: Final = re.compile("[\u200d\ufe0f]")
"""What makes one sign of several, or a wide one of a narrow one; terminals differ on both."""


class TextNet(LineFilter):
    """Drops control characters, links and click actions from rendered segments; the rest passes as it is."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [_caught(segment) for segment in segments]


def _caught(segment: Segment) -> Segment:
    text, style, control = segment
    inert = _inert(style) if style else None
    if not text.isascii() and _JOINING.search(text):
        text = _unjoined(text)
        segment = Segment(text, style, control)
    if inert is None and control is None and text.isprintable():
        return segment
    return Segment(_SURROGATE.sub(REPLACEMENT, _UNSAFE.sub("", text)), style if inert is None else inert)


@lru_cache(1024)
def _unjoined(text: str) -> str:
    """The first of each sign's characters, with blanks up to its width: no terminal and no cut takes that apart."""
    parts = []
    for start, end, width in split_graphemes(text)[0]:
        sign = _JOINING.split(text[start:end], maxsplit=1)[0]
        parts.append(sign + " " * (width - cell_len(sign)))
    # Where a sign begins with what joins, Rich counts in two ways; lines are laid out by this one.
    return set_cell_size("".join(parts), cell_len(text))


@lru_cache(1024)
def _inert(style: Style) -> Style | None:
    """The style without its link and the actions of a click, None where it has neither; other meta is for the mouse."""
    meta = style.meta
    if style.link is None and not any(key.startswith("@") for key in meta):
        return None
    kept = {key: value for key, value in meta.items() if not key.startswith("@")}
    return style.clear_meta_and_links() + Style.from_meta(kept)
