"""The feed through every failure: a scripted platform, real sockets, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from headway.connectors.headway import HeadwayConnector
from headway.core.delegation import Status
from headway.dashboard.feed import Feed
from headway.dashboard.link import CatchingUp, Connecting, LinkState, Live, NeedsToken, Reconnecting, Resynced
from headway.dashboard.store import Store
from support.agents import ManualClock
from support.records import completed, event, row, sent, snapshot, status
from support.scripted_http import Exchange
from support.scripted_platform import (
    Answer,
    ScriptedPlatform,
    answer,
    frame,
    hang_up,
    scripted_platform,
    stay_silent,
    stream,
    until,
)

GONE = answer({"error": "this cursor is of another ledger"}, 410)


@dataclass
class Followed:
    platform: ScriptedPlatform
    clock: ManualClock
    store: Store
    feed: Feed
    links: list[LinkState]
    """Every state of the link that was told, in order, without repetitions."""
    changes: list[None]
    running: asyncio.Task[None]

    @property
    def words(self) -> str:
        return self.feed.link.words(self.clock.monotonic())

    async def until(self, condition: Callable[[], Any], *, move: float = 0.0) -> None:
        """Wait for a condition while the clock moves by `move` seconds a turn; the feed must still be running."""

        def holds() -> bool:
            assert not self.running.done()
            if move and not condition():
                self.clock.advance(move)
            return bool(condition())

        await until(holds)

    async def until_link(self, kind: type[LinkState], *, move: float = 0.0) -> None:
        await self.until(lambda: isinstance(self.feed.link, kind), move=move)


@asynccontextmanager
async def followed(platform: ScriptedPlatform, *, token: str = "t1") -> AsyncIterator[Followed]:
    clock, store = ManualClock(), Store()
    links: list[LinkState] = []
    changes: list[None] = []

    def note() -> None:
        changes.append(None)
        if not links or links[-1] != feed.link:
            links.append(feed.link)

    connector = HeadwayConnector(platform.url, token, clock=clock, rng=random.Random(3))
    feed = Feed(connector, store, clock=clock, rng=random.Random(4), on_change=note)
    running = asyncio.create_task(feed.run())
    try:
        yield Followed(platform, clock, store, feed, links, changes, running)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await connector.aclose()
    assert running.cancelled()


@pytest.fixture
async def platform() -> AsyncIterator[ScriptedPlatform]:
    async with scripted_platform() as running:
        running.healthy(1)
        running.snapshot(snapshot(row("d1", status=Status.IN_PROGRESS)))
        running.on("/events/stream", stream())
        yield running


async def test_a_snapshot_then_its_events(platform: ScriptedPlatform) -> None:
    platform.on("/events/stream", stream(frame(sent(2, "d2")) + frame(completed(3, "d1"))))
    async with followed(platform) as board:
        assert board.feed.link == Connecting()
        assert board.feed.data_age is None
        await board.until(lambda: "d2" in board.store.rows)
        await board.until_link(Live)
        assert board.store.rows["d1"].status is Status.COMPLETED
        assert platform.asked("/events/stream")[0].headers["last-event-id"] == "e1:1"
        assert board.words.startswith("live")
        board.clock.advance(7)
        assert board.feed.data_age == 7
    await until(platform.asked("/events/stream")[0].gone.is_set)


async def test_on_change_is_told_once_a_batch(platform: ScriptedPlatform) -> None:
    go = asyncio.Event()

    async def a_thousand(exchange: Exchange) -> None:
        await go.wait()
        await exchange.raw(b"".join(frame(status(seq, "d1", "in_progress")) for seq in range(2, 302)))
        await stay_silent(exchange)

    platform.on("/events/stream", stream(then=a_thousand))
    async with followed(platform) as board:
        await board.until_link(Live)
        before = len(board.changes)
        go.set()
        await board.until(lambda: board.store.rows["d1"].seq == 301)
        assert len(board.changes) - before <= 10


@pytest.mark.req("D14")
async def test_a_platform_that_went_away_is_waited_for_with_old_data_in_words(platform: ScriptedPlatform) -> None:
    leave = asyncio.Event()

    async def until_it_leaves(exchange: Exchange) -> None:
        await leave.wait()

    platform.on("/events/stream", stream(then=until_it_leaves), hang_up)
    async with followed(platform) as board:
        await board.until_link(Live)
        leave.set()
        await board.until_link(Reconnecting)
        assert board.words == "reconnecting in 1 s (closed by the server)"
        for _ in range(20):
            failed = len(platform.asked("/events/stream"))
            await board.until(lambda failed=failed: len(platform.asked("/events/stream")) > failed, move=1)
        await board.until(lambda: "connection lost" in board.words, move=0.2)
        assert "d1" in board.store.rows
        age = board.feed.data_age
        assert age is not None
        assert age > 60

        platform.on("/events/stream", stream(frame(completed(2, "d1"))))
        platform.healthy(2)
        await board.until_link(Live, move=1)
        assert board.store.rows["d1"].status is Status.COMPLETED
        assert board.feed.data_age < 60
        assert len(platform.asked("/snapshot")) == 1


@pytest.mark.req("D14")
async def test_a_platform_that_is_not_there_yet_is_tried_again_with_growing_pauses() -> None:
    async with scripted_platform() as nobody:
        pass
    async with followed(nobody) as board:
        await board.until_link(Reconnecting)
        assert board.words == "reconnecting in 1 s (refused)"
        pauses = {link.retry_at for link in board.links if isinstance(link, Reconnecting)}
        while len(pauses) < 12:
            seen = len(board.links)
            await board.until(lambda seen=seen: len(board.links) > seen, move=1)
            pauses = {link.retry_at for link in board.links if isinstance(link, Reconnecting)}
        ordered = sorted(pauses)
        gaps = [later - earlier for earlier, later in itertools.pairwise(ordered)]
        assert gaps[0] < 3
        assert 15 <= gaps[-1] <= 32
        assert board.feed.data_age is None


@pytest.mark.parametrize(
    "first",
    [
        hang_up,
        answer({"error": "starting"}, 503),
        answer({"garbage": True}),
        answer("garbage", 500),
        answer({}, 302),
        answer({"error": "?"}, 418),
    ],
)
async def test_any_first_answer_but_a_snapshot_is_tried_again(platform: ScriptedPlatform, first: Answer) -> None:
    good = platform.answers["/snapshot"][0]
    platform.on("/snapshot", first, first, good)
    async with followed(platform) as board:
        await board.until_link(Live, move=0.2)
        assert [type(link) for link in board.links if isinstance(link, Reconnecting)]
        assert len(platform.asked("/snapshot")) == 3


@pytest.mark.parametrize("code", [401, 403])
async def test_a_token_that_is_not_taken_is_asked_for_and_nothing_is_tried_without(
    platform: ScriptedPlatform, code: int
) -> None:
    async def only_the_new_one(exchange: Exchange) -> None:
        if exchange.headers["authorization"] == "Bearer new":
            await stream(frame(completed(2, "d1")))(exchange)
        else:
            await exchange.json({"error": "invalid workspace auth token"}, code)

    platform.on("/events/stream", only_the_new_one)
    async with followed(platform, token="old") as board:
        await board.until_link(NeedsToken)
        assert board.words == f"needs a token ({'token not accepted' if code == 401 else 'not allowed'})"
        asked = len(platform.server.exchanges)
        board.clock.advance(3600)
        await asyncio.sleep(0.02)
        assert len(platform.server.exchanges) == asked
        assert set(board.store.rows) == {"d1"}
        board.feed.use_token("new")
        await board.until(lambda: board.store.rows["d1"].status is Status.COMPLETED)
        await board.until_link(Live)
        assert len(platform.asked("/snapshot")) == 1


async def test_a_cursor_that_is_gone_is_a_resync_that_says_what_was_missed(platform: ScriptedPlatform) -> None:
    leave = asyncio.Event()

    async def until_it_leaves(exchange: Exchange) -> None:
        await leave.wait()

    platform.snapshot(snapshot(row("d1")), snapshot(row("d2"), seq=400, epoch="e2"))
    platform.on("/events/stream", stream(then=until_it_leaves), GONE, stream())
    platform.healthy(400, epoch="e2")
    async with followed(platform) as board:
        await board.until_link(Live)
        leave.set()
        await board.until_link(Reconnecting)
        board.clock.advance(12 * 60)
        await board.until_link(Resynced)
        assert board.words == "resynced (missed 12 min)"
        assert set(board.store.rows) == {"d2"}
        assert platform.asked("/events/stream")[2].headers["last-event-id"] == "e2:400"
        board.clock.advance(10)
        assert isinstance(board.feed.link, Live)


async def test_a_cursor_that_is_always_gone_is_not_asked_for_in_a_tight_loop(platform: ScriptedPlatform) -> None:
    platform.on("/events/stream", GONE)
    async with followed(platform) as board:
        await board.until_link(Reconnecting)
        assert board.words == "reconnecting in 1 s (events no longer kept)"
        asked = len(platform.server.exchanges)
        await asyncio.sleep(0.02)
        assert len(platform.server.exchanges) == asked
        platform.on("/events/stream", stream())
        await board.until_link(Live, move=1)


async def test_old_failures_are_forgotten_once_events_have_come(platform: ScriptedPlatform) -> None:
    """A cursor that is gone is then answered at once, as if nothing had ever failed."""
    good = platform.answers["/snapshot"][0]
    busy = answer({"error": "starting"}, 503)
    platform.on("/snapshot", busy, busy, good)
    go = asyncio.Event()

    async def becomes_another(exchange: Exchange) -> None:
        await go.wait()
        await exchange.raw(frame(sent(3, "d3"), epoch="other"))
        await stay_silent(exchange)

    platform.on("/events/stream", stream(frame(sent(2, "d2")), then=becomes_another), stream())
    async with followed(platform) as board:
        await board.until(lambda: "d2" in board.store.rows, move=0.2)
        go.set()
        await board.until(lambda: board.store.generation == 2)
        assert len(platform.asked("/snapshot")) == 4


async def test_how_far_behind_is_said_until_it_has_caught_up(platform: ScriptedPlatform) -> None:
    platform.healthy(1241)
    go = asyncio.Event()

    async def catch_up(exchange: Exchange) -> None:
        await go.wait()
        await exchange.raw(frame(event(1241, "NEWS")))
        await stay_silent(exchange)

    platform.on("/events/stream", stream(frame(sent(2, "d2")), then=catch_up))
    async with followed(platform) as board:
        await board.until(lambda: board.feed.link == CatchingUp(1239))
        assert board.words == "catching up 1,239 events"
        go.set()
        await board.until_link(Live)


async def test_a_stream_that_is_open_again_is_no_longer_called_away_though_nobody_knows_yet_how_far_behind_it_is(
    platform: ScriptedPlatform,
) -> None:
    platform.on("/events/stream", hang_up, stream())
    platform.on("/health", stay_silent)
    async with followed(platform) as board:
        await board.until_link(Reconnecting)
        await board.until(lambda: board.feed.link == CatchingUp(), move=0.2)
        assert board.words == "catching up"


async def test_an_open_stream_is_live_also_when_its_health_cannot_be_asked(platform: ScriptedPlatform) -> None:
    platform.on("/health", hang_up)
    async with followed(platform) as board:
        await board.until(lambda: board.feed.link == Live())
        assert board.words == "live"


async def test_a_silent_stream_is_given_up_and_taken_up_again(platform: ScriptedPlatform) -> None:
    async with followed(platform) as board:
        await board.until_link(Live)
        await board.until(lambda: len(platform.asked("/events/stream")) == 2, move=5)
        assert any("silent" in link.reason for link in board.links if isinstance(link, Reconnecting))
        await board.until_link(Live, move=0.1)


async def test_garbage_on_the_stream_neither_ends_it_nor_changes_anything(platform: ScriptedPlatform) -> None:
    junk = b"id: e1:2\ndata: {\n\nid: \xff\ndata: [1]\n\n:\n\ndata: null\n\n\xff\xfe\n\n"
    platform.on("/events/stream", stream(junk, frame(sent(3, "d3"))))
    async with followed(platform) as board:
        await board.until(lambda: "d3" in board.store.rows)
        assert set(board.store.rows) == {"d1", "d3"}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Connecting(), "connecting"),
        (Live(), "live"),
        (Live(0.0084), "live 8 ms"),
        (Live(0.0), "live 1 ms"),
        (CatchingUp(), "catching up"),
        (CatchingUp(1), "catching up 1 event"),
        (Reconnecting(103.2, "refused"), "reconnecting in 4 s (refused)"),
        (Reconnecting(99.0, "refused"), "reconnecting now (refused)"),
        (NeedsToken("token not accepted"), "needs a token (token not accepted)"),
    ],
)
def test_every_state_in_words(link: LinkState, words: str) -> None:
    assert link.words(100.0) == words
