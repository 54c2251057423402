"""Readers of the event stream that cannot keep up (E4), and streams of one workspace on a busy platform (E5, E6)."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from headway.core.events import AgentMessage, EventType
from headway.platform.platform import Platform
from headway.platform.ring import Batch, Frame, Ring
from support.platforms import Api, eventually, platform

BIG = "x" * 20_000
"""A few dozen events of this size fill every buffer between the platform and a reader."""


class SlowReader:
    """A bare socket with a small receive buffer, read only when it is told to."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.received = b""

    async def take(self) -> int:
        """Take some of what has come; 0 when the platform has hung up."""
        try:
            piece = await asyncio.get_running_loop().sock_recv(self._connection, 4_096)
        except ConnectionError:
            piece = b""
        self.received += piece
        return len(piece)

    async def take_the_rest(self) -> None:
        """Take everything until the platform hangs up."""
        async with asyncio.timeout(15):
            while await self.take():
                pass

    @property
    def held_by_platform(self) -> bool:
        """Whether the kernel has a socket of the platform's for this connection."""
        mine = f"0100007F:{self._connection.getsockname()[1]:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(row[2] == mine for row in rows)

    @property
    def seqs(self) -> list[int]:
        """The seqs of the events that came whole."""
        blocks = [block.strip(b"\r\n").split(b"\n") for block in self.received.split(b"\n\n")[:-1]]
        lines = [line for block in blocks for line in block if line.startswith(b"id: ")]
        return [int(line.rpartition(b":")[2]) for line in lines]


@asynccontextmanager
async def slow_reader(served: Api, after: str) -> AsyncIterator[SlowReader]:
    """A stream that has been accepted, of which only the head was read."""
    loop = asyncio.get_running_loop()
    url = httpx.URL(served.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        await loop.sock_connect(connection, (url.host, url.port))
        head = f"GET /events/stream HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAuthorization: Bearer {served.token}\r\n"
        await loop.sock_sendall(connection, f"{head}Last-Event-ID: {after}\r\n\r\n".encode())
        reader = SlowReader(connection)
        while b": headway event stream" not in reader.received:
            assert await reader.take()
        yield reader


async def say(inside: Platform, workspace_id: str, times: int, text: str = BIG) -> int:
    """Store so many events of a workspace; the seq of the last."""
    payload = AgentMessage(workspace_id=workspace_id, name="agent", message=text)
    await asyncio.gather(
        *(inside.ledger.announce(EventType.AGENT_MESSAGE, workspace_id, payload) for _ in range(times))
    )
    return inside.ledger.head


@pytest.mark.req("E4")
@pytest.mark.parametrize("ring_bytes", [100_000, 64_000_000], ids=["falls out of the ring", "within the ring"])
async def test_a_reader_that_takes_nothing_is_let_go_and_resumes(
    tmp_path: Path, opened: list[Platform], ring_bytes: int, capfd: pytest.CaptureFixture[str]
) -> None:
    async with platform(tmp_path, write_timeout=1.0, ring_bytes=ring_bytes) as served:
        cursor = served.log.cursor
        first = served.log.events[-1].seq
        async with slow_reader(served, cursor) as slow, served.events(after=cursor) as quick:
            await say(opened[0], served.source, 3, "small")
            for _ in range(100):
                last = await say(opened[0], served.source, 4)
                await quick.until(lambda upto=last: bool(quick.events) and quick.events[-1].seq >= upto)
            assert [seen.seq for seen in quick.events if seen.cursor] == list(range(first + 1, last + 1))
            await eventually(lambda: not slow.held_by_platform)
            await slow.take_the_rest()
            got = slow.seqs
        assert got == list(range(first + 1, first + 1 + len(got)))
        assert 0 < len(got) < last - first
        missed: list[int] = []
        while not missed or missed[-1] < last:
            async with served.events(after=f"{cursor.rpartition(':')[0]}:{[*got, *missed][-1]}") as again:
                await again.until(lambda one=again: one.ended or bool(one.events and one.events[-1].seq >= last))
                missed += [seen.seq for seen in again.events if seen.cursor]
        assert missed == list(range(got[-1] + 1, last + 1))
    assert capfd.readouterr().err == ""


@pytest.mark.req("E4")
async def test_a_slow_reader_that_takes_something_is_kept(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path, write_timeout=2.0) as served:
        cursor = served.log.cursor
        async with slow_reader(served, cursor) as slow:
            last = await say(opened[0], served.source, 60)
            async with asyncio.timeout(15):
                while not slow.seqs or slow.seqs[-1] < last:
                    assert await slow.take()
        assert slow.seqs == list(range(slow.seqs[0], last + 1))


@pytest.mark.req("E5", "E6")
async def test_a_workspaces_bookmarks_pass_what_is_of_others(tmp_path: Path, opened: list[Platform]) -> None:
    """Its reader's cursor would grow old otherwise while only others have events."""
    async with platform(tmp_path, keep_alive=0.1, ring_bytes=2_000) as served:
        start = served.log.cursor
        mine = await served.workspace("mine")
        await say(opened[0], served.source, 1_200, "of others")
        path = f"/workspaces/{mine}/events/stream"
        async with served.events(path, after=start) as log:
            mark = await log.until_event(lambda seen: seen.type == "BOOKMARK")
            assert mark.data["seq"] == opened[0].ledger.head
            assert [seen.type for seen in log.events if seen.cursor] == ["WORKSPACE_OFFLINE"]
        passed = f"{start.rpartition(':')[0]}:{mark.data['seq']}"
        async with served.events(path, after=passed) as log:
            seq = await say(opened[0], mine, 1, "mine")
            assert (await log.until_event(lambda seen: seen.type == "AGENT_MESSAGE")).seq == seq


@pytest.mark.req("E5")
async def test_a_stream_is_kept_alive_while_only_others_have_events(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path, keep_alive=0.2) as served:
        mine = await served.workspace("mine")
        async with served.events(f"/workspaces/{mine}/events/stream") as log:
            async with asyncio.timeout(15):
                while "keep-alive" not in log.comments:
                    await say(opened[0], served.source, 1, "of others")
                    await asyncio.sleep(0.02)
            marks = [seen.data["seq"] for seen in log.events if seen.type == "BOOKMARK"]
            assert marks
            assert len(log.events) == len(marks)


@pytest.mark.req("E4")
def test_the_bytes_of_a_dropped_frame_are_let_go() -> None:
    ring = Ring(head=0, limit=1_000_000)
    tracemalloc.start()
    try:
        for seq in range(1, 1_000):
            ring.publish([Frame(seq, None, None, b"%d" % seq * 50_000)])
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ring.size <= 1_000_000
    assert held < 2_000_000
    assert ring.batch(ring.head - 1, None) == Batch(b"999" * 50_000, 999)
