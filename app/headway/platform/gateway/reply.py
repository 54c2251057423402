"""The caller's side of a call: one JSON body, or an event stream that says it is alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.types import Send

from headway.core.clock import Clock
from headway.net.asgi import EVENT_STREAM_HEADERS
from headway.platform.gateway.faults import Fault, RequestId, encode, error_object


class CallerGone(Exception):
    """The caller takes no bytes any more."""


class Reply:
    """Writes the answer through ASGI. Raises CallerGone where the caller takes no byte for `write_timeout` seconds."""

    def __init__(self, send: Send, clock: Clock, *, keep_alive: float, write_timeout: float) -> None:
        self._send = send
        self._clock = clock
        self._keep_alive = keep_alive
        self._write_timeout = write_timeout
        self._writing = asyncio.Lock()
        self._wrote_at = 0.0
        self._streaming = False

    async def body(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Answer with one JSON body."""
        named = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        await self._put({"type": "http.response.start", "status": status, "headers": raw})
        await self._put({"type": "http.response.body", "body": content})

    async def fault(self, request_id: RequestId, fault: Fault) -> None:
        """Answer with an error object: as a body, or as the last event of a stream that has begun."""
        content = encode(error_object(request_id, fault))
        if self._streaming:
            await self.event(content)
            await self._end()
        else:
            await self.body(fault.status, content, fault.headers)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[None]:
        """Begin an event stream, with a comment after every pause of `keep_alive` seconds (spec: requirements A13).

        The stream is ended with the block, unless it raises: then `fault` may still say why.
        """
        await self._put({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM_HEADERS})
        self._streaming = True
        # Sends the head on its way: a reader learns that the stream is there before the agent says anything.
        await self._write(b"")
        pings = asyncio.create_task(self._ping(), name="gateway keep-alive")
        try:
            yield
        finally:
            pings.cancel()
            await asyncio.wait({pings})
        await self._end()

    async def event(self, content: bytes) -> None:
        """Send one event."""
        await self._write(b"data: " + content + b"\n\n")

    async def _ping(self) -> None:
        while True:
            left = self._wrote_at + self._keep_alive - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            else:
                await self._write(b": keep-alive\n\n")

    async def _write(self, data: bytes) -> None:
        async with self._writing:
            self._wrote_at = self._clock.monotonic()
            await self._put({"type": "http.response.body", "body": data, "more_body": True})

    async def _end(self) -> None:
        await self._put({"type": "http.response.body", "body": b"", "more_body": False})

    async def _put(self, message: dict[str, object]) -> None:
        try:
            async with asyncio.timeout(self._write_timeout):
                await self._send(message)
        except (TimeoutError, OSError) as error:
            raise CallerGone from error
