"""Marked delegations: how they are marked, what keeps and ends a mark, and what acts on all of them."""

from __future__ import annotations

import asyncio

import pytest
from headway.connectors.errors import NotReachable
from headway.core.delegation import Group, Status
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.cancel import CancelScreen
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector
from textual.widgets import Button


def running(count: int = 5, **options: bool) -> tuple[FakeConnector, list[str]]:
    """Delegations task-0, task-1, …, the first of them on top."""
    connector = FakeConnector(now_ms=NOW_MS, **options)
    coder = connector.agent("coder")
    ids = [
        connector.send(coder, f"task-{number}", status=Status.IN_PROGRESS, ago_ms=1_000 * (count - number))
        for number in range(count)
    ]
    return connector, ids


def marked(board: OpenBoard) -> set[str]:
    """The tasks on the lines that carry the sign, of all tables."""
    lines = [line for group in Group for line in board.text(group.value).splitlines() if "◆" in line]
    return {next(word for word in line.split() if word.startswith("task-")) for line in lines}


async def test_space_marks_and_goes_on_and_again_unmarks() -> None:
    connector, _ = running()
    async with open_board(connector) as board:
        await board.pilot.press("space", "space", "down", "space")
        await board.until(lambda: marked(board) == {"task-0", "task-1", "task-3"})
        assert "In progress 5 · 3 marked" in board.text("in_progress")
        assert "◆ 3 marked" in board.text("top")
        await board.pilot.press("home", "space")
        await board.until(lambda: marked(board) == {"task-1", "task-3"})


async def test_marks_are_of_ids_whatever_moves() -> None:
    connector, ids = running()
    async with open_board(connector) as board:
        await board.pilot.press("space", "down", "space")
        connector.complete(ids[0])
        connector.send("ws-coder", "task-old", status=Status.IN_PROGRESS, ago_ms=90_000)
        await board.frame()
        assert marked(board) == {"task-0", "task-2"}
        assert "Completed 1 · 1 marked" in board.text("completed")
        for keys in (["s"], ["S"], ["slash", *"task-4", "enter"]):
            await board.pilot.press(*keys)
            await board.pilot.pause()
            assert "◆ 2 marked" in board.text("top")
        await board.pilot.press("escape")
        await board.until(lambda: marked(board) == {"task-0", "task-2"})


async def test_the_star_marks_what_matches_in_this_table_and_again_unmarks_it() -> None:
    connector, _ = running(12)
    connector.send("ws-coder", "task-1-later", status=Status.QUEUED)
    async with open_board(connector) as board:
        await board.pilot.press("slash", *"task-1", "enter", "asterisk")
        await board.until(lambda: "◆ 3 marked" in board.text("top"))
        await board.pilot.press("escape")
        await board.until(lambda: marked(board) >= {"task-1", "task-10"} or "·" in board.text("in_progress"))
        assert marked(board) <= {"task-1", "task-10", "task-11"}
        await board.pilot.press("asterisk")
        await board.until(lambda: "◆ 12 marked" in board.text("top"))
        await board.pilot.press("asterisk")
        await board.until(lambda: "marked" not in board.text("top"))


async def test_escape_clears_the_filter_first_and_then_the_marks() -> None:
    connector, _ = running()
    async with open_board(connector) as board:
        await board.pilot.press("space", "slash", *"task", "enter", "escape")
        await board.until(lambda: "match" not in board.text())
        assert "◆ 1 marked" in board.text("top")
        assert "esc Clear" in board.text("keys")
        await board.pilot.press("escape")
        await board.until(lambda: "marked" not in board.text("top"))
        assert "esc Clear" not in board.text("keys")


async def test_one_that_is_evicted_is_marked_no_more() -> None:
    connector, ids = running()
    async with open_board(connector) as board:
        await board.pilot.press("space", "space")
        connector.complete(ids[0])
        await board.frame()
        connector.evict(ids[0])
        await board.frame()
        assert "◆ 1 marked" in board.text("top")
        assert marked(board) == {"task-1"}


async def test_poll_asks_after_all_marked_that_have_not_ended() -> None:
    connector, ids = running()
    async with open_board(connector) as board:
        await board.pilot.press("space", "space", "space")
        connector.complete(ids[1])
        await board.frame()
        await board.pilot.press("p")
        await board.seen("Polled 2 delegations")
        assert sorted(connector.calls.polled) == [ids[0], ids[2]]


@pytest.mark.req("D4")
async def test_a_cancel_of_marked_ones_names_them_and_what_cannot_be_canceled() -> None:
    connector, ids = running(9)
    async with open_board(connector) as board:
        await board.pilot.press(*["space"] * 9)
        connector.complete(ids[8])
        await board.frame()
        await board.pilot.press("x")
        await board.seen("Cancel 9 delegations?")
        dialog = board.app.screen
        assert isinstance(dialog, CancelScreen)
        assert isinstance(dialog.focused, Button)
        assert dialog.focused.id == "no"
        shown = board.text()
        for number in (0, 5, 8):
            assert f"{ids[number][:8]}  coder" in shown
            assert f"task-{number}" in shown
        for words in ("and 2 more", "1 cannot be canceled: finished", "8 running", "y cancel them"):
            assert words in shown
        await board.pilot.press("enter")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        assert connector.calls.canceled == []
        assert "◆ 9 marked" in board.text("top")


@pytest.mark.req("D4")
async def test_confirmed_all_named_are_canceled_and_one_notice_says_how_it_went() -> None:
    connector, ids = running(6)
    queued = connector.send("ws-coder", "task-late", status=Status.QUEUED)
    async with open_board(connector) as board:
        await board.pilot.press(*["space"] * 4, "1", "space", "x")
        await board.seen("Cancel 5 delegations?")
        assert "1 waiting" in board.text()
        # One ends while the question stands, and is said to; another comes and is no part of it.
        connector.complete(ids[2])
        connector.send("ws-coder", "task-new", status=Status.IN_PROGRESS)
        await board.seen("1 cannot be canceled: finished")
        await board.pilot.press("y")
        await board.seen("Canceling 4, 1 had finished")
        assert sorted(connector.calls.canceled) == sorted([ids[0], ids[1], ids[3], queued])
        assert "marked" not in board.text("top")


async def test_canceling_many_shows_on_every_row_at_once_and_is_taken_back_where_it_failed() -> None:
    connector, ids = running(3)
    connector.send("ws-coder", "task-late", status=Status.QUEUED)
    connector.gates["cancel"] = asyncio.Event()
    connector.errors["cancel"] = NotReachable("The platform was not reached.")
    async with open_board(connector) as board:
        await board.pilot.press("asterisk", "1", "space", "x", "y")
        await board.until(lambda: board.text("in_progress").count("canceling…") == 3)
        assert "canceling…" in board.text("queued")
        connector.gates["cancel"].set()
        await board.seen("did not happen")
        await board.seen("The platform was not reached.")
        assert len(set(connector.calls.canceled)) <= 4
        assert set(connector.calls.canceled) <= {*ids, *connector.rows}


async def test_retry_of_marked_ones_asks_first_and_leaves_out_what_was_completed() -> None:
    connector, ids = running(3)
    connector.fail(ids[0], "no reason")
    connector.end_canceled(ids[1])
    connector.complete(ids[2])
    async with open_board(connector) as board:
        await board.pilot.press("3", "asterisk", "R")
        await board.seen("Retry 3 delegations?")
        await board.seen("1 cannot be retried")
        await board.pilot.press("y")
        await board.seen("Retried 2, 1 had nothing to retry")
        assert sorted(connector.calls.retried) == ids[:2]
