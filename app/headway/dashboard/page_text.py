"""A long text as lines on a screen: laid out piece by piece, so that no size of it freezes a paint. No Textual.

Lines are places in the text, so that a search finds what a line break parts, and knows where it is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, get_character_cell_size

from headway.dashboard.cells import TAB_WIDTH

PIECE: Final = 65_536
"""Characters that one step of the layout takes."""
MOST_FOUND: Final = 10_000
"""Places of a search that are kept."""
_WIDEST: Final = 8
"""Characters that one cell can hold: a base and its marks, and some to spare."""
_NO_CONTROLS: Final = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (ord("\n"), ord("\t"))}


@dataclass(frozen=True, slots=True)
class Found:
    """One place that a search found: the characters from `start` to before `end`."""

    start: int
    end: int


class PageText:
    """A text and its lines at a width, or as they were written where the width is 0.

    `advance` lays out the next piece; until it says that it is done, the lines of the rest are missing. Text that is
    added is laid out from the last line on.
    """

    def __init__(self, text: str = "", width: int = 0) -> None:
        self._text = _drawable(text)
        self._width = width
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._at = 0

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def size(self) -> int:
        """Characters in all."""
        return len(self._text)

    @property
    def width(self) -> int:
        return self._width

    @property
    def is_done(self) -> bool:
        return self._at > len(self._text) or not self._text

    def append(self, text: str) -> None:
        """Let the text go on."""
        if not text:
            return
        start = self._text.rfind("\n") + 1
        # A tab stops where its own line says.
        lead = len(self._text) - start
        drawn = _drawable(" " * (lead % TAB_WIDTH) + text)[lead % TAB_WIDTH :]
        if self.is_done and self._starts:
            self._at = self._starts.pop()
            self._ends.pop()
        self._text += drawn

    def lay_out(self, width: int) -> None:
        """Begin anew at another width."""
        self._width = width
        self._starts.clear()
        self._ends.clear()
        self._at = 0

    def advance(self, characters: int = PIECE) -> bool:
        """Lay out about so many characters more; whether all is laid out then."""
        stop = self._at + characters
        while not self.is_done and self._at < stop:
            end = self._text.find("\n", self._at)
            self._lay_out_line(len(self._text) if end < 0 else end, stop)
        return self.is_done

    def line(self, index: int, skip: int = 0, width: int | None = None) -> tuple[int, str]:
        """Where what is shown of a line begins in the text, and it: without its first `skip` characters, and no more
        of it than `width` cells can hold."""
        start = min(self._starts[index] + skip, self._ends[index])
        end = self._ends[index] if width is None else min(self._ends[index], start + width * _WIDEST)
        return start, self._text[start:end]

    def find(self, wanted: str) -> list[Found]:
        """Where a text stands, in order, the first `MOST_FOUND`; small letters find capitals too."""
        if not wanted:
            return []
        pattern = re.compile(re.escape(wanted), re.NOFLAG if wanted != wanted.lower() else re.IGNORECASE)
        found: list[Found] = []
        for match in pattern.finditer(self._text):
            found.append(Found(*match.span()))
            if len(found) == MOST_FOUND:
                break
        return found

    def line_of(self, place: int) -> int:
        """The line that shows a place of the text, laid out as far as that if need be."""
        while not self.is_done and self._at <= place:
            self.advance()
        return max(0, bisect_right(self._starts, place) - 1)

    def column_of(self, place: int) -> int:
        """Characters of its line that stand before a place."""
        return max(0, place - self._starts[self.line_of(place)]) if self._starts else 0

    def _lay_out_line(self, end: int, stop: int) -> None:
        """The line of the text up to `end`; where that is far, what of it lies before `stop` and one line more."""
        while True:
            shown, following = _broken(self._text, self._at, end, self._width) if self._width else (end, end + 1)
            self._starts.append(self._at)
            self._ends.append(shown)
            self._at = following
            if shown == end:
                self._at = end + 1
                return
            if self._at >= stop:
                return


def within(found: list[Found], start: int, end: int) -> range:
    """The numbers of those places that reach into the characters from `start` to before `end`."""
    return range(
        bisect_right(found, start, key=lambda place: place.end), bisect_left(found, end, key=lambda place: place.start)
    )


def _broken(text: str, start: int, end: int, width: int) -> tuple[int, int]:
    """Where a line from `start` ends at this width, and where the next one begins; at a blank if there is one."""
    window = text[start : min(end, start + width + 1)]
    if window.isascii():
        if end - start <= width:
            return end, end
        blank = text.rfind(" ", start + 1, start + width + 1)
        return (blank, blank + 1) if blank > 0 else (start + width, start + width)
    if end - start <= width * _WIDEST and cell_len(text[start:end]) <= width:
        return end, end
    used = 0
    blank = -1
    for at in range(start, end):
        char = text[at]
        if char == " " and at > start:
            blank = at
        used += get_character_cell_size(char)
        if used > width:
            return (blank, blank + 1) if blank > 0 else (max(at, start + 1),) * 2
    return end, end


def _drawable(text: str) -> str:
    """The text without what has no width of its own, its tabs as blanks."""
    return (text if text.isprintable() else text.translate(_NO_CONTROLS)).expandtabs(TAB_WIDTH)
