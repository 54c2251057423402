"""Ending a wait that has been silent for too long, on a clock that tests can move."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar

from headway.net.errors import Silent

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from types import TracebackType

    from headway.core.clock import Clock

T = TypeVar("T")


class IdleWatchdog:
    """Limits how long a single wait may take, without costing anything per wait.

    One task watches all the waits of an `async with` block. As with `asyncio.timeout`, an overdue wait is ended by
    canceling it, and only there: never in the code between two waits, which may run in a generator's consumer.
    """

    def __init__(self, clock: Clock, limit: float) -> None:
        """`limit` is in seconds of `clock`."""
        self._clock = clock
        self._limit = limit
        self._waiter: asyncio.Task[object] | None = None
        self._since = 0.0
        self._fired = False
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watch = asyncio.create_task(self._run(), name="idle watchdog")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await one thing. Raises `Silent` when it takes longer than the limit."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("IdleWatchdog.wait() needs a running task")
        cancels = task.cancelling()
        self._since = self._clock.monotonic()
        self._waiter = task
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self._fired and task.uncancel() <= cancels:
                raise Silent(self._limit) from None
            raise
        finally:
            self._waiter = None
            self._fired = False

    async def _run(self) -> None:
        while True:
            left = self._limit
            if self._waiter is not None:
                left -= self._clock.monotonic() - self._since
            if left > 0:
                await self._clock.sleep(left)
            elif self._waiter is not None:
                self._fired = True
                self._waiter.cancel()
                self._waiter = None
