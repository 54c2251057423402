"""Progress of a call that waits for an agent: what is new, at most twice a second, and a word when nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from headway.core.clock import Clock
from headway.core.text import clean_line
from headway.net.timing import within
from headway.tools.outcome import Progress

EVERY: Final = 0.5
"""Seconds between two notifications, at least."""
SILENT: Final = 10.0
"""Seconds without news after which that is said: a client that waits for a sign of life gets one."""
LINE: Final = 200
"""Characters of a message."""
STEP: Final = 0.01
"""What progress rises by where no percentage says more: the protocol wants each to be higher than the last."""
WHOLE: Final = 100.0
_TAIL: Final = 1_000

Send = Callable[[float, float | None, str | None], Awaitable[None]]
"""Progress, the total where there is one, and a line."""


class Reporter:
    """The progress of one call. `heard` takes in what comes, `run` tells it."""

    def __init__(self, send: Send, clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._news = asyncio.Event()
        self._tail = ""
        self._line: str | None = None
        self._percent: float | None = None
        self._told = 0.0
        self._heard_at = clock.monotonic()

    def heard(self, progress: Progress) -> None:
        """Take in what an agent says while it works."""
        self._heard_at = self._clock.monotonic()
        self._percent = progress.percent if progress.percent is not None else self._percent
        self._tail = (self._tail + progress.text)[-_TAIL:]
        # What the agent said last; its status only where it said nothing new.
        lines = [line for line in self._tail.splitlines() if line.strip()] if progress.text.strip() else []
        self._line = (lines[-1] if lines else progress.status) or self._line
        self._news.set()

    async def run(self) -> None:
        """Tell it until canceled."""
        while True:
            try:
                await within(self._clock, SILENT, self._until_news())
                line = self._line
            except TimeoutError:
                line = f"nothing was heard of the agent for {self._clock.monotonic() - self._heard_at:.0f} s"
            self._news.clear()
            await self._tell(line)
            await self._clock.sleep(EVERY)

    async def _until_news(self) -> None:
        await self._news.wait()

    async def _tell(self, line: str | None) -> None:
        told = max(self._told + STEP, self._percent or 0.0)
        if told > WHOLE:
            return
        self._told = told
        await self._send(
            told, WHOLE if self._percent is not None else None, clean_line(line, limit=LINE) if line else None
        )
