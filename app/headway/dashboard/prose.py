"""Markdown in a text that still grows: its marks stay where they are, and what they mean is shown. No Textual.

Nothing is laid out by it, so a half-said paragraph never moves when its end comes, and what is copied is what was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from headway.dashboard.columns import Span, Spans, Tone

_SIGNS: Final = (
    re.compile(r"#{1,6} \S"),
    re.compile(r" {0,3}(?:[-*+]|\d{1,3}[.)]) \S"),
    re.compile(r" {0,3}(?:```|~~~)"),
    re.compile(r".*?\*\*[^*\s][^*]*\*\*"),
    re.compile(r".*?`[^`]+`"),
)
_ENOUGH: Final = 2
"""Kinds of signs that make a text Markdown: a log may have one by chance."""
LOOKED_AT: Final = 256
"""Of the lines that come together, how many of the newest are looked at for signs: a firehose is no Markdown."""
_FENCE: Final = ("```", "~~~")
_HEADING: Final = re.compile(r"(#{1,6} )(\S.*)")
_ITEM: Final = re.compile(r"(\s*(?:[-*+]|\d{1,3}[.)]) )(.*)")
_INLINE: Final = re.compile(r"(\*\*)([^*\s][^*]*)(\*\*)|(`)([^`]+)(`)")


class Prose:
    """What the lines of one text are, as they come: in a block of code or not, and whether it is Markdown at all."""

    def __init__(self) -> None:
        self._open = [False]
        """Whether a block of code is open before each line, and behind the last."""
        self._signs = 0

    @property
    def is_markdown(self) -> bool:
        return self._signs.bit_count() >= _ENOUGH

    def follow(self, line_at: Callable[[int], str], count: int, dropped: int | None = 0) -> None:
        """Take in that there are `count` lines now, the last of those before perhaps longer.

        `dropped` says how many went from the head; None is another text.
        """
        if dropped is None:
            self._open, self._signs = [False], 0
        del self._open[: min(dropped or 0, len(self._open) - 1)]
        del self._open[max(1, min(len(self._open) - 1, count)) :]
        for index in range(len(self._open) - 1, count):
            line = line_at(index)
            if count - index <= LOOKED_AT and not self.is_markdown:
                self._signs |= sum(1 << kind for kind, sign in enumerate(_SIGNS) if sign.match(line))
            self._open.append(self._open[-1] ^ _is_fence(line))

    def spans(self, index: int, line: str) -> Spans:
        """A line in tones; its characters are those of `line`."""
        if not self.is_markdown or index >= len(self._open):
            return ((line, Tone.PLAIN),)
        if _is_fence(line):
            return ((line, Tone.FAINT),)
        if self._open[index]:
            return ((line, Tone.CODE),)
        if heading := _HEADING.match(line):
            return ((heading[1], Tone.FAINT), (heading[2], Tone.HEADING))
        if item := _ITEM.match(line):
            return ((item[1], Tone.ACCENT), *_inline(item[2]))
        return _inline(line)


def _is_fence(line: str) -> bool:
    return ("`" in line or "~" in line) and line.lstrip().startswith(_FENCE)


def _inline(line: str) -> Spans:
    spans: list[Span] = []
    at = 0
    for found in _INLINE.finditer(line):
        opening, said, closing = (part for part in found.groups() if part is not None)
        tone = Tone.STRONG if opening == "**" else Tone.CODE
        spans += [(line[at : found.start()], Tone.PLAIN), (opening, Tone.FAINT), (said, tone), (closing, Tone.FAINT)]
        at = found.end()
    spans.append((line[at:], Tone.PLAIN))
    return tuple(span for span in spans if span[0])
