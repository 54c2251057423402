"""`ThinOutput`: between Textual and the terminal, lets through what changes the screen and nothing else."""

from __future__ import annotations

import re
from typing import Final

from headway.dashboard.thin.cells import Cells
from headway.dashboard.thin.style import PLAIN, Unreadable, after, change

_TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<style>[0-9;]*)m"
    r"|\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|(?P<line>\n)"
    r"|\x1b\[\?2026(?P<together>[hl])"
    r"|(?P<harmless>\x1b\[(?:\?(?:25|1000|1002|1003|1004|1006|1015|1016|2004|2048|7)[hl]|\?\d+\$p|>?\d*u|<u|c|=\d+u)"
    r"|\x1b\[\d*;?\d*t|\x07|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b_[^\x1b]*\x1b\\)"
    r"|(?P<screen>\x1b\[\?1049[hl])"
)
_LARGE: Final = 1_024
"""Characters of a difference that is worth the marks which have a terminal show it at once."""


class ThinOutput:
    """Takes what is written for the terminal and gives what must be written for the same screen.

    It keeps a picture of the screen as the terminal shows it. Where something comes that it cannot read, it steps aside
    for good: everything goes through as it is, which is right at any time, as the terminal shows what Textual believes.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self._cells = Cells(columns, rows)
        self._style = PLAIN
        self._x = self._y = 0
        self._together = False
        self.steps_aside = False
        """Whether it has met what it cannot read."""

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size, and shows nobody knows what until it is painted anew."""
        self._cells = Cells(columns, rows)

    def feed(self, written: str) -> str:
        """What to send to the terminal in the place of `written`."""
        if self.steps_aside:
            return written
        sent: list[str] = []
        place, end = 0, len(written)
        while place < end:
            token = _TOKEN.match(written, place)
            try:
                if token is None:
                    raise Unreadable
                self._take(token, sent)
            except Unreadable:
                self.steps_aside = True
                return "".join([*sent, self._difference(), self._where_it_was(), written[place:]])
            place = token.end()
        sent.append(self._difference())
        if (self._x, self._y) != (0, 0) and written.endswith("H"):
            # Where a person types: an input method shows its choices there. Without a field Textual says 0, 0.
            sent.append(self._cells.move(self._x, self._y))
        return "".join(sent)

    def _take(self, token: re.Match[str], sent: list[str]) -> None:
        match token.lastgroup:
            case "text":
                self._x = self._cells.put(self._x, self._y, token["text"], self._style)
            case "style":
                self._style = after(self._style, token["style"])
            case "column":
                self._x, self._y = int(token["column"]) - 1, int(token["row"]) - 1
            case "line":
                self._x, self._y = 0, self._y + 1
            case "together":
                self._together = True
            case "harmless":
                sent.append(token["harmless"])
            case _:
                sent += [self._difference(), token["screen"]]
                self.resize(self._cells.columns, self._cells.rows)

    def _difference(self) -> str:
        found = self._cells.difference()
        return f"\x1b[?2026h{found}\x1b[?2026l" if self._together and len(found) > _LARGE else found

    def _where_it_was(self) -> str:
        """Cursor and style as Textual left them, for what goes through as it is."""
        return f"\x1b[{self._y + 1};{self._x + 1}H" + "\x1b[m" + change(PLAIN, self._style)
