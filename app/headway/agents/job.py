"""A task being worked on: its plan, its worker and those who listen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from headway.agents.task import StatusUpdate, Task, Update

if TYPE_CHECKING:
    from headway.agents.behaviors import Behavior
    from headway.agents.plan import Plan

FEED_LIMIT: Final = 10_000
"""Updates a listener may be behind before it is cut off."""


class Feed:
    """The updates of one task, from the moment of subscribing. Ends after a status that ends a stream, when closed,
    and for a listener that is too far behind."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._queue: asyncio.Queue[Update | None] = asyncio.Queue()
        self._ended = False

    def put(self, update: Update) -> None:
        if self._ended:
            return
        self._queue.put_nowait(update)
        if self._queue.qsize() >= FEED_LIMIT or (isinstance(update, StatusUpdate) and update.status.state.ends_stream):
            self.end()

    def end(self) -> None:
        """Let the listener read what is there, and stop."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)

    def close(self) -> None:
        """Unsubscribe; to close twice does nothing."""
        self._job.feeds.discard(self)

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Update:
        update = await self._queue.get()
        if update is None:
            raise StopAsyncIteration
        return update


class Job:
    """One task with what is needed to work on it; `next_step` is where a reply resumes it."""

    def __init__(self, task: Task, plan: Plan, behavior: Behavior) -> None:
        self.task = task
        self.plan = plan
        self.behavior = behavior
        self.next_step = 0
        self.turned = False
        self.worker: asyncio.Task[None] | None = None
        self.feeds: set[Feed] = set()

    @property
    def task_id(self) -> str:
        return self.task.task_id

    @property
    def working(self) -> bool:
        return self.worker is not None and not self.worker.done()

    def subscribe(self) -> Feed:
        feed = Feed(self)
        self.feeds.add(feed)
        return feed

    def publish(self, update: Update) -> None:
        self.task.apply(update)
        for feed in self.feeds:
            feed.put(update)

    async def settled(self) -> None:
        """Return when the task waits for its caller: terminal, or with a question."""
        if self.task.state.ends_stream:
            return
        feed = self.subscribe()
        try:
            async for _ in feed:
                pass
        finally:
            feed.close()

    async def stop(self) -> None:
        """Cancel the worker and return when it has stopped."""
        if self.worker is not None and not self.worker.done():
            self.worker.cancel()
            await asyncio.wait({self.worker})
