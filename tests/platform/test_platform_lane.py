"""The fast lane: plain requests that come whole are answered as h11's way answers them, and all others go that way."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from headway.ledger.ledger import Ledger
from headway.platform import connection, lane
from support.platforms import Api, platform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from headway.ledger.records import Delegated, NewDelegation

PLAIN = (
    b"POST /workspaces/w-1/delegate HTTP/1.1\r\nHost: a:1\r\nAuthorization: Bearer t t\r\nContent-Length: 2\r\n\r\n{}"
)


def test_a_plain_request_is_read() -> None:
    read = lane.read(PLAIN)
    assert read is not None
    assert (read.target, read.body, read.is_whole) == (b"/workspaces/w-1/delegate", b"{}", True)
    assert read.headers == [(b"host", b"a:1"), (b"authorization", b"Bearer t t"), (b"content-length", b"2")]
    begun = lane.read(PLAIN[:-1])
    assert begun is not None
    assert not begun.is_whole


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"POST", b"GET"),
        (b"POST", b"post"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"/delegate", b"/delegate?x=1"),
        (b"w-1", b"w%2d1"),
        (b"w-1", b".."),
        (b"{}", b"{}POST / HTTP/1.1"),
        (b"Host", b"Transfer-Encoding: chunked\r\nHost"),
        (b"Host", b"Content-Length: 2\r\nHost"),
        (b"Host", b"Host: b\r\nHost"),
        (b"Host", b"Expect: 100-continue\r\nHost"),
        (b"Host", b"Upgrade: h2c\r\nHost"),
        (b"Host", b"Connection: close\r\nHost"),
        (b"Host: a:1", b"X: y"),
        (b"Host: a:1", b"Host : a:1"),
        (b"Host: a:1", b"Host:a:1"),
        (b"Host: a:1", b"Host: a:1\r\n folded"),
        (b"Host: a:1", b"Host: a:1 "),
        (b"Host: a:1", b"Host: \xe9"),
        (b"Bearer t t", b"Bearer\x00t"),
        (b"Bearer t t", b"Bearer\rt"),
        (b"\r\n", b"\n"),
        (b"Length: 2", b"Length: +2"),
        (b"Length: 2", b"Length: 2, 2"),
        (b"Length: 2", b"Length: 1"),
        (b"Length: 2", b"Length: 999999"),
    ],
)
def test_what_differs_in_anything_is_left_alone(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert lane.read(PLAIN.replace(old, new)) is None


def test_what_is_long_is_left_alone() -> None:
    for size in (lane.MOST_BYTES, 10 * lane.MOST_BYTES):
        body = b"x" * size
        assert lane.read(PLAIN.replace(b"Length: 2", b"Length: %d" % size)[:-2] + body) is None


class Wire:
    """A connection that a test writes to by hand."""

    def __init__(self, served: Api, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = (
            f"POST /workspaces/{served.source}/delegate HTTP/1.1\r\nHost: {urlsplit(served.url).netloc}\r\n"
            f"Authorization: {served.http.headers['authorization']}\r\n"
        )
        self._target = target
        self.reader = reader
        self.writer = writer

    def request(self, task: str, more: str = "") -> bytes:
        body = f'{{"target_id": "{self._target}", "task": "{task}"}}'.encode()
        return f"{self._head}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def answer(self) -> tuple[bytes, bytes]:
        """The head of the next answer, without its date, and its body without the id."""
        async with asyncio.timeout(30):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            body = await self.reader.readexactly(int(length[1]))
        ids = rb'"delegation_id":"[^"]*"'
        return re.sub(rb"date: [^\r]*\r\n", b"", head), re.sub(ids, b"", body)


@asynccontextmanager
async def wire(folder: Path, **settings: float) -> AsyncIterator[tuple[Api, Wire]]:
    async with AsyncExitStack() as stack, platform(folder, **settings) as served:
        target = await served.workspace("target", "http://127.0.0.1:9")
        busy = await served.http.post("/registry/heartbeat", json={"workspace_id": target, "active_tasks": 1})
        assert busy.status_code == 200, busy.text
        parts = urlsplit(served.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        # Once the platform has ended.
        stack.callback(writer.close)
        yield served, Wire(served, target, reader, writer)


async def tasks(served: Api) -> list[str]:
    listed = (await served.http.get(f"/workspaces/{served.source}/delegations")).json()
    return [one["summary"] for one in listed][::-1]


async def test_however_it_comes_it_is_answered_once_and_alike(tmp_path: Path) -> None:
    async with wire(tmp_path) as (served, to):
        to.writer.write(to.request("whole"))
        answers = [await to.answer()]
        assert b" 202 " in answers[0][0]
        head, end, body = to.request("head first").partition(b"\r\n\r\n")
        for part in (head + end, body):
            to.writer.write(part)
            await to.writer.drain()
            await asyncio.sleep(0)
        answers.append(await to.answer())
        # Its head is not whole at first, so that it is h11's from the beginning.
        to.writer.write(head[:30])
        await asyncio.sleep(0.01)
        to.writer.write(head[30:] + end + body.replace(b"head first", b"in pieces!"))
        answers.append(await to.answer())
        to.writer.write(to.request("first of two") + to.request("second of two"))
        answers += [await to.answer(), await to.answer()]
        to.writer.write(to.request("last", "Connection: close\r\n"))
        last, said = await to.answer()
        answers.append((last.replace(b"connection: close\r\n", b"").replace(b"Connection: close\r\n", b""), said))
        assert await to.reader.read() == b""
        assert len(set(answers)) == 1, answers
        expected = ["whole", "head first", "in pieces!", "first of two", "second of two", "last"]
        assert await tasks(served) == expected


async def test_a_body_that_does_not_come_is_waited_for_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HELD_SECONDS", 0.0)
    async with wire(tmp_path) as (served, to):
        request = to.request("late")
        to.writer.write(request[:-3])
        await asyncio.sleep(0.02)
        to.writer.write(request[-3:])
        assert b" 202 " in (await to.answer())[0]
        assert await tasks(served) == ["late"]


async def test_a_body_that_trickles_is_given_up_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HELD_SECONDS", 60.0)
    async with wire(tmp_path, body_timeout=0.2) as (served, to):
        request = to.request("x" * 1_000)
        to.writer.write(request[:-900])

        async def trickle() -> None:
            for byte in request[-900:]:
                to.writer.write(bytes([byte]))
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        try:
            assert b" 408 " in (await to.answer())[0]
        finally:
            trickling.cancel()
        assert await tasks(served) == []


class Held:
    """A ledger that takes its time to delegate: `free` lets it go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.free = asyncio.Event(), asyncio.Event()
        delegate = Ledger.delegate

        async def slowly(ledger: Ledger, new: NewDelegation) -> Delegated:
            self.reached.set()
            await self.free.wait()
            return await delegate(ledger, new)

        monkeypatch.setattr(Ledger, "delegate", slowly)


