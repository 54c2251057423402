"""How long commits take: a histogram that the writer's thread fills and others read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from headway.core.clock import Clock

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the buckets, in seconds."""


@dataclass(frozen=True, slots=True)
class CommitFigures:
    """`buckets` counts the commits up to each of `BOUNDS`, cumulative; `seconds` is their sum."""

    buckets: tuple[int, ...]
    count: int
    seconds: float
    failed: int
    operations: int


class Commits:
    """Counts since the ledger was opened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = [0] * len(BOUNDS)
        self._count = self._failed = self._operations = 0
        self._seconds = 0.0
        self.failing = False
        """Whether the last commit failed."""

    @contextmanager
    def measure(self, operations: int) -> Iterator[None]:
        """Count a commit of so many operations and its time; one that raises is counted as failed."""
        began = self._clock.monotonic()
        try:
            yield
        except BaseException:
            # One that is interrupted has not been committed either.
            with self._lock:
                self._failed += 1
                self.failing = True
            raise
        seconds = self._clock.monotonic() - began
        with self._lock:
            self.failing = False
            self._count += 1
            self._seconds += seconds
            self._operations += operations
            for at, bound in enumerate(BOUNDS):
                self._buckets[at] += seconds <= bound

    def read(self) -> CommitFigures:
        """The figures of one moment."""
        with self._lock:
            return CommitFigures(tuple(self._buckets), self._count, self._seconds, self._failed, self._operations)
