"""Reply, retry, dispatch again, the time of grace of a cancel, and keys typed before a dialog is there."""

from __future__ import annotations

import asyncio

import pytest
from headway.connectors.errors import Conflict, NotReachable, OutcomeUnknown
from headway.core.delegation import Group, Status
from headway.dashboard.grace import GRACE
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.dispatch import DispatchScreen
from headway.dashboard.screens.reply import ReplyScreen
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector
from textual.events import Key
from textual.widgets import OptionList, TextArea

QUESTION = "Which quarter do you mean,\nQ3 or Q4?"


def asking(**options: bool) -> tuple[FakeConnector, str]:
    """One delegation whose agent asks something."""
    connector = FakeConnector(now_ms=NOW_MS, **options)
    planner = connector.agent("planner")
    connector.agent("coder")
    connector.agent("scraper")
    did = connector.send(planner, "Plan the quarter", status=Status.IN_PROGRESS, ago_ms=42_000)
    connector.become(did, Status.INPUT_REQUIRED, message=QUESTION)
    return connector, did


async def back(board: OpenBoard) -> None:
    await board.until(lambda: isinstance(board.app.screen, BoardScreen))


@pytest.mark.req("D2")
async def test_reply_shows_the_question_and_sends_several_lines() -> None:
    connector, did = asking()
    async with open_board(connector) as board:
        assert "r Reply" in board.text("keys")
        await board.pilot.press("r")
        await board.seen("Which quarter do you mean,")
        await board.seen("Q3 or Q4?")
        await board.seen("^s send   esc keep the draft")
        await board.pilot.press(*"Q4,", "enter", *"all of it", "ctrl+s")
        await board.seen("Replied to 0001 planner")
        assert connector.calls.replied == [(did, "Q4,\nall of it")]
        await board.until(lambda: "r Reply" not in board.text("keys"))


async def test_the_draft_of_a_reply_survives_leaving_and_a_failure() -> None:
    connector, did = asking()
    connector.errors["reply"] = NotReachable("The platform was not reached.")
    async with open_board(connector) as board:
        await board.pilot.press("r", *"half a", "escape")
        await back(board)
        await board.pilot.press("r")
        await board.seen("half a")
        await board.pilot.press(*" thought", "ctrl+s")
        await board.seen("did not happen")
        await board.pilot.press("r")
        await board.seen("half a thought")
        await board.pilot.press("ctrl+s")
        await board.seen("Replied to")
        assert connector.calls.replied[-1] == (did, "half a thought")


async def test_an_empty_reply_is_not_sent() -> None:
    connector, _ = asking()
    async with open_board(connector) as board:
        await board.pilot.press("r", "space", "ctrl+s")
        await board.seen("The answer is empty")
        assert connector.calls.replied == []


async def test_a_delegation_that_asks_no_more_is_not_answered() -> None:
    connector, did = asking()
    async with open_board(connector) as board:
        await board.pilot.press("r", *"Q4")
        await board.until(lambda: isinstance(board.app.screen, ReplyScreen))
        connector.complete(did)
        await board.seen("It does not ask any more")
        await board.pilot.press("ctrl+s")
        await board.pilot.pause()
        assert isinstance(board.app.screen, ReplyScreen)
        assert connector.calls.replied == []


async def test_a_reply_of_unknown_outcome_is_called_that() -> None:
    connector, _ = asking()
    connector.errors["reply"] = OutcomeUnknown("No answer came in time.", unchanged="It may have been taken.")
    async with open_board(connector) as board:
        await board.pilot.press("r", *"Q4", "ctrl+s")
        await board.seen("Reply to 0001 planner: outcome unknown")
        await board.seen("Read again: 0001 planner is input required")


@pytest.mark.req("D2")
async def test_retry_hands_a_failed_one_over_again_and_selects_the_new_one() -> None:
    connector, did = asking()
    connector.fail(did, "no reason")
    async with open_board(connector) as board:
        await board.pilot.press("3")
        assert "R Retry" in board.text("keys")
        await board.pilot.press("R")
        await board.seen("Retried 0001 planner")
        assert connector.calls.retried == [did]
        await board.until(lambda: board.table(Group.QUEUED).has_class("-active"))
        assert board.board.selected is not None
        assert board.board.selected.delegation_id != did


async def test_what_was_completed_is_not_retried() -> None:
    connector, did = asking()
    connector.complete(did)
    async with open_board(connector) as board:
        await board.pilot.press("3", "R")
        await board.pilot.pause()
        assert "Retry" not in board.text("keys")
        assert connector.calls.retried == []
        connector.errors["retry"] = Conflict("It was completed.")
        await board.app.session.operations.retry(board.app.session.store.rows[did])
        await board.seen("It was completed.")


async def test_dispatch_again_takes_the_whole_task_to_another_agent() -> None:
    connector, did = asking()
    connector.records[did] = {"task": "Plan the quarter\nwith the platform team"}
    async with open_board(connector) as board:
        await board.pilot.press("D")
        await board.seen("with the platform team")
        chosen = board.app.screen.query_one(OptionList).highlighted_option
        assert chosen is not None
        assert chosen.id != "ws-planner"
        assert "has had this task" in board.text()
        await board.pilot.press(*"scr", "ctrl+s")
        await board.until(lambda: connector.calls.dispatched)
        (order,) = connector.calls.dispatched
        assert (order.target_id, order.task) == ("ws-scraper", "Plan the quarter\nwith the platform team")


