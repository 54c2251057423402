"""Hands delegations to a server over raw connections: `_load.py PORT TOKEN SOURCE TARGET COUNT`; prints the seconds.

Run as a process of its own, so that what it costs to ask is not charged to who answers.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Final

CONNECTIONS: Final = 50
TASK: Final = "Read the filings of the last three years and list what changed between them, quarter by quarter. " * 2
_ACCEPTED: Final = b"HTTP/1.1 202 "


class _Caller(asyncio.Protocol):
    """One connection: a request, its answer, and the next."""

    def __init__(self, request: bytes, count: int, done: asyncio.Future[None]) -> None:
        self._request = request
        self._left = count
        self._done = done
        self._answer = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if not head.startswith(_ACCEPTED):
            self._done.set_exception(RuntimeError(f"not accepted: {self._answer.decode()}"))
            return
        self._answer = b""
        self._left -= 1
        if self._left:
            self._transport.write(self._request)
        else:
            self._transport.close()
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


async def main(port: str, token: str, source: str, target: str, count: str) -> None:
    loop = asyncio.get_running_loop()
    body = json.dumps({"target_id": target, "task": TASK}).encode()
    request = (
        f"POST /workspaces/{source}/delegate HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    callers: list[asyncio.Future[None]] = [loop.create_future() for _ in range(CONNECTIONS)]
    each = int(count) // CONNECTIONS
    begun = time.perf_counter()
    for done in callers:
        await loop.create_connection(lambda done=done: _Caller(request, each, done), "127.0.0.1", int(port))  # type: ignore[misc]
    await asyncio.gather(*callers)
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
