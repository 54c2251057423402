"""Older finished delegations: fetched when a person goes to the end of those that are held, and let go again."""

from __future__ import annotations

import asyncio

import pytest
from headway.connectors.errors import NotFound, NotReachable
from headway.core.delegation import Group, Status
from headway.dashboard.history import PAUSE
from headway.dashboard.look import Look
from support.boards import OpenBoard, open_board
from support.fake_connector import FakeConnector
from textual.events import AppBlur


def ended(count: int, *, held: int, page: int = 1_000) -> FakeConnector:
    """So many that ended, a second apart, of which a snapshot has the newest `held`; the last one is `task 1`."""
    connector = FakeConnector()
    coder = connector.agent("coder")
    for number in range(count, 0, -1):
        one = connector.send(coder, f"task {number}", status=Status.IN_PROGRESS, ago_ms=number * 1_000 + 500)
        connector.complete(one, "done", ago_ms=number * 1_000)
    connector.snapshot_finished, connector.older_page = held, page
    return connector


async def go(board: OpenBoard, *keys: str) -> None:
    await board.pilot.press(*keys)
    await board.settled()


def held(board: OpenBoard) -> int:
    return len(board.app.session.store.group(Group.COMPLETED))


@pytest.mark.req("D1")
async def test_the_end_of_what_is_held_is_not_the_end() -> None:
    connector = ended(95, held=20, page=30)
    async with open_board(connector) as board:
        assert "Completed 20 of 95" in board.text()
        await go(board, "3", "end")
        await board.until(lambda: held(board) == 50)
        assert "Completed 50 of 95" in board.text()
        under_cursor = board.board.tables.under_cursor
        assert under_cursor is not None
        assert under_cursor.task_preview == "task 20", "the cursor stays where it was"
        await go(board, "down")
        assert connector.rows[board.table(Group.COMPLETED).cursor_id or ""].task_preview == "task 21"
        for expected in (80, 95):
            await go(board, "end")
            await board.until(lambda expected=expected: held(board) == expected)
        await go(board, "end")
        await board.seen("task 95")
        assert "Completed 95" in board.text()
        assert "of 95" not in board.text()
        assert len(connector.calls.looked_back) == 3
        order = [connector.rows[one].task_preview for one in board.table(Group.COMPLETED).view.ids()]
        assert order == [f"task {number}" for number in range(1, 96)]


async def test_who_is_back_at_the_newest_holds_no_more_than_before() -> None:
    async with open_board(ended(95, held=20, page=30), finished_kept=25) as board:
        await go(board, "3", "end")
        await board.until(lambda: held(board) == 50)
        await go(board, "home")
        await board.until(lambda: held(board) == 25)
        assert "Completed 25 of 95" in board.text()
        await go(board, "end")
        await board.until(lambda: held(board) == 55)


async def test_what_is_scrolled_to_by_mouse_is_fetched_too() -> None:
    async with open_board(ended(95, held=40, page=30)) as board:
        table = board.table(Group.COMPLETED)
        assert held(board) == 40
        table.scroll_to(y=5, animate=False, force=True)
        await board.settled()
        assert not board.connector.calls.looked_back
        table.scroll_end(animate=False, force=True)
        await board.until(lambda: held(board) == 70)


async def test_where_the_oldest_come_first_older_ones_are_before_them() -> None:
    async with open_board(ended(95, held=40, page=30)) as board:
        await go(board, "3", "S", "end")
        assert not board.connector.calls.looked_back
        await go(board, "home")
        await board.until(lambda: held(board) == 70)


async def test_older_ones_are_no_news() -> None:
    """Nobody is called for them, and none stands out as if it had just come."""
    connector = ended(30, held=10)
    async with open_board(connector, record=True, look=Look(notifications="bell")) as board:
        board.app.post_message(AppBlur())
        await board.settled()
        board.forget()
        await go(board, "3", "end")
        await board.until(lambda: held(board) == 30)
        await board.settled()
        assert "\a" not in board.written
        assert not board.table(Group.COMPLETED)._fresh


async def test_a_failure_is_told_once_and_tried_again_after_a_while() -> None:
    connector = ended(30, held=10)
    connector.errors["finished_before"] = NotReachable("The platform was not reached.")
    async with open_board(connector) as board:
        await go(board, "3", "end", "up", "down", "end")
        await board.seen("Older delegations were not fetched")
        assert (held(board), len(connector.calls.looked_back)) == (10, 1)
        connector.errors.clear()
        board.clock.advance(PAUSE)
        await go(board, "up", "end")
        await board.until(lambda: held(board) == 30)


async def test_a_platform_that_does_not_know_the_question_is_asked_once() -> None:
    connector = ended(30, held=10)
    connector.errors["finished_before"] = NotFound("There is no such thing.")
    async with open_board(connector) as board:
        await go(board, "3", "end", "up", "down", "end", "up", "end")
        assert (held(board), len(connector.calls.looked_back)) == (10, 1)
        assert "not fetched" not in board.text()


async def test_one_page_at_a_time_and_none_from_before_a_new_snapshot() -> None:
    connector = ended(30, held=10)
    gate = connector.gates["finished_before"] = asyncio.Event()
    async with open_board(connector) as board:
        await go(board, "3", "end", "up", "down", "end", "up", "end")
        assert len(connector.calls.looked_back) == 1
        session = board.app.session
        session.store.load(await connector.snapshot())
        gate.set()
        await board.settled()
        assert held(board) == 10
        await go(board, "up", "end")
        await board.until(lambda: held(board) == 30)


async def test_a_filter_is_looked_for_in_older_ones_too() -> None:
    async with open_board(ended(95, held=20, page=80)) as board:
        await go(board, "3", "/", *"task 9", "enter", "end")
        await board.until(lambda: held(board) == 95)
        await board.seen("task 89")
        assert "Completed 15 of 95" in board.text()
