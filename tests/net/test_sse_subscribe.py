"""A subscription that never gives up, seen over real sockets."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
import pytest
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock
from headway.net.errors import CursorGone, NotAllowed
from headway.net.http import open_client
from headway.net.sse import Connected, Connecting, Lost, Messages, Signal, subscribe
from support.agents import ManualClock
from support.scripted_http import Exchange, scripted_server

FAST = Backoff(first=0.001, most=0.002)


async def take(signals: AsyncGenerator[Signal, None], count: int) -> list[Signal]:
    async with asyncio.timeout(10):
        return [await anext(signals) for _ in range(count)]


def following(http: httpx.AsyncClient, url: str, **options: object) -> aclosing[AsyncGenerator[Signal, None]]:
    settings = {"clock": SystemClock(), "rng": random.Random(1), "backoff": FAST, **options}
    return aclosing(subscribe(http, url, **settings))  # type: ignore[arg-type]


async def test_messages_of_one_read_come_together_and_a_reconnect_resumes_after_the_last() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.head()
        seen = int(exchange.headers.get("last-event-id", "0"))
        await exchange.raw(f"id: {seen + 1}\ndata: a\n\nid: {seen + 2}\ndata: b\n\n".encode())

    async with scripted_server(handler) as server, open_client() as http, following(http, server.url) as signals:
        got = await take(signals, 7)
    assert [type(signal) for signal in got[:4]] == [Connecting, Connected, Messages, Lost]
    batches = [[(event.id, event.data) for event in batch.events] for batch in got if isinstance(batch, Messages)]
    assert batches == [[("1", "a"), ("2", "b")], [("3", "a"), ("4", "b")]]
    lost = got[3]
    assert isinstance(lost, Lost)
    assert lost.reason == "closed by the server"
    assert [exchange.headers.get("last-event-id") for exchange in server.exchanges] == [None, "2"]
    assert server.exchanges[0].headers["accept"] == "text/event-stream"


async def test_a_given_cursor_and_headers_go_out_with_the_first_request() -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.gone.wait()

    async with scripted_server(handler) as server, open_client() as http:
        async with following(http, server.url, last_event_id="41", headers={"Authorization": "Bearer t"}) as signals:
            await take(signals, 2)
        assert server.exchanges[0].headers["last-event-id"] == "41"
        assert server.exchanges[0].headers["authorization"] == "Bearer t"
        async with asyncio.timeout(5):
            await server.exchanges[0].gone.wait()


@pytest.mark.parametrize(("status", "error"), [(401, NotAllowed), (403, NotAllowed), (410, CursorGone)])
async def test_what_asking_again_cannot_help_ends_it(status: int, error: type[Exception]) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.json({"error": "no\x1b[2J"}, status=status)

    async with scripted_server(handler) as server, open_client() as http, following(http, server.url) as signals:
        with pytest.raises(error, match=f"HTTP {status}") as raised:
            await take(signals, 2)
    assert "\x1b" not in str(raised.value)


async def test_every_other_failure_is_told_and_tried_again() -> None:
    replies = iter([("502", ""), ("html", ""), ("gzip", ""), ("big", ""), ("ok", "")])

    async def handler(exchange: Exchange) -> None:
        match next(replies)[0]:
            case "502":
                await exchange.json({}, status=502)
            case "html":
                await exchange.head(content_type="text/html")
            case "gzip":
                await exchange.head(content_encoding="gzip")
            case "big":
                await exchange.head()
                await exchange.raw(b"data: " + b"x" * 2_000)
                await exchange.gone.wait()
            case _:
                await exchange.head()
                await exchange.raw(b"data: fine\n\n")

    reasons: list[str] = []
    async with (
        scripted_server(handler) as server,
        open_client() as http,
        following(http, server.url, limit=1_000) as signals,
        asyncio.timeout(10),
    ):
        async for signal in signals:
            if isinstance(signal, Lost):
                reasons.append(signal.reason)
            if isinstance(signal, Messages):
                break
    assert reasons == [
        "HTTP 502: {}",
        "expected text/event-stream, got text/html",
        "the body is compressed (gzip), which was not asked for",
        "an event is larger than 1,000 bytes",
    ]


async def test_a_refused_connection_says_so_with_growing_jittered_pauses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    backoff = Backoff(first=1.0, most=8.0)
    address = f"http://127.0.0.1:{port}"
    async with open_client() as http, following(http, address, clock=HastyClock(), backoff=backoff) as signals:
        got = await take(signals, 12)
    assert got[::2] == [Connecting(attempt) for attempt in range(1, 7)]
    lost = [signal for signal in got if isinstance(signal, Lost)]
    assert {signal.reason for signal in lost} == {"refused"}
    pauses = [signal.retry_in for signal in lost]
    steps = [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert all(step / 2 <= pause <= step for pause, step in zip(pauses, steps, strict=True))
    assert len(set(pauses)) == len(pauses)


class HastyClock(SystemClock):
    """Real time, but nobody sleeps."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_silence_is_no_byte_at_all_and_a_comment_is_one() -> None:
    clock = ManualClock()
    pinged = asyncio.Event()

    async def handler(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.raw(b"data: first\n\n")
        await pinged.wait()
        await exchange.raw(b": ping\n\ndata: second\n\n")
        await exchange.gone.wait()

    async with (
        scripted_server(handler) as server,
        open_client() as http,
        following(http, server.url, clock=clock, silence=45.0) as signals,
    ):
        await take(signals, 3)
        waiting = asyncio.ensure_future(anext(signals))
        await clock.until_one_sleeps()
        clock.advance(44.0)
        pinged.set()
        async with asyncio.timeout(5):
            assert isinstance(await waiting, Messages)
        waiting = asyncio.ensure_future(anext(signals))
        await clock.until_one_sleeps()
        clock.advance(44.0)
        await clock.until_one_sleeps()
        assert not waiting.done()
        clock.advance(2.0)
        async with asyncio.timeout(5):
            lost = await waiting
    assert isinstance(lost, Lost)
    assert lost.reason == "silent for 45 s"
