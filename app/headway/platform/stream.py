"""The event stream: a plain ASGI response over the ring (spec: platform-api, "The event stream")."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Final, Protocol

from starlette.types import Receive, Scope, Send

from headway.core.clock import Clock
from headway.core.events import WorkspaceFact
from headway.ledger.errors import LedgerError
from headway.net.asgi import EVENT_STREAM_HEADERS, disconnected
from headway.platform.connection import abort
from headway.platform.ring import FellBehind, Frame, Ring

_REPLAY_PAGE: Final = 500


def encode_frame(epoch: str, seq: int, envelope: bytes) -> bytes:
    """One stored event as it goes out, its cursor in the id line."""
    return b"id: %s:%d\ndata: %s\n\n" % (epoch.encode(), seq, envelope)


def encode_passing(payload: WorkspaceFact, timestamp: int, workspace_id: str) -> Frame:
    """An event that is not stored and has no place in the order, so no id line."""
    data = payload.model_dump_json(exclude_none=True)
    envelope = b'{"type":"%s","timestamp":%d,"data":%s}' % (payload.TYPE.encode(), timestamp, data.encode())
    return Frame(0, workspace_id, None, b"data: %s\n\n" % envelope)


class Replay(Protocol):
    """Reads frames after a seq from the ledger, oldest first, at most `limit`; of one workspace or of all."""

    async def __call__(self, after: int, *, limit: int, workspace_id: str | None) -> tuple[Sequence[Frame], int]:
        """The frames, and the seq up to which there are no others."""
        ...


class EventStream:
    """One reader's stream, as an ASGI response.

    First a comment, then everything after `after` from the ledger, then live, each once and in order; what is told in
    passing comes among it, as far as the reader keeps up. The reader is disconnected, to resume by its cursor, when it
    falls out of the ring or takes no byte for `write_timeout` seconds.
    """

    def __init__(
        self,
        ring: Ring,
        replay: Replay,
        *,
        after: int,
        workspace_id: str | None,
        clock: Clock,
        keep_alive: float,
        write_timeout: float,
        reading: AbstractContextManager[asyncio.Event],
    ) -> None:
        """`reading` is entered while the stream is open; it gives the event that ends it."""
        self._ring = ring
        self._replay = replay
        self._cursor = after
        self._workspace_id = workspace_id
        self._clock = clock
        self._keep_alive = keep_alive
        self._write_timeout = write_timeout
        self._reading = reading
        self._told = ring.told
        self._waiter: asyncio.Future[None] | None = None
        self._put_at = clock.monotonic()
        self._putting = False
        self._is_silent = False
        """Whether a keep-alive is due."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._reading as ended, self._ring.reading():
            writing = asyncio.create_task(self._write(send), name="event-stream")
            leaving = asyncio.create_task(disconnected(receive), name="event-stream-reader")
            ending = asyncio.create_task(ended.wait(), name="event-stream-end")
            watching = asyncio.create_task(self._watch(), name="event-stream-watch")
            tasks = (writing, leaving, ending, watching)
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                fell_behind = writing.done() and isinstance(writing.exception(), FellBehind)
                if fell_behind or watching.done() or (ended.is_set() and not writing.done()):
                    # Nobody waits for a reader to take what it will be sent again when it resumes.
                    abort(scope)
                    await leaving
            finally:
                for task in tasks:
                    task.cancel()
                self._wake()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (FellBehind, OSError)):
                raise outcome

    async def _write(self, send: Send) -> None:
        """Write until the ring is closed. Raises FellBehind for a reader that cannot keep up."""
        await send({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM_HEADERS})
        await self._put(send, b": headway event stream\n\n")
        # What the ledger cannot give now, the reader is given when it resumes, or told to take a new snapshot.
        with suppress(LedgerError):
            await self._catch_up(send)
            await self._go_on(send)
        await self._put(send, b"", more=False)

    async def _catch_up(self, send: Send) -> None:
        """Replay from the ledger until the ring holds all that is left."""
        while not self._ring.holds(self._cursor):
            frames, upto = await self._replay(self._cursor, limit=_REPLAY_PAGE, workspace_id=self._workspace_id)
            if upto <= self._cursor:
                return
            await self._put_all(send, frames)
            self._cursor = upto

    async def _go_on(self, send: Send) -> None:
        """Deliver what the ring is given until it is closed. Raises FellBehind."""
        ring = self._ring
        while True:
            if ring.head > self._cursor or ring.told > self._told:
                batch = ring.batch(self._cursor, self._workspace_id)
                passing = ring.told_after(self._told)
                self._told = ring.told
                if batch.data:
                    await self._put(send, batch.data)
                if passing:
                    await self._put_all(send, passing)
                self._cursor = batch.upto
            elif ring.closed:
                return
            elif self._is_silent:
                await self._put(send, self._bookmark())
            else:
                self._waiter = ring.waiter()
                await self._waiter

    async def _watch(self) -> None:
        """Wake the writer when it is time for a keep-alive; return when the reader takes nothing any more.

        One timer that follows the clock behind the writes: a timer for each write would cost more than the write.
        """
        while True:
            left = (self._write_timeout if self._putting else self._keep_alive) - self._silent_for()
            if left <= 0 and self._putting:
                return
            if left <= 0:
                self._is_silent = True
                self._wake()
                left = self._keep_alive
            # A write that begins meanwhile is found when its own time is over.
            await self._clock.sleep(min(left, self._write_timeout))

    def _wake(self) -> None:
        if self._waiter is not None:
            self._ring.wake(self._waiter)

    def _silent_for(self) -> float:
        """Seconds since the last write began. What does not concern this reader is silence to it."""
        return self._clock.monotonic() - self._put_at

    def _bookmark(self) -> bytes:
        now = self._clock.now_ms()
        envelope = b'{"type":"BOOKMARK","timestamp":%d,"data":{"seq":%d}}' % (now, self._cursor)
        return b": keep-alive\n\ndata: %s\n\n" % envelope

    async def _put_all(self, send: Send, frames: Sequence[Frame]) -> None:
        mine = self._workspace_id
        if data := b"".join([frame.data for frame in frames if mine is None or frame.concerns(mine)]):
            await self._put(send, data)

    async def _put(self, send: Send, data: bytes, *, more: bool = True) -> None:
        self._put_at, self._putting, self._is_silent = self._clock.monotonic(), True, False
        await send({"type": "http.response.body", "body": data, "more_body": more})
        self._putting = False
