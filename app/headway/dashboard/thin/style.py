"""How a cell is shown, as SGR parameters tell it (ECMA-48, 8.3.117), and the shortest way from one style to another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_OFF: Final = {
    "1": "22",
    "2": "22",
    "3": "23",
    "4": "24",
    "5": "25",
    "6": "25",
    "7": "27",
    "8": "28",
    "9": "29",
    "21": "24",
    "51": "54",
    "52": "54",
    "53": "55",
}
"""What ends each attribute, and others of its kind with it."""
_ENDS: Final = frozenset(_OFF.values())
_EXTENDED: Final = {"5": 1, "2": 3}
"""How many numbers follow a palette color, and one by its parts."""


class Unreadable(Exception):
    """A sequence whose effect on the screen is not known here."""


class Style(NamedTuple):
    """Colors and attributes, each as the parameters that set it; an empty color is the terminal's own."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[str] = frozenset()


PLAIN: Final = Style()


@lru_cache(maxsize=4_096)
def after(style: Style, parameters: str) -> Style:
    """The style after an SGR sequence. Raises Unreadable."""
    foreground, background, attributes = style
    codes = iter(parameters.split(";"))
    for code in codes:
        if code in ("", "0"):
            foreground, background, attributes = PLAIN
        elif code in _OFF:
            attributes |= {code}
        elif code in _ENDS:
            attributes = frozenset(one for one in attributes if _OFF[one] != code)
        elif code == "38":
            foreground = _color(code, codes)
        elif code == "48":
            background = _color(code, codes)
        elif code == "39":
            foreground = ""
        elif code == "49":
            background = ""
        elif len(code) == 2 and code[0] in "39" and code[1] in "01234567":
            foreground = code
        elif (len(code) == 2 and code[0] == "4" and code[1] in "01234567") or (code[:2] == "10" and len(code) == 3):
            background = code
        else:
            raise Unreadable(parameters)
    return Style(foreground, background, attributes)


@lru_cache(maxsize=4_096)
def change(before: Style, wanted: Style) -> str:
    """The shortest SGR sequence that makes the one of the other; empty where they are the same."""
    if before == wanted:
        return ""
    anew = [*sorted(wanted.attributes, key=int), wanted.foreground, wanted.background]
    whole = ";".join(["", *(code for code in anew if code)])
    return f"\x1b[{min(_step(before, wanted), whole, key=len)}m"


def _step(before: Style, wanted: Style) -> str:
    ended = {_OFF[one] for one in before.attributes - wanted.attributes}
    kept = {one for one in before.attributes & wanted.attributes if _OFF[one] not in ended}
    codes = [*sorted(ended), *sorted(wanted.attributes - kept, key=int)]
    if before.foreground != wanted.foreground:
        codes.append(wanted.foreground or "39")
    if before.background != wanted.background:
        codes.append(wanted.background or "49")
    return ";".join(codes)


def _color(code: str, codes: Iterator[str]) -> str:
    kind = next(codes, "")
    if kind not in _EXTENDED:
        raise Unreadable(code)
    numbers = [next(codes, "") for _ in range(_EXTENDED[kind])]
    if not all(number.isdecimal() for number in numbers):
        raise Unreadable(code)
    return ";".join([code, kind, *numbers])
