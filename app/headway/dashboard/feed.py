"""The feed: a connector's snapshot and events into the store, forever, through every failure.

It never gives up and never raises for what a platform does: old data stays, and `link` says in words how things are
(spec: dashboard, "Truthful under failure").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from headway.connectors.connector import Batch, Closed, Connector, Opened, Opening, Playing, Reset
from headway.connectors.errors import ConnectorError, CursorGone, NotAllowed
from headway.core.api import SNAPSHOT_FINISHED
from headway.dashboard.link import (
    CatchingUp,
    Connecting,
    LinkState,
    Live,
    NeedsToken,
    Reconnecting,
    Replaying,
    Resynced,
)
from headway.net.backoff import Backoff

if TYPE_CHECKING:
    import random

    from headway.core.clock import Clock
    from headway.core.events import Event
    from headway.dashboard.store import Store

RESYNCED_SHOWN: Final = 10.0
"""Seconds for which a link that was resynced says so."""


class Feed:
    """Keeps a store like its platform. `run` it as a task; cancel the task to end it."""

    def __init__(
        self,
        connector: Connector,
        store: Store,
        *,
        clock: Clock,
        rng: random.Random,
        on_change: Callable[[], None] = lambda: None,
        on_events: Callable[[Sequence[Event]], None] = lambda events: None,
        finished: int = SNAPSHOT_FINISHED,
        backoff: Backoff | None = None,
    ) -> None:
        """`on_change` is called when store or link may have changed, once a batch at most.

        `on_events` is given the events of each batch, in the order of the stream.
        """
        self._connector = connector
        self._store = store
        self._clock = clock
        self._rng = rng
        self._on_change = on_change
        self._on_events = on_events
        self._finished = finished
        self._backoff = backoff or Backoff()
        self._link: LinkState = Connecting()
        self._resynced: tuple[Resynced, float] | None = None
        self._heard_at: float | None = None
        self._head: int | None = None
        self._latency: float | None = None
        self._failures = 0
        self._needs_snapshot = True
        self._token_given = asyncio.Event()
        self._begun: asyncio.Task[None] | None = None

    @property
    def link(self) -> LinkState:
        """How the link is now. A resync is told for a while in place of `Live`."""
        if isinstance(self._link, Live) and self._resynced is not None:
            resynced, until = self._resynced
            if self._clock.monotonic() < until:
                return resynced
        return self._link

    @property
    def data_age(self) -> float | None:
        """Seconds since the platform was last heard of, and so the age of what is shown; None before the first."""
        return None if self._heard_at is None else self._clock.monotonic() - self._heard_at

    def use_token(self, token: str) -> None:
        """Go on with another token. Raises `NotAllowed` for what cannot be one."""
        self._connector.use_token(token)
        self._token_given.set()

    async def begin(self, seconds: float) -> None:
        """Ask for the first snapshot, and wait for it for so long; `run` goes on from there, however that ends."""
        self._begun = asyncio.create_task(self._load(), name="first snapshot")
        await asyncio.wait({self._begun}, timeout=seconds)

    async def run(self) -> None:
        """Follow the platform until canceled."""
        while True:
            self._token_given.clear()
            try:
                begun, self._begun = self._begun, None
                if begun is not None:
                    await begun
                if self._needs_snapshot:
                    await self._load()
                await self._follow()
            except CursorGone as error:
                self._needs_snapshot = True
                # One is answered at once; a platform that keeps saying so is not asked in a tight loop.
                self._failures += 1
                if self._failures > 1:
                    await self._wait(error.reason)
            except NotAllowed as error:
                self._show(NeedsToken(error.reason))
                await self._token_given.wait()
            except ConnectorError as error:
                self._failures += 1
                await self._wait(error.reason)

    async def _load(self) -> None:
        heard_before = self._heard_at
        self._store.load(await self._connector.snapshot(finished=self._finished))
        self._needs_snapshot = False
        now = self._heard_at = self._clock.monotonic()
        if heard_before is not None:
            self._resynced = (Resynced(now - heard_before), now + RESYNCED_SHOWN)
        self._on_change()

    async def _follow(self) -> None:
        probe: asyncio.Task[None] | None = None
        try:
            async with aclosing(self._connector.events(self._store.cursor)) as messages:
                async for message in messages:
                    match message:
                        case Opening():
                            pass
                        case Opened():
                            self._head = None
                            self._show(CatchingUp())
                            probe = asyncio.create_task(self._probe(), name="feed probe")
                        case Closed(reason=reason, retry_in=retry_in):
                            await _end(probe)
                            self._show(Reconnecting(self._clock.monotonic() + retry_in, reason))
                        case Batch():
                            self._take(message)
                        case Reset(snapshot=snapshot):
                            self._store.load(snapshot)
                            self._on_change()
                        case Playing(words=words):
                            self._show(Replaying(words))
        finally:
            await _end(probe)

    def _take(self, batch: Batch) -> None:
        self._store.apply(batch.events)
        self._on_events(batch.events)
        self._failures = 0
        self._heard_at = self._clock.monotonic()
        if isinstance(self._link, CatchingUp) and self._head is not None:
            self._link = self._standing()
        self._on_change()

    async def _probe(self) -> None:
        """Ask how far the platform is, to know how far behind this is and how long an answer takes."""
        asked = self._clock.monotonic()
        cursor = self._store.cursor
        try:
            health = await self._connector.health()
        except ConnectorError:
            # The stream is what counts, and it is open; without an answer there is no distance and no latency to tell.
            self._head, self._latency = 0, None
        else:
            self._heard_at = self._clock.monotonic()
            self._head = health.seq if cursor is not None and health.epoch == cursor.epoch else 0
            self._latency = self._heard_at - asked
        self._show(self._standing())

    def _standing(self) -> LinkState:
        behind = (self._head or 0) - (self._store.cursor.seq if self._store.cursor else 0)
        return CatchingUp(behind) if behind > 0 else Live(self._latency)

    async def _wait(self, reason: str) -> None:
        pause = self._backoff.pause(self._failures, self._rng)
        self._show(Reconnecting(self._clock.monotonic() + pause, reason))
        await self._clock.sleep(pause)

    def _show(self, link: LinkState) -> None:
        self._link = link
        self._on_change()


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
