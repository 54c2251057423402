"""What shows through a dialog: lines of the screen beneath it, in the dialog's tint.

Textual 8.2 draws all of that screen anew for each line of it that has changed, takes it through Rich, and mixes colors
for each segment (`BackgroundScreen.process_segments`, five times what it costs here, where each style is mixed once).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

_STYLES: Final = 4_096
"""Styles whose tinted form is kept: those of a board are a few hundred."""


def dimmed(line: Strip, tint: Color) -> Strip:
    """A line in a tint, with nothing that the mouse could find in it."""
    segments = [Segment(text, _tinted(style, tint), control) for text, style, control in line]
    return Strip(segments, line.cell_length)


@lru_cache(maxsize=_STYLES)
def _tinted(style: Style | None, tint: Color) -> Style:
    plain = Style.null() if style is None else style.clear_meta_and_links()
    if not tint.a:
        return plain
    return plain + Style.from_color(_mixed(plain.color, tint), _mixed(plain.bgcolor, tint))


def _mixed(color: RichColor | None, tint: Color) -> RichColor | None:
    return None if color is None else (Color.from_rich_color(color) + tint).rich_color