async def test_a_task_that_is_still_read_or_cannot_be_is_not_sent_as_another() -> None:
    connector, _ = asking()
    connector.gates["delegation"] = asyncio.Event()
    connector.errors["delegation"] = NotReachable("The platform was not reached.")
    async with open_board(connector) as board:
        await board.pilot.press("D", "ctrl+s")
        await board.seen("The task is still being read")
        connector.gates["delegation"].set()
        await board.seen("The task could not be read")
        await board.pilot.press("ctrl+s")
        await board.seen("The task is empty")
        assert connector.calls.dispatched == []


async def test_the_agents_in_the_dialog_are_those_of_the_moment() -> None:
    connector, _ = asking()
    async with open_board(connector) as board:
        await board.pilot.press("d")
        await board.seen("Dispatch ─")
        chosen = board.app.screen.query_one(OptionList).highlighted_option
        assert chosen is not None
        assert chosen.id == "ws-planner"
        connector.heartbeat("ws-coder", active_tasks=3, max_concurrent_tasks=8)
        await board.seen("3/8 busy")
        chosen = board.app.screen.query_one(OptionList).highlighted_option
        assert chosen is not None
        assert chosen.id == "ws-planner"


async def test_keys_typed_in_one_burst_with_d_are_not_lost() -> None:
    connector, _ = asking()
    async with open_board(connector) as board:
        driver = board.app._driver
        assert driver is not None
        for key in ("d", *"scr", "enter", *"Crawl", "enter", *"the site", "ctrl+s"):
            character = {"enter": "\r", "ctrl+s": "\x13"}.get(key, key)
            driver.process_message(Key("space" if key == " " else key, character))
        await board.until(lambda: connector.calls.dispatched)
        (order,) = connector.calls.dispatched
        assert (order.target_id, order.task) == ("ws-scraper", "Crawl\nthe site")


async def test_with_grace_a_cancel_is_sent_after_it_and_can_be_undone_before() -> None:
    connector, did = asking()
    async with open_board(connector, cancel_grace=True) as board:
        await board.pilot.press("x")
        await board.seen("Will cancel this delegation in 3 s")
        await board.until(lambda: "will cancel" in board.text("in_progress"))
        assert "u Undo" in board.text("keys")
        assert "x Cancel" not in board.text("keys")
        await board.pilot.press("u")
        await board.seen("Cancel undone")
        await board.until(lambda: "will cancel" not in board.text("in_progress"))
        board.clock.advance(GRACE + 1)
        await board.settled()
        assert connector.calls.canceled == []
        await board.pilot.press("x")
        await board.until(lambda: "will cancel" in board.text("in_progress"))
        board.clock.advance(GRACE - 0.1)
        await board.settled()
        assert connector.calls.canceled == []
        board.clock.advance(0.2)
        await board.until(lambda: connector.calls.canceled == [did])


@pytest.mark.req("D7")
async def test_read_only_refuses_every_acting_key_and_again_in_operations_and_says_so_on_top() -> None:
    connector, did = asking(read_only=True)
    failed = connector.send("ws-coder", "a task", status=Status.IN_PROGRESS)
    connector.fail(failed, "no reason")
    async with open_board(connector) as board:
        assert "read-only" in board.text("top")
        for table in "123":
            await board.pilot.press(table, "d", "D", "p", "P", "x", "r", "R", "space", "asterisk", "u")
            await board.pilot.pause()
            assert isinstance(board.app.screen, BoardScreen)
            for title in ("Dispatch", "Poll", "Cancel", "Reply", "Retry", "Mark", "Undo"):
                assert title not in board.text("keys")
        rows, operations = board.app.session.store.rows, board.app.session.operations
        await operations.cancel(rows[did])
        await operations.cancel(rows[did], rows[failed])
        await operations.poll([rows[did]])
        assert not await operations.reply(rows[did], "Q4")
        assert await operations.retry(rows[failed]) == []
        assert await operations.dispatch(operations.order("ws-coder", "a task")) is None
        await board.seen("This board is read-only.")
        calls = connector.calls
        assert not any((calls.canceled, calls.polled, calls.replied, calls.retried, calls.dispatched))


async def test_a_dialog_with_a_draft_is_not_lost_to_another_screen_behind_it() -> None:
    connector, _ = asking()
    async with open_board(connector) as board:
        await board.pilot.press("d", "enter", *"half")
        await board.until(lambda: isinstance(board.app.screen, DispatchScreen))
        connector.send("ws-coder", "another", status=Status.QUEUED)
        await board.frame()
        assert board.app.screen.query_one(TextArea).text == "half"


async def test_a_filter_typed_and_kept_in_one_burst_holds_and_shows() -> None:
    connector, _ = asking()
    connector.send("ws-coder", "another", status=Status.IN_PROGRESS)
    async with open_board(connector) as board:
        driver = board.app._driver
        assert driver is not None
        for key, character in (("slash", "/"), *((one, one) for one in "quarter"), ("enter", "\r")):
            driver.process_message(Key(key, character))
        await board.seen("1 of 2 match")
        await board.until(lambda: not board.board.moment().typing)
        await board.settled()
        assert "/ quarter" in board.text()
        assert "1 of 2 match" in board.text()
        assert "another" not in board.text("in_progress")