async def test_what_comes_before_the_answer_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch)
    async with wire(tmp_path) as (served, to):
        to.writer.write(to.request("first"))
        await held.reached.wait()
        to.writer.write(to.request("second") + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await to.writer.drain()
        held.free.set()
        assert [b" 202 " in (await to.answer())[0] for _ in range(2)] == [True, True]
        assert b" 421 " in (await to.answer())[0]
        assert await tasks(served) == ["first", "second"]


async def test_a_caller_that_hangs_up_takes_nothing_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch)
    async with wire(tmp_path) as (served, to), served.events() as log:
        to.writer.write(to.request("without me"))
        await held.reached.wait()
        to.writer.close()
        await to.writer.wait_closed()
        held.free.set()
        await log.until_event(lambda one: one.type == "DELEGATION_SENT")
        assert await tasks(served) == ["without me"]


async def test_a_platform_that_stops_answers_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch)
    shutdown = connection.Connection.shutdown

    def shut_down(one: connection.Connection) -> None:
        shutdown(one)
        held.free.set()

    monkeypatch.setattr(connection.Connection, "shutdown", shut_down)
    async with wire(tmp_path) as (_served, to):
        to.writer.write(to.request("last"))
        await held.reached.wait()
    head, _body = await to.answer()
    assert b" 202 " in head
    assert b"connection: close" in head


async def test_a_fault_is_told_and_logged_and_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_ledger: Ledger, _new: NewDelegation) -> Delegated:
        raise ZeroDivisionError

    monkeypatch.setattr(Ledger, "delegate", broken)
    async with wire(tmp_path) as (_served, to):
        to.writer.write(to.request("x"))
        head, body = await to.answer()
        assert b" 500 " in head
        assert b"a fault in the platform" in body
        assert await to.reader.read() == b""
    assert "ZeroDivisionError" in caplog.text
