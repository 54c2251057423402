"""The two sides that P7 compares, as ASGI responses, and the readers that count what reaches them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext, suppress
from typing import Any, Final

from headway.net.clock import SystemClock
from headway.platform.ring import Frame, Ring
from headway.platform.stream import EventStream, encode_frame
from sse_starlette import EventSourceResponse
from starlette.types import ASGIApp, Message, Scope

READERS: Final = 100
_PATIENCE: Final = 20.0
"""Seconds after which an event that has not reached a reader is lost."""
_MARK: Final = "@"
"""Is in each event once, so that a chunk says how many it holds."""
_SCOPE: Final[Scope] = {"type": "http", "method": "GET", "path": "/events/stream", "headers": []}


def make_event(seq: int) -> dict[str, Any]:
    data = {"delegation_id": f"{seq:08x}-0000-4000-8000-000000000000", "target_id": "ws-coder", "offset": seq * 31}
    return {
        "type": "DELEGATION_PROGRESS",
        "timestamp": 1_700_000_000_000 + seq,
        "data": {**data, "text": f"Reading part {seq} of the archive {_MARK}\n", "progress_percent": seq % 100},
    }


class Readers:
    """Counts what reaches 100 readers, and how long the oldest event of each chunk was on its way."""

    def __init__(self) -> None:
        self.delivered = 0
        self.latencies: list[float] = []
        self.published: list[float] = []
        self._moved = asyncio.Event()

    async def have_all(self) -> None:
        """Wait until every reader has every event; what is missing after `_PATIENCE` is lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while self.lost > 0:
                    self._moved.clear()
                    await self._moved.wait()

    @property
    def lost(self) -> int:
        return READERS * len(self.published) - self.delivered

    async def connect(self, app: ASGIApp) -> None:
        """Read one response to its end."""
        seen = 0

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal seen
            if count := message.get("body", b"").count(_MARK.encode()):
                self.latencies.append(time.perf_counter() - self.published[seen])
                seen += count
                self.delivered += count
                self._moved.set()

        await app(_SCOPE, receive, send)


class Ours:
    """Encode once into the ring."""

    def __init__(self) -> None:
        self._ring = Ring(head=0, limit=8 * 1_048_576)

    def reader(self) -> ASGIApp:
        return EventStream(
            self._ring,
            _nothing_stored,
            after=0,
            workspace_id=None,
            clock=SystemClock(),
            keep_alive=15.0,
            write_timeout=10.0,
            reading=nullcontext(asyncio.Event()),
        )

    def publish(self, seq: int, event: dict[str, Any]) -> None:
        envelope = json.dumps(event, separators=(",", ":")).encode()
        self._ring.publish([Frame(seq, "operator", "ws-coder", encode_frame("bench", seq, envelope))])

    def close(self) -> None:
        self._ring.close()


async def _nothing_stored(after: int, *, limit: int, workspace_id: str | None) -> tuple[Sequence[Frame], int]:
    return [], after


class Naive:
    """A queue per reader; each reader encodes."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[tuple[int, dict[str, Any]] | None]] = []

    def reader(self) -> ASGIApp:
        queue: asyncio.Queue[tuple[int, dict[str, Any]] | None] = asyncio.Queue()
        self._queues.append(queue)

        async def events() -> AsyncIterator[dict[str, str]]:
            while (entry := await queue.get()) is not None:
                seq, event = entry
                yield {"id": f"bench:{seq}", "data": json.dumps(event, separators=(",", ":"))}

        return EventSourceResponse(events())

    def publish(self, seq: int, event: dict[str, Any]) -> None:
        for queue in self._queues:
            queue.put_nowait((seq, event))

    def close(self) -> None:
        for queue in self._queues:
            queue.put_nowait(None)
