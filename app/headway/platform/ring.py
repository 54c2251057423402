"""The ring: encoded events held in memory once, read by any number of streams (spec: platform-api, performance).

A reader is a cursor into the ring, not a queue of copies. Publishing costs the same for one reader and for a thousand;
readers are woken together, in pulses, and those that stand at one place share the bytes that they write.
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

PULSE: Final = 0.006
"""Seconds between two pulses at least; what is published between them goes out in one write. The first goes at once."""
_WRITE_BYTES: Final = 65_536
_SHARED: Final = 64
"""Batches that are remembered until the next publication."""
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


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reader writes next, and the seq up to which it has everything then."""

    data: bytes
    upto: int


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
        self._batches: dict[tuple[int, str | None], Batch] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}
        self._pulse: asyncio.TimerHandle | None = None
        self._pulsed_at = -PULSE
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
        """Append frames, drop the oldest beyond the limit, wake every reader with the next pulse."""
        for frame in frames:
            self._frames.append(frame)
            self._seqs.append(frame.seq)
            self._size += len(frame.data)
        self._drop_oldest()
        self._batches.clear()
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
        self._wake_now()

    def holds(self, seq: int) -> bool:
        """Whether all frames after `seq` are here."""
        return seq >= self._floor

    def batch(self, seq: int, workspace_id: str | None) -> Batch:
        """What comes after `seq`, of one workspace or of all, one write of it at most.

        Raises FellBehind when some of it was dropped already.
        """
        if not self.holds(seq):
            raise FellBehind
        key = (seq, workspace_id)
        found = self._batches.get(key)
        if found is None:
            if len(self._batches) >= _SHARED:
                self._batches.clear()
            found = self._batches[key] = self._join(seq, workspace_id)
        return found

    def waiter(self) -> asyncio.Future[None]:
        """What is done at the next pulse, or by `wake`; who waits no longer says so by `wake` too."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        return waiter

    def wake(self, waiter: asyncio.Future[None]) -> None:
        """Do not let this one wait for the next pulse."""
        self._waiting.pop(waiter, None)
        if not waiter.done():
            waiter.set_result(None)

    def _join(self, seq: int, workspace_id: str | None) -> Batch:
        parts: list[bytes] = []
        size, upto = 0, seq
        for at in range(bisect_right(self._seqs, seq, lo=self._first), len(self._frames)):
            frame = self._frames[at]
            upto = frame.seq
            if workspace_id is None or frame.concerns(workspace_id):
                parts.append(frame.data)
                size += len(frame.data)
                if size >= _WRITE_BYTES:
                    break
        return Batch(b"".join(parts), upto)

    def _wake(self) -> None:
        if not self._waiting or self._pulse is not None:
            return
        loop = asyncio.get_running_loop()
        early = self._pulsed_at + PULSE - loop.time()
        if early > 0:
            self._pulse = loop.call_later(early, self._wake_now)
        else:
            self._wake_now()

    def _wake_now(self) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        if waiting:
            self._pulsed_at = asyncio.get_running_loop().time()

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
