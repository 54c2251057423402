"""The bounded progress text of one delegation: what its agent has said so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from headway.core.text import BODY_LIMIT

_CHUNK: Final = 4_096


@dataclass(frozen=True, slots=True)
class Splice:
    """A change of a text: it becomes what it was up to `offset`, followed by `text`. Offsets count characters."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class ProgressText:
    """Text that grows by splices, immutable, its head dropped past a bound.

    Offsets count characters from the beginning of all that was ever said. `splice` costs the size of its delta, not of
    the text: chunks are shared between versions.
    """

    start: int = 0
    """Characters dropped from the head."""
    length: int = 0
    chunks: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, text: str, *, start: int = 0) -> ProgressText:
        return cls(start, len(text), (text,)) if text or start else EMPTY_PROGRESS

    @property
    def end(self) -> int:
        """The offset at which the next delta goes on."""
        return self.start + self.length

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProgressText):
            return NotImplemented
        return self.start == other.start and self.length == other.length and self.text == other.text

    def __hash__(self) -> int:
        return hash((self.start, self.text))

    def splice(self, offset: int, delta: str, *, limit: int = BODY_LIMIT) -> ProgressText:
        """What is held up to `offset`, then `delta`; at most `limit` characters, the head dropped.

        A delta that was applied before changes nothing when applied again; one from beyond the end (what lies between
        was missed) or from before the start begins the text anew there.
        """
        if offset == self.end and self.length + len(delta) <= limit:
            return self._append(delta)
        if offset < self.start or offset > self.end:
            grown = ProgressText.of(delta, start=offset)
        else:
            grown = self._cut(offset)._append(delta)
        return grown.tail(limit)

    def tail(self, limit: int) -> ProgressText:
        """The last `limit` characters."""
        excess = self.length - limit
        if excess <= 0:
            return self
        chunks = list(self.chunks)
        dropped = 0
        first = 0
        while dropped + len(chunks[first]) <= excess:
            dropped += len(chunks[first])
            first += 1
            if first == len(chunks):
                return ProgressText(self.end, 0, ())
        chunks[first] = chunks[first][excess - dropped :]
        return ProgressText(self.start + excess, limit, tuple(chunks[first:]))

    def _cut(self, offset: int) -> ProgressText:
        if offset == self.end:
            return self
        return ProgressText.of(self.text[: offset - self.start], start=self.start)

    def _append(self, delta: str) -> ProgressText:
        if not delta:
            return self
        chunks = self.chunks
        grown: Any = _Draft()
        grown.start = self.start
        grown.length = self.length + len(delta)
        if chunks and len(chunks[-1]) + len(delta) <= _CHUNK:
            grown.chunks = (*chunks[:-1], chunks[-1] + delta)
        else:
            grown.chunks = (*chunks, delta)
        grown.__class__ = ProgressText
        made: ProgressText = grown
        return made


class _Draft:
    """A text that is being made: laid out as one, and not frozen before it is one; one is made for every event."""

    __slots__ = ProgressText.__slots__


EMPTY_PROGRESS: Final = ProgressText()


def _read(value: Any) -> Any:
    return ProgressText.of(value["text"], start=value["offset"]) if isinstance(value, dict) else value


def _write(progress: ProgressText) -> dict[str, Any]:
    return {"offset": progress.start, "text": progress.text}


_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"offset": {"type": "integer"}, "text": {"type": "string"}},
    "required": ["offset", "text"],
}

ProgressOnWire = Annotated[
    ProgressText,
    BeforeValidator(_read),
    PlainSerializer(_write, return_type=dict[str, Any], when_used="json"),
    WithJsonSchema(_SCHEMA),
]
"""A pydantic field that is `{"offset": …, "text": …}` in JSON."""
