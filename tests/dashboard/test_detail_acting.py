"""The acting keys on the detail screen: about the delegation that is shown there, whatever the board's cursor is on."""

from __future__ import annotations

import pytest
from headway.core.delegation import Group, Status
from headway.dashboard.action import Where
from headway.dashboard.actions import actions_on
from headway.dashboard.grace import GRACE
from headway.dashboard.screens.detail import DetailScreen
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector


def two_running(**options: bool) -> tuple[FakeConnector, str, str]:
    """One delegation to look at, and one that is marked and must be left alone."""
    connector = FakeConnector(now_ms=NOW_MS, **options)
    planner = connector.agent("planner")
    connector.agent("scraper")
    shown = connector.send(planner, "Plan the quarter", status=Status.IN_PROGRESS, ago_ms=42_000)
    other = connector.send(planner, "Another one", status=Status.IN_PROGRESS, ago_ms=10_000)
    return connector, shown, other


async def look_at(board: OpenBoard, did: str, *, mark: str | None = None) -> DetailScreen:
    """Open the detail of one; `mark` another on the board before."""
    table = board.table(Group.IN_PROGRESS)
    for one, key in ((mark, "space"), (did, "enter")):
        if one is not None:
            table.select(one)
            await board.settled()
            await board.pilot.press(key)
    await board.until(lambda: isinstance(board.app.screen, DetailScreen))
    assert isinstance(board.app.screen, DetailScreen)
    return board.app.screen


async def back_on(board: OpenBoard, screen: DetailScreen) -> None:
    await board.until(lambda: board.app.screen is screen)


@pytest.mark.req("D2")
async def test_poll_and_cancel_are_about_what_is_shown_and_not_about_what_is_marked() -> None:
    connector, shown, other = two_running()
    async with open_board(connector) as board:
        screen = await look_at(board, shown, mark=other)
        keys = screen.key_bar.render_line(0).text
        assert "p Poll" in keys
        assert "x Cancel" in keys
        await board.pilot.press("p")
        await board.until(lambda: connector.calls.polled)
        await board.pilot.press("x")
        await board.seen("Cancel this delegation?")
        assert "Plan the quarter" in board.text()
        await board.pilot.press("y")
        await board.until(lambda: connector.calls.canceled)
        await back_on(board, screen)
        assert (connector.calls.polled, connector.calls.canceled) == ([shown], [shown])
        await board.until(lambda: "x Cancel" not in screen.key_bar.render_line(0).text)


@pytest.mark.req("D2")
async def test_a_question_is_answered_where_it_is_read() -> None:
    connector, shown, _ = two_running()
    async with open_board(connector) as board:
        screen = await look_at(board, shown)
        assert "r Reply" not in board.text()
        connector.become(shown, Status.INPUT_REQUIRED, message="Q3 or Q4?")
        await board.seen("r Reply")
        await board.pilot.press("r", *"Q4", "ctrl+s")
        await board.until(lambda: connector.calls.replied)
        assert connector.calls.replied == [(shown, "Q4")]
        await back_on(board, screen)


@pytest.mark.req("D2")
async def test_what_failed_is_retried_or_handed_to_another_and_this_screen_stays_on_it() -> None:
    connector, shown, _ = two_running()
    connector.records[shown] = {"task": "Plan the quarter\nwith the platform team"}
    async with open_board(connector) as board:
        screen = await look_at(board, shown)
        connector.fail(shown, "no reason")
        await board.seen("R Retry")
        await board.pilot.press("R")
        await board.seen("Retried 0001 planner")
        assert connector.calls.retried == [shown]
        await board.pilot.press("D")
        await board.seen("with the platform team")
        await board.pilot.press(*"scr", "ctrl+s")
        await board.until(lambda: connector.calls.dispatched)
        assert connector.calls.dispatched[0].target_id == "ws-scraper"
        await back_on(board, screen)
        assert screen.moment().row is board.app.session.store.rows[shown]


async def test_a_cancel_in_its_grace_is_undone_here() -> None:
    connector, shown, _ = two_running()
    async with open_board(connector, cancel_grace=True) as board:
        screen = await look_at(board, shown)
        await board.pilot.press("x")
        await board.seen("Will cancel this delegation in 3 s")
        await board.until(lambda: "u Undo" in screen.key_bar.render_line(0).text)
        assert "x Cancel" not in screen.key_bar.render_line(0).text
        await board.pilot.press("u")
        await board.seen("Cancel undone")
        board.clock.advance(GRACE + 1)
        await board.settled()
        assert connector.calls.canceled == []


async def test_what_the_platform_keeps_no_more_is_not_acted_on() -> None:
    connector, shown, _ = two_running()
    async with open_board(connector) as board:
        await look_at(board, shown)
        connector.evict(shown)
        await board.seen("keeps it no more")
        await board.pilot.press("p", "x", "r", "R", "D")
        await board.settled()
        assert isinstance(board.app.screen, DetailScreen)
        assert (connector.calls.polled, connector.calls.canceled) == ([], [])


@pytest.mark.req("D7")
async def test_a_read_only_board_offers_and_does_none_of_it() -> None:
    connector, shown, _ = two_running(read_only=True)
    connector.become(shown, Status.INPUT_REQUIRED, message="Q3 or Q4?")
    async with open_board(connector) as board:
        screen = await look_at(board, shown)
        for action in actions_on(Where.DETAIL):
            if action.acts:
                await board.pilot.press(*action.keys)
                await board.pilot.pause()
                assert board.app.screen is screen
                assert action.title not in screen.key_bar.render_line(0).text
        calls = connector.calls
        assert not any((calls.polled, calls.canceled, calls.replied, calls.retried, calls.dispatched))
