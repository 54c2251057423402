"""A platform that does what a test tells it to: real sockets, scripted answers, any failure at any moment."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from headway.core.api import Snapshot
from headway.core.events import Event, Other
from support.scripted_http import Exchange, ScriptedServer, scripted_server

Answer = Callable[[Exchange], Awaitable[None]]


def frame(event: Event, epoch: str = "e1") -> bytes:
    """One event as a platform sends it; without an id line where it is not stored."""
    payload = event.payload
    data = payload.data if isinstance(payload, Other) else payload.model_dump(mode="json")
    envelope = json.dumps({"type": event.type, "timestamp": event.timestamp, "data": data})
    return (f"id: {epoch}:{event.seq}\n" if event.seq else "").encode() + f"data: {envelope}\n\n".encode()


def answer(payload: object, status: int = 200) -> Answer:
    async def send(exchange: Exchange) -> None:
        await exchange.json(payload, status)

    return send


async def hang_up(exchange: Exchange) -> None:
    """Take the request and close the connection without a byte."""


async def stay_silent(exchange: Exchange) -> None:
    await exchange.gone.wait()


def stream(*chunks: bytes, then: Answer = stay_silent) -> Answer:
    """Open an event stream, send the chunks, and go on with `then`."""

    async def send(exchange: Exchange) -> None:
        await exchange.head()
        for chunk in (b": headway event stream\n\n", *chunks):
            await exchange.raw(chunk)
        await then(exchange)

    return send


@dataclass(slots=True)
class ScriptedPlatform:
    """Answers per path, used one after the other; the last one is used for ever."""

    server: ScriptedServer
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))

    @property
    def url(self) -> str:
        return self.server.url

    def on(self, path: str, *answers: Answer) -> None:
        """From now on `path` (without its query) gives these."""
        self.answers[path] = deque(answers)

    def snapshot(self, *snapshots: Snapshot) -> None:
        self.on("/snapshot", *(answer(json.loads(each.model_dump_json())) for each in snapshots))

    def healthy(self, seq: int, epoch: str = "e1") -> None:
        self.on("/health", answer({"status": "ok", "version": "1", "epoch": epoch, "seq": seq}))

    def asked(self, path: str) -> list[Exchange]:
        return [exchange for exchange in self.server.exchanges if exchange.path.partition("?")[0] == path]


@asynccontextmanager
async def scripted_platform() -> AsyncIterator[ScriptedPlatform]:
    async def handle(exchange: Exchange) -> None:
        answers = platform.answers[exchange.path.partition("?")[0]]
        if not answers:
            await exchange.json({"error": "not scripted"}, 404)
        else:
            await (answers.popleft() if len(answers) > 1 else answers[0])(exchange)

    async with scripted_server(handle) as server:
        platform = ScriptedPlatform(server)
        yield platform


async def until(condition: Callable[[], Any], *, seconds: float = 10.0) -> None:
    """Wait for a condition, polled; fails with TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - anything may be waited for
            await asyncio.sleep(0.002)
