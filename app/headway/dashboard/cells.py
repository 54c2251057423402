"""Text cut, padded and wrapped to terminal cells: what is drawn is exactly as wide as its place. No Textual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

TAB_WIDTH: Final = 4
_ELLIPSIS: Final = "…"
_CONTROLS: Final = [*range(0x20), *range(0x7F, 0xA0)]
_ONE_LINE: Final = {**dict.fromkeys(_CONTROLS), ord("\n"): "↵", ord("\t"): " "}
_NO_CONTROLS: Final = {code: None for code in _CONTROLS if code not in (ord("\n"), ord("\t"))}


def one_line(text: str) -> str:
    """Text for one line: newlines become `↵`, tabs a blank, and what has no width of its own is left out."""
    return text if text.isprintable() else text.translate(_ONE_LINE)


def fit(text: str, width: int) -> str:
    """Text in exactly `width` cells, padded, or cut to end in `…`; a wide character is never cut in half."""
    if width <= 0:
        return ""
    if text.isascii():
        return text.ljust(width) if len(text) <= width else text[: width - 1] + _ELLIPSIS
    # No character is wider than two cells or narrower than a quarter of one with its marks; more cannot be shown.
    text = text[: width * 8]
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + _ELLIPSIS


def fit_right(text: str, width: int) -> str:
    """As `fit`, with the text at the right edge."""
    fitted = fit(text, width)
    shown = fitted.rstrip(" ")
    return " " * (len(fitted) - len(shown)) + shown


def wrap(text: str, width: int) -> Iterator[str]:
    """The lines of `text`, none wider than `width` cells, broken at blanks where there are any."""
    if not text.isprintable():
        text = text.translate(_NO_CONTROLS)
    for line in text.split("\n"):
        yield from _wrap_line(line.expandtabs(TAB_WIDTH), max(width, 2))


def _wrap_line(line: str, width: int) -> Iterator[str]:
    if line.isascii():
        yield from _wrap_narrow(line, width)
    elif len(line) <= width // 2 or cell_len(line) <= width:
        yield line
    else:
        yield from _wrap_wide(line, width)


def _wrap_narrow(line: str, width: int) -> Iterator[str]:
    start = 0
    while len(line) - start > width:
        blank = line.rfind(" ", start, start + width + 1)
        if blank < start:
            yield line[start : start + width]
            start += width
        else:
            yield line[start:blank]
            start = blank + 1
    yield line[start:]


def _wrap_wide(line: str, width: int) -> Iterator[str]:
    shown = ""
    used = 0
    for number, word in enumerate(line.split(" ")):
        size = cell_len(word)
        if number and used + 1 + size <= width:
            shown += " " + word
            used += 1 + size
            continue
        if number:
            yield shown
        *full, shown = chop_cells(word, width) if size > width else [word]
        yield from full
        used = cell_len(shown)
    yield shown
