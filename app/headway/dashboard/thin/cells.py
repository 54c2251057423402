"""Two pictures of the screen, what it shows and what it should show, and the shortest way from one to the other."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.cells import cell_len, get_character_cell_size, split_graphemes

from headway.dashboard.thin.style import PLAIN, Style, change

Cell = tuple[str, Style]
"""What stands in a column. The second column of a wide character holds an empty text."""

BLANK: Final[Cell] = (" ", PLAIN)
_BRIDGE: Final = 4
"""Columns that stayed as they are and cost less to write again than to leap over."""


class Cells:
    """The screen as it should be, written as text comes, and as the terminal shows it; None is not known."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self._wanted: list[list[Cell]] = [[BLANK] * columns for _ in range(rows)]
        self._shown: list[list[Cell | None]] = [[None] * columns for _ in range(rows)]
        self._touched: set[int] = set()
        self._style: Style | None = None
        self._at: tuple[int, int] | None = None

    def put(self, x: int, y: int, text: str, style: Style) -> int:
        """Write text from a column on, as a terminal does that does not wrap; the column behind it."""
        if not 0 <= y < self.rows:
            return x
        row = self._wanted[y]
        self._touched.add(y)
        if text.isascii():
            fits = text[: max(0, self.columns - x)]
            self._part(row, x, x + len(fits))
            row[x : x + len(fits)] = [(character, style) for character in fits]
            return x + len(text)
        for start, end, width in split_graphemes(text)[0]:
            if width == 0:
                self._combine(row, x, text[start:end])
            elif x + width <= self.columns:
                self._part(row, x, x + width)
                row[x] = (text[start:end], style)
                if width == 2:
                    row[x + 1] = ("", style)
            x += width
        return x

    def difference(self) -> str:
        """What to write so that the terminal shows what it should; it is taken to be written."""
        parts: list[str] = []
        for y in sorted(self._touched):
            wanted, shown = self._wanted[y], self._shown[y]
            if wanted != shown:
                for start, end in _runs(wanted, shown):
                    self._write(parts, wanted, y, start, end)
                shown[:] = wanted
        self._touched.clear()
        return "".join(parts)

    def move(self, x: int, y: int) -> str:
        """What takes the cursor to a place: it is followed by text there, or stays."""
        if self._at == (x, y):
            return ""
        if self._at is not None and self._at[1] == y and 0 < (by := x - self._at[0]) < 100:
            ahead = f"\x1b[{by if by > 1 else ''}C"
        else:
            ahead = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"
        self._at = (x, y)
        return ahead

    def _write(self, parts: list[str], row: list[Cell], y: int, start: int, end: int) -> None:
        for x in range(start, end):
            text, style = row[x]
            if not text:
                continue
            if move := self.move(x, y):
                parts.append(move)
            if style != self._style:
                parts.append(change(self._style, style) if self._style is not None else "\x1b[m" + change(PLAIN, style))
                self._style = style
            if len(text) > 1:
                # A terminal that shows it in fewer columns leaves none of the old ones beside it.
                parts += [" " * cell_len(text), f"\x1b[{y + 1};{x + 1}H"]
            parts.append(text)
            # At the end of a row terminals differ, and so they do in the width of what is not plain.
            behind = x + _sure_width(text)
            self._at = (behind, y) if x < behind < self.columns else None

    def _part(self, row: list[Cell], start: int, end: int) -> None:
        """Blank the halves of wide characters that lose their other half."""
        if 0 < start < self.columns and not row[start][0]:
            row[start - 1] = (" ", row[start - 1][1])
        if end < self.columns and not row[end][0]:
            row[end] = (" ", row[end][1])

    def _combine(self, row: list[Cell], x: int, character: str) -> None:
        """Add what has no width of its own to the character before it."""
        before = x - 1
        if 0 < before < self.columns and not row[before][0]:
            before -= 1
        if 0 <= before < self.columns:
            row[before] = (row[before][0] + character, row[before][1])


@lru_cache(maxsize=4_096)
def _sure_width(text: str) -> int:
    """By how many columns every terminal goes on after it; 0 where they may differ."""
    if len(text) != 1:
        return 0
    width = get_character_cell_size(text)
    if width == 1 and (text < "\x7f" or "\xa0" < text < "\u0300" or "\u2010" <= text < "\u2600"):
        return 1
    return 2 if width == 2 and ("\u3041" <= text < "\ua4d0" or "\uac00" <= text < "\ud7a4") else 0


def _runs(wanted: list[Cell], shown: list[Cell | None]) -> list[tuple[int, int]]:
    """Where they differ, wide characters whole, near ones joined where what is between them looks like them."""
    runs: list[tuple[int, int]] = []
    width = len(wanted)
    x = 0
    while x < width:
        if wanted[x] == shown[x]:
            x += 1
            continue
        start = x
        while start > 0 and (not wanted[start][0] or _is_second_half(shown[start])):
            start -= 1
        spoiled = start
        while x < width and (x < spoiled or wanted[x] != shown[x] or not wanted[x][0] or _is_second_half(shown[x])):
            # One that shows it in more columns spoils those behind it.
            spoiled = max(spoiled, x + sum(map(get_character_cell_size, wanted[x][0])))
            x += 1
        if runs and start - runs[-1][1] <= _BRIDGE and _is_bridge(wanted, runs[-1][1], start):
            runs[-1] = (runs[-1][0], x)
        else:
            runs.append((max(start, runs[-1][1]) if runs else start, x))
    return runs


def _is_second_half(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def _is_bridge(row: list[Cell], start: int, end: int) -> bool:
    style = row[start - 1][1]
    return all(cell[1] == style and _sure_width(cell[0]) == 1 for cell in row[start:end]) and (
        end == len(row) or row[end][1] == style
    )
