"""The wrapped lines of one stream, grown by what is new in it: a frame costs its delta, not the text. No Textual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.dashboard.cells import wrap

SHOWN_CHARACTERS: Final = 65_536
"""Characters that a pane begins with; the store holds more of each stream (core.text.BODY_LIMIT)."""
SHOWN_LINES: Final = 5_000
_AFTER_IT: Final = 4_096
"""Characters that may stand after a result in the output, such as a last status line."""


class StreamText:
    """The newest lines of a progress text, at one width, at most `SHOWN_LINES` of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._progress = EMPTY_PROGRESS
        self._width = 0

    def show(self, progress: ProgressText, width: int) -> int | None:
        """Become the lines of `progress`; how many were dropped from the head, or None when the lines are all new."""
        before = self._progress
        if progress is before and width == self._width:
            return 0
        grown = width == self._width and before.length and common_end(before, progress) == before.end
        self._progress, self._width = progress, width
        if not grown:
            self.lines = list(wrap(progress.tail(SHOWN_CHARACTERS).text, width)) if progress.length else []
            self._bound()
            return None
        delta = text_after(progress, before.end)[-SHOWN_CHARACTERS:]
        self.lines += wrap(self.lines.pop() + delta, width)
        return self._bound()

    def _bound(self) -> int:
        excess = max(0, len(self.lines) - SHOWN_LINES)
        del self.lines[:excess]
        return excess


def stands_in(progress: ProgressText, said: str) -> bool:
    """Whether what an agent said at the end is what it has put out last: then it need not be shown twice."""
    said = said.strip()
    return bool(said) and said in progress.tail(len(said) + _AFTER_IT).text


def text_after(progress: ProgressText, offset: int) -> str:
    """What stands after `offset`, without joining what stands before it."""
    pieces: list[str] = []
    end = progress.end
    for chunk in reversed(progress.chunks):
        start = end - len(chunk)
        pieces.append(chunk[max(0, offset - start) :])
        if start <= offset:
            break
        end = start
    return "".join(reversed(pieces))


def common_end(before: ProgressText, after: ProgressText) -> int:
    """The offset up to which both hold the same characters, of those that both hold; chunks they share cost nothing."""
    agreed = start = max(before.start, after.start)
    if start > min(before.end, after.end):
        return min(before.start, after.start)
    olds, news = _from(before, start), _from(after, start)
    old = next(olds, "")
    new = next(news, "")
    while old and new:
        size = min(len(old), len(new))
        if old is not new and old[:size] != new[:size]:
            return agreed + next(i for i in range(size) if old[i] != new[i])
        agreed += size
        old = old[size:] or next(olds, "")
        new = new[size:] or next(news, "")
    return agreed


def _from(progress: ProgressText, offset: int) -> Iterator[str]:
    start = progress.start
    for chunk in progress.chunks:
        end = start + len(chunk)
        if end > offset:
            yield chunk if start >= offset else chunk[offset - start :]
        start = end
