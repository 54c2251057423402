"""The ring: encoded events held in memory once, read by any number of streams (spec: platform-api, performance).

A reader is a cursor into the ring, not a queue of copies; publishing costs the same for one reader and for a thousand.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

_COMPACT_AFTER: Final = 4_096
_PASSING: Final = 4_096
"""Frames without a place in the order that are held for readers; one that lags misses the oldest."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes out: its bytes, and the workspaces that may see it."""

    seq: int
    source_id: str | None
    target_id: str | None
    data: bytes

    def concerns(self, workspace_id: str) -> bool:
        return workspace_id in (self.source_id, self.target_id)


_GONE: Final = Frame(0, None, None, b"")
"""What stands where a dropped frame was until the lists are made shorter, so that its bytes are let go at once."""


class FellBehind(Exception):
    """The reader's cursor lies before what the ring still holds."""


class Ring:
    """The newest frames, up to `limit` bytes, in seq order."""

    def __init__(self, *, head: int, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._frames: list[Frame] = []
        self._seqs: list[int] = []
        self._first = 0
        self._floor = head
        self._passing: deque[Frame] = deque(maxlen=_PASSING)
        self.told = 0
        """How many frames were ever told of in passing."""
        self._published = asyncio.Event()
        self.readers = 0
        """Streams that read from here now."""
        self.closed = False
        """No frame will come any more; streams end when they have sent what is there."""

    @property
    def head(self) -> int:
        """The seq of the newest frame ever published."""
        return self._seqs[-1] if len(self._seqs) > self._first else self._floor

    @property
    def size(self) -> int:
        """Bytes of the frames that are held."""
        return self._size

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count a reader in `readers` until the block ends."""
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1

    def publish(self, frames: Iterable[Frame]) -> None:
        """Append frames, drop the oldest beyond the limit, wake every reader."""
        for frame in frames:
            self._frames.append(frame)
            self._seqs.append(frame.seq)
            self._size += len(frame.data)
        self._drop_oldest()
        self._wake()

    def tell(self, frame: Frame) -> None:
        """Hand a frame that is not stored, such as a heartbeat, to those who read now."""
        self._passing.append(frame)
        self.told += 1
        self._wake()

    def told_after(self, count: int) -> Sequence[Frame]:
        """What was told of in passing after the first `count` frames, as far as it is still held."""
        new = min(self.told - count, len(self._passing))
        return list(islice(self._passing, len(self._passing) - new, None)) if new else ()

    def close(self) -> None:
        """End every stream: the platform stops."""
        self.closed = True
        self._wake()

    def after(self, seq: int) -> Sequence[Frame]:
        """The frames after `seq`. Raises FellBehind when some of them were dropped already."""
        if seq < self._floor:
            raise FellBehind
        return self._frames[bisect_right(self._seqs, seq, lo=self._first) :]

    @property
    def published(self) -> asyncio.Event:
        """Set at the next publication after it was taken; to be taken before looking at what is there."""
        return self._published

    def _wake(self) -> None:
        published, self._published = self._published, asyncio.Event()
        published.set()

    def _drop_oldest(self) -> None:
        while self._size > self._limit and self._first < len(self._frames) - 1:
            dropped = self._frames[self._first]
            self._floor = dropped.seq
            self._size -= len(dropped.data)
            self._frames[self._first] = _GONE
            self._first += 1
        if self._first > _COMPACT_AFTER:
            del self._frames[: self._first], self._seqs[: self._first]
            self._first = 0
