"""Without color (NO_COLOR, `color = false`) none is sent to the terminal at all: bold, reverse and the like remain."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_REVERSED: Final = Style(reverse=True)


class Colorless(LineFilter):
    """Takes colors off, greys too: Textual's own filter would send greys, which are colors for the terminal.

    What stood out by its background, such as the button that has the focus, is drawn in reverse. `is_dark` says
    whether the theme is light on dark.
    """

    def __init__(self, is_dark: Callable[[], bool]) -> None:
        super().__init__()
        self._is_dark = is_dark

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        is_dark = self._is_dark()
        return [Segment(text, style and _plain(style, is_dark), control) for text, style, control in segments]


@lru_cache(1024)
def _plain(style: Style, is_dark: bool) -> Style:
    plain = style.without_color
    return plain + _REVERSED if _stands_out(style.color, style.bgcolor, is_dark) else plain


def _stands_out(color: RichColor | None, background: RichColor | None, is_dark: bool) -> bool:
    """Whether text is darker than its background where the theme has it lighter, or the other way round.

    Where the text has the terminal's own color, so has an ordinary background.
    """
    if color is None or background is None or background.is_default:
        return False
    if color.is_default:
        return True
    of_text, behind = _brightness(color), _brightness(background)
    return of_text < behind if is_dark else of_text > behind


def _brightness(color: RichColor) -> float:
    red, green, blue = color.get_truecolor()
    return 0.3 * red + 0.59 * green + 0.11 * blue
