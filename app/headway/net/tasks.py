"""Tasks that run beside a loop, kept so that none is lost and all end with their owner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """A set of running tasks. A fault in one is logged and leaves the others alone."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._named: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work`; its name is for the log."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something under a name; the same thing is not run twice at once."""
        if name in self._named:
            return
        self._named[name] = self.begin(name, work())
        self._named[name].add_done_callback(lambda _: self._named.pop(name))

    def stop(self, name: str) -> None:
        """Cancel what runs under a name, if anything does."""
        if task := self._named.get(name):
            task.cancel()

    async def end(self) -> None:
        """Cancel all of them and wait until they have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s: ended by a fault of our own", task.get_name(), exc_info=error)
