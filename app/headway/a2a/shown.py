"""The text that a person sees of a task while it runs: status lines and artifact chunks, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from headway.core.progress import Splice
from headway.core.text import BODY_LIMIT

LINE: Final = ""
"""The owner of a segment that is a status line; artifacts own theirs by their id."""
MERGE_BELOW: Final = 4_096
"""Characters up to which a segment takes in the next one, so that tokens do not become objects."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of shown text, the artifact it belongs to, and the line break that sets it off from what is before."""

    owner: str
    text: str
    glue: str = ""


class ShownText:
    """Segments of text that grow at the end, bounded: past `limit` characters the older half is dropped, and marked."""

    def __init__(self, text: str = "", *, limit: int = BODY_LIMIT) -> None:
        """`text` is what is shown already; it stays until it is cleared."""
        self._limit = limit
        self._before = text
        self._segments: list[Segment] = []
        self._length = len(text)
        self._dropped = 0
        self._last_char = text[-1:]

    @property
    def text(self) -> str:
        """All that is shown."""
        return self._before + "".join(segment.glue + segment.text for segment in self._segments)

    def add_line(self, line: str) -> Splice | None:
        """Show a status message on a line of its own."""
        return self._append(LINE, line + "\n", self._fresh_line()) if line else None

    def add_chunk(self, artifact_id: str, text: str) -> Splice | None:
        """Append a piece of an artifact; one of another artifact than the last starts on a fresh line."""
        last = next((segment.owner for segment in reversed(self._segments) if segment.owner != LINE), artifact_id)
        return self._append(artifact_id, text, "" if last == artifact_id else self._fresh_line()) if text else None

    def rewrite(self, change: Callable[[Iterable[Segment]], Iterable[Segment]]) -> None:
        """Pass the segments through `change`, setting them off from each other anew."""
        self._rebuild(change(tuple(self._segments)))

    def clear(self) -> None:
        """Show nothing."""
        self._before, self._dropped = "", 0
        self._rebuild(())

    def since(self, old: str) -> Splice | None:
        """The splice that makes what is shown now out of `old`; None when it is the same."""
        new = self.text
        if new == old:
            return None
        same = common_prefix(old, new)
        return Splice(same, new[same:])

    def _rebuild(self, segments: Iterable[Segment]) -> None:
        self._segments, self._length, self._last_char = [], len(self._before), self._before[-1:]
        for segment in segments:
            if segment.owner == LINE:
                self._append(LINE, segment.text, self._fresh_line())
            else:
                self.add_chunk(segment.owner, segment.text)

    def _fresh_line(self) -> str:
        return "" if self._last_char in ("", "\n") else "\n"

    def _append(self, owner: str, text: str, glue: str) -> Splice:
        splice = Splice(self._length, glue + text)
        last = self._segments[-1] if self._segments else None
        if last is not None and not glue and last.owner == owner and len(last.text) < MERGE_BELOW:
            self._segments[-1] = Segment(owner, last.text + text, last.glue)
        else:
            self._segments.append(Segment(owner, text, glue))
        self._length += len(splice.text)
        self._last_char = text[-1:]
        if self._length <= self._limit:
            return splice
        self._drop_head()
        return Splice(0, self.text)

    def _drop_head(self) -> None:
        """Half is dropped at once, so that a long stream does not pay for it with every chunk."""
        kept: list[Segment] = []
        room = self._limit // 2
        for segment in reversed(self._segments):
            if room <= 0:
                break
            kept.append(Segment(segment.owner, segment.text[-room:], segment.glue if len(segment.text) < room else ""))
            room -= len(kept[-1].text) + len(kept[-1].glue)
        size = sum(len(segment.glue) + len(segment.text) for segment in kept)
        marker = len(self._before) if self._dropped else 0
        self._dropped += self._length - size - marker
        self._before = f"… [{self._dropped:,} earlier characters dropped]\n"
        self._segments = kept[::-1]
        self._length = len(self._before) + size


def common_prefix(one: str, other: str) -> int:
    """How many characters two texts share at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
