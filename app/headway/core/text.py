"""`clean()`: the one gate for text that came from outside (spec: safety, "Text" 1).

Every agent output, task text, name, error, card field and HTTP error body passes here once, where it enters.
What comes out can be drawn on a terminal: it cannot move a cursor, set a title, write a clipboard, reverse the reading
direction or hide characters. It may still look like markup, so widgets take it only as `Content` or `Text`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

REPLACEMENT: Final = "\ufffd"
MAX_MARKS: Final = 4
"""Combining marks kept on one base character."""
LINE_LIMIT: Final = 256
"""Characters kept of a single-line field."""
BODY_LIMIT: Final = 1_048_576
"""Characters kept of a body: a task, a result, the progress text of one delegation."""
ERROR_LIMIT: Final = 1_000
"""Characters kept of an error or a status message."""

_DROPPED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_DROPPED}]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SUSPECT = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_DROPPED}]")
_SPLIT_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# Marks are neither word characters nor below U+0300, so a run they could overfill looks like this.
_MARK_RUN = re.compile("[^\\w\\s\x00-\u02ff]+")


def clean(text: str, *, limit: int = BODY_LIMIT) -> str:
    """Make a body from outside safe to store and draw; newlines and tabs stay.

    C0, C1 and DEL become U+FFFD (a CRLF becomes a newline), as do lone surrogates; bidi controls, zero-width and tag
    characters are dropped; marks are capped at `MAX_MARKS` a base; U+2028 and U+2029 become newlines. A text of more
    than `limit` characters is cut and ends in a marker, `limit` characters in all.
    """
    return _bounded(_cap_marks(_replace(text), 0)[0], limit)


def clean_line(text: str, *, limit: int = LINE_LIMIT) -> str:
    """Make a single-line field safe: as `clean`, white space folded to one blank, at most `limit` characters."""
    return ellipsis(" ".join(clean(text).split()), limit)


def ellipsis(text: str, limit: int) -> str:
    """Cut to `limit` characters, the last of them `…` where anything was cut."""
    return text if len(text) <= limit else preview(text, limit - 1) + "…"


def preview(text: str, limit: int) -> str:
    """The first `limit` characters, never cut between a base character and its marks (spec: lifecycle, "Previews")."""
    if len(text) <= limit:
        return text
    end = limit
    while end > 0 and _is_mark(text[end]):
        end -= 1
    return text[:end]


def clean_json(value: Any) -> Any:
    """Parsed JSON with every text in it cleaned, keys too."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean_line(key): clean_json(item) for key, item in value.items()}
    return value


class StreamCleaner:
    """`clean()` for text that comes in pieces.

    The pieces returned, joined, equal `clean()` of the pieces given, joined, wherever the text was split. Bounding a
    stream is its reader's business: nothing is cut here.
    """

    def __init__(self) -> None:
        self._held = ""
        self._marks = 0

    def feed(self, piece: str) -> str:
        """Clean one piece; a trailing CR or high surrogate is held back until the next one shows what it was."""
        text = self._held + piece
        self._held = ""
        if text and (text[-1] == "\r" or "\ud800" <= text[-1] <= "\udbff"):
            text, self._held = text[:-1], text[-1]
        cleaned, self._marks = _cap_marks(_replace(text), self._marks)
        return cleaned

    def flush(self) -> str:
        """Clean what was held back; to be called once, when the stream has ended."""
        held, self._held = self._held, ""
        cleaned, self._marks = _cap_marks(_replace(held), self._marks)
        return cleaned


def _replace(text: str) -> str:
    if not _SUSPECT.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _SPLIT_PAIR.sub(_join_pair, text)
    text = _CONTROL.sub(REPLACEMENT, text)
    return _INVISIBLE.sub("", text)


def _join_pair(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _is_mark(char: str) -> bool:
    return char >= "\u0300" and unicodedata.category(char) in ("Mn", "Me")


def _cap_marks(text: str, marks_before: int) -> tuple[str, int]:
    """Cap the marks of each base; `marks_before` of them stood on the last base already. Returns what stands now."""
    if not text:
        return text, marks_before
    if text.isascii():
        return text, 0
    capped = _MARK_RUN.sub(lambda run: _cap_run(run[0], marks_before if run.start() == 0 else 0), text)
    return capped, _trailing_marks(text, marks_before)


def _cap_run(run: str, marks: int) -> str:
    if marks + len(run) <= MAX_MARKS:
        return run
    kept: list[str] = []
    for char in run:
        marks = marks + 1 if _is_mark(char) else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def _trailing_marks(text: str, marks_before: int) -> int:
    count = 0
    for char in reversed(text):
        if not _is_mark(char):
            return min(count, MAX_MARKS)
        count += 1
    return min(marks_before + count, MAX_MARKS)


def _bounded(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    marker = f"… [cut: {len(text):,} characters]"
    return preview(text, max(0, limit - len(marker))) + marker
