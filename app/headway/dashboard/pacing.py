"""How much a board may write to its terminal, and when: what a link cannot take is left out, not queued. No Textual."""

from __future__ import annotations

import math
from typing import IO, Final

BURST: Final = 0.25
"""Seconds of a link's bytes that may be written at once after quiet."""
FRAME: Final = 1 / 30
"""Seconds between two frames, at the least: whatever changes meanwhile is painted together."""
QUIET: Final = 4 * FRAME
"""Seconds without a frame after which two may follow each other at once."""


class Frames:
    """When the next frame may be. The first after quiet is often only the answer to a key, and what it led to is next.

    Moments are seconds of the injected clock's monotonic time.
    """

    def __init__(self) -> None:
        self._last = -math.inf
        self._another = False

    def wait(self, now: float) -> float:
        """Seconds until the next frame may be; 0 is now."""
        return 0.0 if self._another else max(0.0, self._last + FRAME - now)

    def begin(self, now: float) -> None:
        """A frame begins."""
        self._another = now - self._last >= QUIET
        self._last = now


class Pace:
    """At most `rate` bytes a second in the mean, with bursts of `BURST`; 0 is as much as there is.

    Moments are seconds of the injected clock's monotonic time.
    """

    def __init__(self, rate: int = 0) -> None:
        self._rate = rate
        self._room = rate * BURST
        self._at = -math.inf

    def spend(self, size: int, now: float) -> None:
        """So many bytes were written. What is over is paid for by waiting."""
        if self._rate:
            self._room = min(self._rate * BURST, self._room + self._rate * (now - self._at)) - size
            self._at = now

    def wait(self, now: float) -> float:
        """Seconds until more may be written; 0 is now."""
        if not self._rate or self._at == -math.inf:
            return 0.0
        return max(0.0, -self._room / self._rate - (now - self._at))


class Outlet:
    """A terminal's file that knows how far its writer is: handed over by one thread, written and flushed by another."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._given = self._taken = self._unflushed = 0
        self.bytes_given = 0

    @property
    def is_behind(self) -> bool:
        """Whether something that was handed over is not taken yet."""
        return self._given > self._taken

    def hand_over(self, text: str) -> None:
        """Say that this will be written."""
        self._given += len(text)
        self.bytes_given += len(text.encode("utf-8", "replace"))

    def write(self, text: str) -> int:
        self._unflushed += len(text)
        return self._file.write(text)

    def flush(self) -> None:
        self._file.flush()
        self._taken, self._unflushed = self._taken + self._unflushed, 0

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
