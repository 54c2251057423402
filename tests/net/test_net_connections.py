"""The pool of connections, against a server that counts them: what is kept, what is bounded, and that nothing leaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpcore
import httpx
import pytest
from headway.net.addresses import LOOPBACK
from headway.net.connections import ConnectionPool
from headway.net.guard import Guard
from headway.net.transport import GuardedTransport
from support.agents import eventually

WITHIN = 30


class Server:
    """Answers `/` at once and keeps the connection; of `/stream` it sends the first byte, and the rest never."""

    def __init__(self) -> None:
        self.accepted = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.requests = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open.add(writer)
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
                self.requests += 1
                length = 2 if path == b"/stream" else 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n." % length)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    def hang_up(self) -> None:
        for writer in self.open:
            writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server
        server.hang_up()


def client(*, most: int | None = None, idle: int | None = 100, expiry: float | None = 60.0) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=idle, keepalive_expiry=expiry)
    return httpx.AsyncClient(transport=GuardedTransport(Guard(LOOPBACK), limits), trust_env=False)


async def streams(stack: AsyncExitStack, http: httpx.AsyncClient, url: str, count: int) -> list[httpx.Response]:
    return [await stack.enter_async_context(http.stream("GET", f"{url}/stream")) for _ in range(count)]


async def test_a_connection_is_used_again_however_many_are_busy() -> None:
    async with serving() as server, client(idle=5) as http, AsyncExitStack() as stack:
        await streams(stack, http, server.url, 30)
        for _ in range(10):
            assert (await http.get(server.url)).content == b"."
        assert (server.requests, server.accepted) == (40, 31)


async def test_beginning_and_ending_a_request_looks_at_no_more_connections_when_many_are_open() -> None:
    looks = 0

    class Watched(httpcore.AsyncHTTPConnection):
        def _looked(self) -> None:
            nonlocal looks
            looks += 1

        def has_expired(self) -> bool:
            self._looked()
            return super().has_expired()

        def is_idle(self) -> bool:
            self._looked()
            return super().is_idle()

        def is_closed(self) -> bool:
            self._looked()
            return super().is_closed()

    async def ask(pool: ConnectionPool, url: str) -> Any:
        response = await pool.handle_async_request(httpcore.Request("GET", url, headers={"host": "x"}))
        return response.stream

    async def cost(open_ones: int) -> int:
        nonlocal looks
        pool = ConnectionPool(Watched)
        async with serving() as server:
            held = [await ask(pool, f"{server.url}/stream") for _ in range(open_ones)]
            looks = 0
            for _ in range(5):
                body = await ask(pool, f"{server.url}/")
                assert [part async for part in body] == [b"."]
                await body.aclose()
            counted = looks
            assert pool.open == (open_ones, 1)
            for body in held:
                await body.aclose()
            assert pool.open == (0, 1)
            await pool.aclose()
            return counted

    assert await cost(200) == await cost(2)


async def test_no_more_than_the_bound_and_the_next_waits_for_its_turn() -> None:
    async with serving() as server, client(most=2) as http, AsyncExitStack() as stack:
        first, _ = await streams(stack, http, server.url, 2)
        with pytest.raises(httpx.PoolTimeout, match="2 connections are open already"):
            await http.get(server.url, timeout=httpx.Timeout(WITHIN, pool=0.01))
        waiting = [asyncio.create_task(http.get(server.url)) for _ in range(3)]
        for _ in range(20):
            await asyncio.sleep(0)
        assert server.requests == 2
        await first.aclose()
        answers = await asyncio.wait_for(asyncio.gather(*waiting), WITHIN)
        assert [answer.content for answer in answers] == [b"."] * 3
        assert server.accepted == 3


async def test_who_gives_up_waiting_takes_nobodys_turn() -> None:
    async with serving() as server, client(most=1) as http, AsyncExitStack() as stack:
        (held,) = await streams(stack, http, server.url, 1)
        impatient, patient = (asyncio.create_task(http.get(server.url)) for _ in range(2))
        for _ in range(20):
            await asyncio.sleep(0)
        impatient.cancel()
        await held.aclose()
        assert (await asyncio.wait_for(patient, WITHIN)).content == b"."
        await asyncio.wait({impatient})


async def test_an_idle_one_gives_way_to_another_server_where_there_is_no_room() -> None:
    async with serving() as here, serving() as there, client(most=1) as http:
        await http.get(here.url)
        await http.get(there.url)
        await eventually(lambda: not here.open)
        assert len(there.open) == 1


async def test_no_more_wait_idle_than_are_kept() -> None:
    async with serving() as server, client(idle=2) as http:
        await asyncio.gather(*(http.get(server.url) for _ in range(6)))
        await eventually(lambda: len(server.open) == 2)


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_one_that_has_expired_or_was_hung_up_is_closed_and_not_used(hangs_up: bool) -> None:
    async with serving() as server, serving() as other, client(expiry=60.0 if hangs_up else 0.0) as http:
        await http.get(server.url)
        if hangs_up:
            server.hang_up()
        await eventually(lambda: not (hangs_up and server.open))
        await asyncio.sleep(0.01)
        # Whoever is asked next, what has expired is closed.
        await http.get(other.url)
        await eventually(lambda: not server.open)
        assert (await http.get(server.url)).content == b"."
        assert server.accepted == 2


async def test_one_whose_answer_was_not_read_to_its_end_is_closed() -> None:
    async with serving() as server, client() as http:
        async with http.stream("GET", f"{server.url}/stream") as response:
            assert response.status_code == 200
        await eventually(lambda: not server.open)
        assert (await http.get(server.url)).content == b"."
        assert server.accepted == 2


async def test_a_client_that_is_closed_leaves_none() -> None:
    async with serving() as server, AsyncExitStack() as stack:
        http = client()
        held = await streams(stack, http, server.url, 3)
        await http.get(server.url)
        assert len(server.open) == 4
        await http.aclose()
        await eventually(lambda: not server.open)
        for response in held:
            await response.aclose()
        assert not server.open


async def test_a_request_that_is_canceled_at_any_moment_leaves_no_place_taken() -> None:
    async with serving() as server, client(most=1) as http:
        canceled = 0
        for turns in range(60):
            asking = asyncio.create_task(http.get(server.url if turns % 2 else f"{server.url}/stream"))
            for _ in range(turns // 2):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait({asking})
            canceled += asking.cancelled()
        assert canceled >= 10
        assert (await asyncio.wait_for(http.get(server.url), WITHIN)).content == b"."
        await eventually(lambda: len(server.open) == 1)


async def test_of_two_that_wait_the_one_that_was_hung_up_is_not_used() -> None:
    async with serving() as server, client() as http:
        await asyncio.gather(http.get(server.url), http.get(server.url))
        assert server.accepted == 2
        for hung_up in list(server.open):
            hung_up.close()
            await eventually(lambda hung_up=hung_up: hung_up not in server.open)
            assert (await http.get(server.url)).content == b"."


async def test_who_still_waits_when_the_client_is_closed_keeps_no_connection() -> None:
    async with serving() as server, AsyncExitStack() as stack:
        http = client(most=1)
        (held,) = await streams(stack, http, server.url, 1)
        waiting = asyncio.create_task(http.get(server.url))
        for _ in range(20):
            await asyncio.sleep(0)
        await http.aclose()
        await held.aclose()
        await asyncio.wait_for(waiting, WITHIN)
        await eventually(lambda: not server.open)
