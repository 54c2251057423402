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

_WRITE_BYTES: Final = 65_536
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
        self._last_put = clock.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send), name="event-stream")
        leaving = asyncio.create_task(disconnected(receive), name="event-stream-reader")
        with self._reading as ended:
            ending = asyncio.create_task(ended.wait(), name="event-stream-end")
            tasks = (writing, leaving, ending)
            try:
                with self._ring.reading():
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                stalled = writing.done() and isinstance(writing.exception(), (TimeoutError, FellBehind))
                if stalled or (ended.is_set() and not writing.done()):
                    # Nobody waits for a reader to take what it will be sent again when it resumes.
                    abort(scope)
                    await leaving
            finally:
                for task in tasks:
                    task.cancel()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (TimeoutError, FellBehind, OSError)):
                raise outcome

    async def _write(self, send: Send) -> None:
        """Write until the ring is closed. Raises TimeoutError and FellBehind for a reader that cannot keep up."""
        await send({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM_HEADERS})
        await self._put(send, b": headway event stream\n\n")
        # What the ledger cannot give now, the reader is given when it resumes, or told to take a new snapshot.
        with suppress(LedgerError):
            await self._catch_up(send)
            await self._go_on(send)
        await self._put(send, b"", more=False)

    async def _go_on(self, send: Send) -> None:
        """Deliver what the ring is given until it is closed. Raises FellBehind."""
        while True:
            published = self._ring.published
            frames = self._ring.after(self._cursor)
            passing = self._ring.told_after(self._told)
            self._told = self._ring.told
            if frames:
                await self._deliver(send, frames)
            if passing:
                await self._pass_on(send, passing)
            if frames or passing:
                continue
            if self._ring.closed:
                return
            if not await self._happens(published):
                await self._put(send, self._bookmark())

    async def _catch_up(self, send: Send) -> None:
        """Replay from the ledger until the ring holds all that is left."""
        while self._behind_ring():
            frames, upto = await self._replay(self._cursor, limit=_REPLAY_PAGE, workspace_id=self._workspace_id)
            if upto <= self._cursor:
                return
            if frames:
                await self._deliver(send, frames)
            self._cursor = upto

    def _behind_ring(self) -> bool:
        try:
            self._ring.after(self._cursor)
        except FellBehind:
            return True
        return False

    async def _deliver(self, send: Send, frames: Sequence[Frame]) -> None:
        parts: list[bytes] = []
        size = 0
        for frame in frames:
            if self._workspace_id is None or frame.concerns(self._workspace_id):
                parts.append(frame.data)
                size += len(frame.data)
            if size >= _WRITE_BYTES:
                await self._put(send, b"".join(parts))
                self._cursor, parts, size = frame.seq, [], 0
        if parts:
            await self._put(send, b"".join(parts))
        self._cursor = frames[-1].seq

    async def _pass_on(self, send: Send, passing: Sequence[Frame]) -> None:
        concerned = [one.data for one in passing if self._workspace_id is None or one.concerns(self._workspace_id)]
        if concerned:
            await self._put(send, b"".join(concerned))

    async def _happens(self, published: asyncio.Event) -> bool:
        """Wait for the ring; False when the reader has been sent nothing for the keep-alive pause.

        What does not concern this reader is silence to it.
        """
        waiting = asyncio.create_task(published.wait())
        pause = self._last_put + self._keep_alive - self._clock.monotonic()
        silence = asyncio.ensure_future(self._clock.sleep(max(0.0, pause)))
        try:
            await asyncio.wait({waiting, silence}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            silence.cancel()
        return published.is_set() and self._clock.monotonic() < self._last_put + self._keep_alive

    def _bookmark(self) -> bytes:
        now = self._clock.now_ms()
        envelope = b'{"type":"BOOKMARK","timestamp":%d,"data":{"seq":%d}}' % (now, self._cursor)
        return b": keep-alive\n\ndata: %s\n\n" % envelope

    async def _put(self, send: Send, data: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._write_timeout):
            await send({"type": "http.response.body", "body": data, "more_body": more})
        self._last_put = self._clock.monotonic()
