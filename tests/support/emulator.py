"""A terminal emulator that judges what two streams of output show."""

from __future__ import annotations

import pyte
from rich.cells import cell_len, split_graphemes


class Emulator(pyte.Screen):
    """Agrees with Textual on how wide a character is; where a terminal does not, the full output goes astray too.

    Blanks the half of a wide character whose other half is overwritten, as terminals do and pyte does not.
    """

    def draw(self, data: str) -> None:
        for start, end, width in split_graphemes(data)[0]:
            grapheme, x, row = data[start:end], self.cursor.x, self.buffer[self.cursor.y]
            if width == 0:
                row[x - 1] = row[x - 1]._replace(data=row[x - 1].data + grapheme)
                continue
            super().draw("x" * width)
            row[x] = row[x]._replace(data=grapheme)
            if width == 2:
                row[x + 1] = row[x + 1]._replace(data="")
            if x > 0 and cell_len(row[x - 1].data) == 2:
                row[x - 1] = row[x - 1]._replace(data=" ")
            if self.cursor.x < self.columns and not row[self.cursor.x].data:
                row[self.cursor.x] = row[self.cursor.x]._replace(data=" ")


class Show:
    """What a terminal of some size shows of what it is sent."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = Emulator(columns, rows)
        self._stream = pyte.Stream(self.screen)

    def feed(self, written: str) -> None:
        self._stream.feed(written)

    @property
    def picture(self) -> list[list[pyte.screens.Char]]:
        """Every cell, row by row, with its colors and attributes."""
        return [[self.screen.buffer[y][x] for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    @property
    def cursor(self) -> tuple[int, int]:
        return self.screen.cursor.x, self.screen.cursor.y
