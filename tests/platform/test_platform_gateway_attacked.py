"""Agents behind the gateway that hang, lie or lead elsewhere: a clear error each, nothing is kept, others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from support.agents import ManualClock, going_on, message_params, output_of, task_of
from support.gateway import Door
from support.platforms import WITHIN, platform
from support.scripted_http import Exchange, scripted_server

Hurt = Callable[[Exchange], Awaitable[None]]
TEXT = [{"kind": "text", "text": "look"}]
MESSAGE = {"messageId": "m-1", "role": "user", "kind": "message", "parts": TEXT}


async def head_and_nothing(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n")
    await exchange.gone.wait()


async def half_a_head(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-ty")
    await exchange.gone.wait()


async def endless(exchange: Exchange) -> None:
    await exchange.head(200, "application/json")
    while not exchange.gone.is_set():
        await exchange.raw(b'{"x": "' + b"x" * 262_144)


async def endless_event(exchange: Exchange) -> None:
    await exchange.head()
    while not exchange.gone.is_set():
        await exchange.raw(b"data: " + b"x" * 262_144)


async def endless_head(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\n")
    while not exchange.gone.is_set():
        await exchange.raw(b"x-more: " + b"x" * 65_536)


async def wrong_type(exchange: Exchange) -> None:
    await exchange.head(200, "image/png")
    await exchange.raw(b"\x89PNG\x1b[2J")


async def lying_chunks(exchange: Exchange) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    await exchange.raw(head + b'ffff\r\n{"result": 1}\r\n0\r\n\r\n')
    exchange.writer.close()


async def no_chunk(exchange: Exchange) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    await exchange.raw(head + b"-5\r\ndata: {}\r\n\r\n")


async def compressed(exchange: Exchange) -> None:
    await exchange.head(200, "application/json", content_encoding="gzip")
    await exchange.raw(b"\x1f\x8b" + b"\0" * 100)


@pytest.mark.req("S3")
@pytest.mark.parametrize(
    ("hurt", "status", "said"),
    [
        (head_and_nothing, 504, "silent for 4 s"),
        (half_a_head, 504, "silent for 4 s"),
        (endless, 502, "the body is larger than 10,485,760 bytes"),
        (endless_event, 200, "an event is larger than 1,048,576 bytes"),
        (endless_head, 502, "the connection to the agent broke"),
        (wrong_type, 502, "expected JSON from the agent, got image/png"),
        (lying_chunks, 502, "the connection to the agent broke"),
        (no_chunk, 200, "the connection to the agent broke"),
        (compressed, 502, "the body is compressed (gzip), which was not asked for"),
    ],
)
async def test_an_answer_that_hangs_lies_or_never_ends(tmp_path: Path, hurt: Hurt, status: int, said: str) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        try:
            await hurt(exchange)
        finally:
            let_go.set()

    clock, let_go = ManualClock(), asyncio.Event()
    async with (
        platform(tmp_path, clock=clock, idle_timeout=4.0) as served,
        serve_agent("good") as good,
        scripted_server(agent) as server,
    ):
        target = await served.workspace("scripted", server.url)
        other = Door(served, await served.workspace("good", good.url))
        async with going_on(clock):
            answer = await Door(served, target).call("message/send", {"message": MESSAGE})
        assert answer.status_code == status, answer.text
        assert said in answer.text
        assert "\x1b" not in answer.text
        await served.until_free(target)
        await asyncio.wait_for(let_go.wait(), WITHIN)
        task = task_of(await other.result("message/send", message_params("0.3", "steps=1 delay=0")))
        assert output_of(task) == "chunk 1\n"
        assert server.methods() == ["message/send"]


@pytest.mark.req("S3")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_no_token_goes_there(tmp_path: Path, status: int) -> None:
    async def elsewhere(exchange: Exchange) -> None:
        await exchange.json({"result": "you should not be here"})

    async def agent(exchange: Exchange) -> None:
        await exchange.json({}, status, location=f"{trap.url}/x")

    async with (
        platform(tmp_path) as served,
        scripted_server(elsewhere) as trap,
        scripted_server(agent) as server,
    ):
        target = await served.workspace("scripted", server.url)
        for method, params in (("message/send", {"message": MESSAGE}), ("tasks/get", {"id": "t"})):
            answer = await Door(served, target).call(method, params)
            assert answer.status_code == 502, answer.text
            assert f"HTTP {status}" in answer.json()["error"]["message"]
        await served.until_free(target)
        assert trap.exchanges == []
        assert all("authorization" not in exchange.headers for exchange in server.exchanges)
