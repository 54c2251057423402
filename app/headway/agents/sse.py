"""Server-sent events as the A2A SDK frames them: CRLF, `: ping` comments, no `id:` (spec: a2a)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from headway.net.asgi import EVENT_STREAM_HEADERS, KEEP_ALIVE_SECONDS, disconnected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.types import Receive, Scope, Send

    from headway.core.clock import Clock


def data_frame(payload: bytes) -> bytes:
    """One event. The payload is JSON on one line, which never holds a raw CR or LF."""
    return b"data: " + payload + b"\r\n\r\n"


class EventStream:
    """An ASGI response that sends frames as they come, and pings in silence, until they end or the client has gone.

    `close` is called in every case, also where the client went before the first frame.
    """

    def __init__(
        self, frames: AsyncGenerator[bytes, None], clock: Clock, *, close: Callable[[], None], pings: bool = True
    ) -> None:
        self._frames = frames
        self._clock = clock
        self._close = close
        self._pings = pings
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM_HEADERS})
        self._sent_at = self._clock.monotonic()
        writer = asyncio.create_task(self._write(send))
        helpers = [asyncio.create_task(disconnected(receive))]
        if self._pings:
            helpers.append(asyncio.create_task(self._ping(send)))
        try:
            await asyncio.wait({writer, *helpers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writer, *helpers):
                task.cancel()
            await asyncio.wait({writer, *helpers})
            self._close()
        with suppress(asyncio.CancelledError):
            writer.result()

    async def _write(self, send: Send) -> None:
        async with aclosing(self._frames) as frames:
            async for frame in frames:
                await self._body(send, frame)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _ping(self, send: Send) -> None:
        while True:
            silence = self._clock.monotonic() - self._sent_at
            if silence >= KEEP_ALIVE_SECONDS:
                moment = datetime.fromtimestamp(self._clock.now_ms() / 1_000, UTC)
                await self._body(send, f": ping - {moment.isoformat()}\r\n\r\n".encode())
                silence = 0.0
            await self._clock.sleep(KEEP_ALIVE_SECONDS - silence)

    async def _body(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        self._sent_at = self._clock.monotonic()
