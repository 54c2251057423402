"""A platform that only sends: a snapshot of running delegations, then events at a steady rate, over a real socket.

A process of its own, so that its work is in nobody's figure: `python _sender.py ROWS RATE SECONDS`. It prints its port,
answers `GET /snapshot`, `/whoami`, `/health` and `/events/stream`, and begins to send once `GET /begin` was asked.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Final

from _tables import AGENTS, NOW, make_rows
from headway.core.api import Snapshot
from headway.core.delegation import Status
from headway.platform.stream import encode_frame

EPOCH: Final = "bench"
TICK: Final = 0.005
"""Seconds between two writes: the platform joins what is waiting."""
VISIBLE: Final = 20
"""Rows that a board shows first; so many events in a hundred are theirs."""
VISIBLE_SHARE: Final = 0.05
STATUS_SHARE: Final = 0.2


def frames(rows: int, count: int) -> list[bytes]:
    """Encoded events, as a platform of ours writes them; the same ones at each call."""
    rng = random.Random(rows)  # noqa: S311 - the same events in every run
    held = make_rows(rows)
    first = sorted(range(rows), key=lambda at: held[at].created_at)[:VISIBLE]
    ends = [row.progress.end for row in held]
    made = []
    for number in range(count):
        at = rng.choice(first) if rng.random() < VISIBLE_SHARE else rng.randrange(rows)
        row = held[at]
        data = {
            "delegation_id": row.delegation_id,
            "target_id": row.target_id,
            "progress_percent": float(number % 100),
        }
        if rng.random() < STATUS_SHARE:
            kind = "DELEGATION_STATUS"
            data |= {"status": "in_progress", "attempt": 1, "status_message": f"working on part {number}"}
        else:
            kind = "DELEGATION_PROGRESS"
            text = f"Part {number} was read\n" if ends[at] < 400 else "."
            data |= {"text": text, "offset": ends[at]}
            ends[at] += len(text)
        envelope = {"type": kind, "timestamp": NOW + number // 20, "data": data}
        made.append(encode_frame(EPOCH, rows + number + 1, json.dumps(envelope, separators=(",", ":")).encode()))
    return made


def snapshot(rows: int) -> bytes:
    """The body of `GET /snapshot`."""
    held = make_rows(rows)
    totals = {Status.IN_PROGRESS: rows}
    whole = Snapshot(epoch=EPOCH, seq=rows, workspaces=AGENTS, delegations=held, totals=totals)
    return whole.model_dump_json().encode()


class Sender:
    """Serves one run."""

    def __init__(self, rows: int, rate: int, seconds: float) -> None:
        self._rows = rows
        self._rate = rate
        self._frames = frames(rows, round(rate * seconds))
        self._snapshot = snapshot(rows)
        self._begin = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its other end closes it."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1].partition(b"?")[0]
                if path == b"/events/stream":
                    await self._stream(writer)
                else:
                    await self._answer(writer, path)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, path: bytes) -> None:
        if path == b"/begin":
            self._begin.set()
        bodies = {
            b"/snapshot": self._snapshot,
            b"/whoami": b'{"scope":"admin"}',
            b"/health": b'{"status":"ok","epoch":"%s","seq":%d,"version":"0"}' % (EPOCH.encode(), self._rows),
        }
        body = bodies.get(path, b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await writer.drain()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        await self._write(writer, b": headway event stream\n\n")
        await self._begin.wait()
        begun = time.monotonic()
        sent = 0
        while sent < len(self._frames):
            await asyncio.sleep(TICK)
            due = min(len(self._frames), round((time.monotonic() - begun) * self._rate))
            if due > sent:
                await self._write(writer, b"".join(self._frames[sent:due]))
                sent = due
        await asyncio.Event().wait()

    async def _write(self, writer: asyncio.StreamWriter, content: bytes) -> None:
        writer.write(b"%x\r\n%s\r\n" % (len(content), content))
        await writer.drain()


async def main() -> None:
    rows, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    server = await asyncio.start_server(Sender(rows, rate, seconds).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
