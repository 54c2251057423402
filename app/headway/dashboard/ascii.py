"""A board in ASCII, for terminals and fonts that have nothing else: every other sign is replaced on its way out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

UNKNOWN: Final = "?"
_SIGNS: Final = {
    **dict.fromkeys("─━╌╍═╸╺╼╾▔▁▂▃▄▀⎯–—―−", "-"),
    **dict.fromkeys("│┃║▌▐▏▎▍▕", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝", "+"),
    **dict.fromkeys("●◉•∙·◆", "*"),
    **dict.fromkeys("○◌", "o"),
    **dict.fromkeys("█▇▆▅▊▉", "#"),
    **dict.fromkeys("▲▴⇧↑", "^"),
    **dict.fromkeys("▼▾↓", "v"),
    **dict.fromkeys("→▶▸\u203a", ">"),
    **dict.fromkeys("←◀◂\u2039", "<"),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("“”«»", '"'),
    "✓": "+",
    "✗": "x",
    "⊘": "/",
    "…": "~",
    "⏎": "=",
    "↵": "\\",
    "×": "x",
    "\u00a0": " ",
}
"""Signs of one cell, and what stands for them."""
# A heavy line is the part of a bar that is done.
_TABLE: Final = str.maketrans({**_SIGNS, "━": "=", "╸": ">"})


class AsciiOnly(LineFilter):
    """Replaces what is not ASCII, cell for cell; letters with accents lose them, what is unknown becomes `?`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.text.isascii() else Segment(in_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def in_ascii(text: str) -> str:
    """The text in ASCII, in as many cells."""
    return "".join(char if char.isascii() else _replaced(char) for char in text.translate(_TABLE))


def _replaced(char: str) -> str:
    cells = cell_len(char)
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return plain if len(plain) == cells and plain.isprintable() else UNKNOWN * cells
