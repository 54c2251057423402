"""The board tells how the link stands, in words, and stays whatever happens to the platform."""

from __future__ import annotations

import pytest
from headway.connectors.connector import Closed, Opened
from headway.connectors.errors import CursorGone, NotAllowed, NotReachable
from headway.core.delegation import Group, Status
from headway.dashboard.top import SILENT_AFTER
from support.boards import NOW_MS, fleet, open_board
from support.fake_connector import FakeConnector


@pytest.mark.req("D13")
async def test_a_stuck_one_stands_out_within_a_second_without_color() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("archivist"), "Nightly index", ago_ms=700_000)
    connector.become(did, Status.IN_PROGRESS, ago_ms=660_000)
    async with open_board(connector) as board:
        assert "stuck" not in board.text()
        connector.become(did, Status.STUCK)
        await board.until(lambda: "! stuck 11m" in board.text("in_progress"), seconds=1.0)
        assert "! stuck 1" in board.text("top")


@pytest.mark.req("D14")
async def test_a_lost_platform_is_said_in_words_and_the_board_stays_navigable() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        await board.until(lambda: "● live" in board.text("top"))
        connector.interrupt(Closed("refused", 4.0))
        await board.until(lambda: "reconnecting in 4 s (refused)" in board.text("top"))
        board.clock.advance(3)
        board.board.tick()
        await board.until(lambda: "reconnecting in 1 s (refused)" in board.text("top"))
        assert "data 3s old" in board.text("top")
        await board.pilot.press("1", "down", "3")
        assert board.board.focused is board.table(Group.COMPLETED)
        assert "Scrape the change" in board.text("completed")
        connector.interrupt(Opened())
        await board.until(lambda: "● live" in board.text("top"))


@pytest.mark.req("D14")
async def test_no_platform_at_the_start_is_no_reason_to_leave() -> None:
    connector = fleet()
    connector.errors["snapshot"] = NotReachable("Nobody answers.", reason="refused")
    async with open_board(connector, ready=False) as board:
        await board.until(lambda: "reconnecting" in board.text("top"))
        assert "(refused)" in board.text("top")
        board.clock.advance(60)
        await board.until(lambda: "● live" in board.text("top"))
        assert "Queued 3" in board.text("queued")


@pytest.mark.req("D14")
async def test_an_open_link_that_brings_no_word_is_not_called_live() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        await board.until(lambda: "● live" in board.text("top"))
        board.clock.advance(SILENT_AFTER + 5)
        board.board.tick()
        await board.until(lambda: "○ silent  data 30s old" in board.text("top"))
        connector.send("ws-coder", "a word")
        await board.until(lambda: "● live" in board.text("top"))


async def test_a_stream_that_cannot_go_on_is_read_anew_and_says_what_was_missed() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        board.clock.advance(720)
        connector.unheard = True
        connector.send("ws-coder", "sent while nobody listened")
        connector.interrupt(CursorGone("The events are no longer kept."))
        await board.until(lambda: "resynced (missed 12 min)" in board.text("top"))
        assert "sent while nobody listened" in board.text("queued")


async def test_another_token_is_asked_for_and_used() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        connector.interrupt(NotAllowed("No.", needs_token=True))
        await board.until(lambda: "needs a token" in board.text("top"))
        await board.until(lambda: "Token" in board.text("keys"))
        await board.pilot.press("T")
        await board.seen("does not accept the token")
        await board.pilot.press(*"s3cret")
        assert "s3cret" not in board.text()
        await board.pilot.press("enter")
        await board.until(lambda: connector.tokens == ["s3cret"])
        await board.until(lambda: "● live" in board.text("top"))
