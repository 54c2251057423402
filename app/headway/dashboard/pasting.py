"""What a paste may bring: bounded, and with nothing in it that reads as a key. Pure: text in, text out.

Textual 8.2 looks for escape sequences inside a paste too, and what it does not know it hands on as key presses: a
pasted text with an ESC and a `q` in the right place would leave the board, and one with an `x` and a `y` cancel.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final

from headway.core.text import clean_line

PASTE_LIMIT: Final = 262_144
"""Characters taken of one paste; Textual reads them one by one."""
FIELD_LIMIT: Final = 4_096
"""Characters taken of a paste into a field of one line."""
CUT: Final = f" … [cut: a paste may have {PASTE_LIMIT:,} characters]"
"""What stands at the end of a paste that was longer."""
FLOOD_ROOM: Final = 4_096
"""Bytes that may come at once outside of a paste; more come from no hand, and not from a mouse."""
FLOOD_RATE: Final = 4_096
"""Bytes a second that may come for long."""
FLOOD_PAUSE: Final = 0.3
"""Seconds without a byte after which a flood has ended."""
START: Final = "\x1b[200~"
END: Final = "\x1b[201~"
_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_LONGEST: Final = 64
"""Characters within which a sequence that came in two pieces is put together."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class PasteGate:
    """Passes what a terminal sends, piece by piece; between the marks of a bracketed paste, plain text only.

    Escape sequences and controls of a paste are left out, and what is over `limit` characters of it.
    """

    def __init__(self, *, limit: int = PASTE_LIMIT) -> None:
        self._limit = limit
        self._room: int | None = None
        """Characters that the paste may still bring, -1 once it was cut; None outside of one."""
        self._recent = ""
        """The last that passed outside of a paste, where its mark may have begun."""
        self._held = ""
        """The last of a piece of a paste, where a sequence may have begun."""

    @property
    def is_open(self) -> bool:
        """Whether a paste has begun and not ended."""
        return self._room is not None

    def feed(self, text: str) -> str:
        """What goes on of `text`, and of what was held back before."""
        text, self._held = self._held + text, ""
        passed: list[str] = []
        while text:
            text = self._outside(text, passed) if self._room is None else self._inside(text, passed)
        return "".join(passed)

    def _outside(self, text: str, passed: list[str]) -> str:
        # Nothing is held back: a key must go on at once, so a mark in two pieces is known by its end.
        both = self._recent + text
        at = both.find(START)
        if at < 0:
            self._recent = both[1 - len(START) :]
            passed.append(text)
            return ""
        end = at + len(START) - len(self._recent)
        self._recent, self._room = "", self._limit
        passed.append(text[:end])
        return text[end:]

    def _inside(self, text: str, passed: list[str]) -> str:
        before, mark, rest = text.partition(END)
        if not mark:
            before, self._held = _split_open_sequence(before)
        passed.append(self._bounded(_CONTROLS.sub("", _SEQUENCE.sub("", before))))
        if mark:
            passed.append(mark)
            self._room = None
        return rest

    def _bounded(self, text: str) -> str:
        room = self._room or 0
        if len(text) <= room:
            self._room = room - len(text)
            return text
        self._room = -1
        return text[:room] + CUT if room >= 0 else ""


def _split_open_sequence(text: str) -> tuple[str, str]:
    """Text before an escape sequence that its end may have cut, and that sequence as far as it goes."""
    at = text.rfind("\x1b", -_LONGEST)
    return (text[:at], text[at:]) if at >= 0 and not _SEQUENCE.match(text, at) else (text, "")


def pasted_line(text: str) -> str:
    """A paste as a field of one line takes it: its first line with anything on it."""
    first = next((line for line in text[: 2 * FIELD_LIMIT].splitlines() if line.strip()), "")
    return clean_line(first, limit=FIELD_LIMIT)


class TerminalGone(Exception):
    """Nothing will be typed any more: the window was closed, or the line to it is cut."""


class Flood:
    """Whether what comes is typed, or comes faster than that; of a flood only the beginning is typed.

    `monotonic` is the time in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._room = float(FLOOD_ROOM)
        self._at = monotonic()
        self._is_on = False

    def has(self, size: int) -> bool:
        """Whether this read of so many bytes is of a flood. One goes on until nothing has come for a while."""
        now = self._monotonic()
        since, self._at = now - self._at, now
        if self._is_on and since < FLOOD_PAUSE:
            return True
        self._room = min(FLOOD_ROOM, self._room + FLOOD_RATE * since) - size
        self._is_on = self._room < 0
        self._room = max(0.0, self._room)
        return self._is_on


class GatedDecoder:
    """Bytes from a terminal to text: what is no UTF-8 becomes U+FFFD, and pastes pass the gate.

    A terminal that knows no bracketed paste sends one as keys; of such a flood only the beginning passes.
    """

    def __init__(self, encoding: str, monotonic: Callable[[], float]) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._gate = PasteGate()
        self._flood = Flood(monotonic)

    def decode(self, data: bytes, final: bool = False) -> str:
        """The text of one read. Raises TerminalGone at the end of input, which `final` alone makes an ordinary one."""
        if not data and not final:
            raise TerminalGone
        text = self._decoder.decode(data, final)
        if not self._gate.is_open and START not in text and self._flood.has(len(data)):
            return ""
        return self._gate.feed(text)
