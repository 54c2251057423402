"""A13: every event stream of the platform says that it is alive after 15 s of silence, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from support.agents import ManualClock
from support.gateway import Door
from support.platforms import Api, platform
from support.scripted_http import Exchange, scripted_server

MESSAGE = {"messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "look"}]}


async def quiet(exchange: Exchange) -> None:
    if exchange.method == "GET":
        await exchange.json({}, 404)
        return
    await exchange.head()
    await exchange.gone.wait()


@asynccontextmanager
async def opened(served: Api, which: str, agent_url: str) -> AsyncIterator[httpx.Response]:
    if which == "gateway":
        door = Door(served, await served.workspace("quiet", agent_url))
        async with door.stream("message/stream", {"message": MESSAGE}) as response:
            yield response
        return
    path = "/events/stream" if which == "all" else f"/workspaces/{served.source}/events/stream"
    async with served.http.stream("GET", path) as response:
        yield response


@pytest.mark.req("A13")
@pytest.mark.parametrize("which", ["all", "workspace", "gateway"])
async def test_a_keep_alive_after_15_seconds_of_silence_and_not_before(tmp_path: Path, which: str) -> None:
    clock = ManualClock()
    async with (
        platform(tmp_path, clock=clock) as served,
        scripted_server(quiet) as server,
        opened(served, which, server.url) as response,
    ):
        lines = response.aiter_lines()
        if which != "gateway":
            assert await anext(lines) == ": headway event stream"
        reading = asyncio.create_task(_until(lines, ": keep-alive"))
        for _ in range(3):
            await served.get("/workspaces")
            clock.advance(0.01)
        clock.advance(14.9)
        await served.get("/workspaces")
        await served.get("/workspaces")
        assert not reading.done()
        clock.advance(0.1)
        await asyncio.wait_for(reading, 10)


async def _until(lines: AsyncIterator[str], wanted: str) -> None:
    async for line in lines:
        if line == wanted:
            return
