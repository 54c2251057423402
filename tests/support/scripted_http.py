"""A real HTTP server on 127.0.0.1 that sends exactly the bytes a test tells it to, at the moments it tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Exchange:
    """One request and the way to answer it. `gone` is set when the client has closed the connection."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def rpc(self) -> dict[str, Any]:
        """The JSON-RPC request."""
        return json.loads(self.body)

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        """Send a status line and headers; the body ends when the connection does."""
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        kind = f"content-type: {content_type}\r\n" if content_type else ""
        await self.raw(f"HTTP/1.1 {status} X\r\n{kind}{extra}connection: close\r\n\r\n".encode())

    async def event(self, payload: object) -> None:
        """Send one event, framed as the SDK does."""
        await self.raw(f"data: {json.dumps(payload)}\r\n\r\n".encode())

    async def result(self, result: object) -> None:
        """Send one JSON-RPC result as an event."""
        await self.event({"jsonrpc": "2.0", "id": "1", "result": result})

    async def json(self, payload: object, status: int = 200, **headers: str) -> None:
        """Answer with a JSON body."""
        await self.head(status, "application/json", **headers)
        await self.raw(json.dumps(payload).encode())


Handler = Callable[[Exchange], Awaitable[None]]


@dataclass(slots=True)
class ScriptedServer:
    """A running server: its address, and every exchange so far."""

    url: str
    exchanges: list[Exchange]

    def methods(self) -> list[str]:
        """The JSON-RPC methods that were called, in order."""
        return [exchange.rpc["method"] for exchange in self.exchanges if exchange.method == "POST"]


@asynccontextmanager
async def scripted_server(handler: Handler) -> AsyncIterator[ScriptedServer]:
    """Serve every request with `handler`, one per connection; when it returns, the connection is closed."""
    exchanges: list[Exchange] = []
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            exchange = await _read_request(reader, writer)
            exchanges.append(exchange)
            watch = asyncio.create_task(_watch(reader, exchange.gone))
            try:
                await handler(exchange)
            finally:
                watch.cancel()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield ScriptedServer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", exchanges)
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Exchange(method, path, headers, body, writer)


async def _watch(reader: asyncio.StreamReader, gone: asyncio.Event) -> None:
    with suppress(ConnectionError):
        await reader.read()
    gone.set()
