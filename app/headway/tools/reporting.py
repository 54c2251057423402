"""Telling the platform what is seen of the work while it goes on, so that boards show it. Best effort, always."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.progress import EMPTY_PROGRESS
from headway.tools.platform_api import PlatformAnswered, PlatformApi, PlatformError, Progress

REPORT_EVERY: Final = 1.0
"""Seconds between two reports of one delegation: what comes meanwhile goes out together."""
_REFUSED: Final = range(400, 500)


class Reporter:
    """The progress of one delegation."""

    def __init__(self, platform: PlatformApi, task_id: str, clock: Clock) -> None:
        self._platform = platform
        self._task_id = task_id
        self._clock = clock
        self._text = EMPTY_PROGRESS
        self._changed_from: int | None = None
        self._message: str | None = None
        self._percent: float | None = None
        self._dirty = asyncio.Event()

    def saw(self, update: AgentUpdate) -> None:
        """Take in one update; it is told soon, with what comes until then."""
        if update.splice is not None:
            self._text = self._text.splice(update.splice.offset, update.splice.text)
            offset = update.splice.offset
            self._changed_from = offset if self._changed_from is None else min(self._changed_from, offset)
        self._message = update.message or self._message
        self._percent = update.percent if update.percent is not None else self._percent
        if not update.terminal:
            self._dirty.set()

    async def run(self, failed: Callable[[PlatformError], Awaitable[None]]) -> None:
        """Tell what comes until canceled; `failed` hears of what could not be told. Ends where nobody wants to know."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            seen, self._changed_from = self._seen(), None
            try:
                await self._platform.progress(self._task_id, seen)
            except PlatformError as error:
                await failed(error)
                if isinstance(error, PlatformAnswered) and error.status in _REFUSED:
                    return
                # What was not told goes with the next news.
                if seen.text is not None:
                    told = self._changed_from
                    self._changed_from = seen.offset if told is None else min(told, seen.offset)
            await self._clock.sleep(REPORT_EVERY)

    def _seen(self) -> Progress:
        if self._changed_from is None:
            return Progress(self._message, self._percent)
        offset = max(self._changed_from, self._text.start)
        return Progress(self._message, self._percent, offset, self._text.text[offset - self._text.start :])
