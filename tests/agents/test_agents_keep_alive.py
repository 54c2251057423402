"""Keep-alives: a comment after every 15 seconds of silence, on a clock the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.agents import STREAM, ManualClock, eventually, message_params


async def sleepers(clock: ManualClock, count: int) -> None:
    await eventually(lambda: clock.sleeping >= count)


async def until(chunks: AsyncIterator[bytes], needle: bytes) -> bytes:
    """What comes up to and with the needle."""
    received = b""
    async with asyncio.timeout(5):
        while needle not in received:
            received += await anext(chunks)
    return received


@pytest.mark.req("A13")
@pytest.mark.parametrize("dialect", STREAM)
async def test_a_ping_after_15_seconds_of_silence_and_not_before(serve, dialect: str) -> None:
    clock = ManualClock()
    _, wire = await serve(clock=clock)
    async with wire.open(STREAM[dialect], message_params(dialect, "steps=2 delay=40")) as response:
        chunks = response.aiter_raw()
        await sleepers(clock, 2)
        clock.advance(14.9)
        await sleepers(clock, 2)
        clock.advance(0.1)
        before = await until(chunks, b": ping")
        assert before.endswith(b"\r\n\r\n")
        assert before.count(b": ping") == 1
        await sleepers(clock, 2)
        clock.advance(15)
        assert (await until(chunks, b": ping")).startswith(b": ping - ")


@pytest.mark.req("A13")
async def test_silence_counts_from_the_last_event(serve) -> None:
    clock = ManualClock()
    _, wire = await serve(clock=clock)
    async with wire.open("message/stream", message_params("0.3", "steps=2 delay=10")) as response:
        chunks = response.aiter_raw()
        await sleepers(clock, 2)
        clock.advance(10)
        await until(chunks, b"chunk 1")
        await sleepers(clock, 2)
        clock.advance(10)
        rest = await until(chunks, b"completed")
    assert b": ping" not in rest


async def test_frames_are_crlf_and_have_no_id(serve) -> None:
    _, wire = await serve()
    async with wire.open("message/stream", message_params("0.3", "steps=2 delay=0")) as response:
        body = await response.aread()
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert body.replace(b"\r\n", b"").count(b"\n") == 0
    assert all(line == b"" or line.startswith(b"data: {") for line in body.split(b"\r\n"))
