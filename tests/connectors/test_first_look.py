"""The first look: one snapshot asked for without an HTTP client, and nothing lost where that does not do."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from headway.connectors.errors import NotAllowed, NotReachable
from headway.connectors.first_look import FirstLook
from headway.connectors.headway import HeadwayConnector
from headway.core.api import Snapshot
from support.agents import ManualClock
from support.records import row, snapshot
from support.scripted_http import Exchange
from support.scripted_platform import Answer, ScriptedPlatform, answer, hang_up, scripted_platform

TOKEN = "of-a-test"
SEEN = snapshot(row("d1"))
NOW = snapshot(row("d1"), row("d2"), seq=2)


@pytest.fixture
async def platform() -> AsyncIterator[ScriptedPlatform]:
    async with scripted_platform() as running:
        yield running


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[HeadwayConnector]:
    first = FirstLook(url, TOKEN)
    connector = HeadwayConnector(url, TOKEN, clock=ManualClock(), rng=random.Random(1), first=first)
    async with aclosing(connector):
        yield connector


def plain(text: str, status: str = "200 OK", *, more: str = "", length: int | None = None) -> Answer:
    """An answer that says how long it is, as those of a platform do."""
    content = text.encode()

    async def send(exchange: Exchange) -> None:
        size = len(content) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\ncontent-length: {size}\r\n{more}\r\n"
        await exchange.raw(head.encode() + content)

    return send


def plainly(seen: Snapshot) -> Answer:
    return plain(seen.model_dump_json())


@pytest.mark.parametrize(("scope", "read_only"), [("admin", False), ("read", True)])
async def test_it_is_the_first_snapshot_and_later_ones_are_asked_for(
    platform: ScriptedPlatform, scope: str, read_only: bool
) -> None:
    platform.on("/snapshot", plainly(SEEN), plainly(NOW))
    platform.on("/whoami", plain(json.dumps({"scope": scope})))
    async with looking(platform.url) as connector:
        assert await connector.snapshot() == SEEN
        assert connector.capabilities.read_only is read_only
        (asked,) = platform.asked("/snapshot")
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert await connector.snapshot() == NOW
    assert len(platform.asked("/whoami")) == 1


@pytest.mark.parametrize(
    "odd",
    [
        hang_up,
        answer(json.loads(SEEN.model_dump_json())),
        plain(SEEN.model_dump_json(), length=100_000),
        plain(SEEN.model_dump_json(), more="Transfer-Encoding: chunked\r\n"),
        plain(SEEN.model_dump_json(), length=-1),
        plain("{}"),
        plain("no json"),
        plain(SEEN.model_copy(update={"epoch": "no epoch"}).model_dump_json()),
        plain('{"error": "later"}', "503 Service Unavailable"),
    ],
    ids=["nothing", "of no length", "cut off", "chunked", "nonsense", "empty", "no JSON", "no epoch", "refused"],
)
async def test_after_an_odd_answer_the_connector_asks_in_its_own_way(platform: ScriptedPlatform, odd: Answer) -> None:
    platform.on("/snapshot", odd, plainly(NOW))
    platform.on("/whoami", plain('{"scope": "admin"}'))
    async with looking(platform.url) as connector:
        assert await connector.snapshot() == NOW
    assert len(platform.asked("/snapshot")) == 2


async def test_a_platform_that_does_not_answer_is_told_as_ever(platform: ScriptedPlatform) -> None:
    platform.on("/snapshot", plain('{"error": "unknown token"}', "401 Unauthorized"))
    async with looking(platform.url) as connector:
        with pytest.raises(NotAllowed, match="unknown token"):
            await connector.snapshot()
    async with looking("http://127.0.0.1:9") as connector:
        with pytest.raises(NotReachable, match="refused"):
            await connector.snapshot()
