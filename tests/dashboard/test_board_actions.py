"""Keys on the board, and what reaches the platform for them."""

from __future__ import annotations

import asyncio

import pytest
from headway.connectors.errors import Conflict, NotAllowed, NotReachable, OutcomeUnknown
from headway.core.delegation import Group, Status
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.cancel import CancelScreen
from headway.dashboard.screens.dispatch import DispatchScreen
from headway.dashboard.screens.help import HelpScreen
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector
from textual.widgets import Button, Input, OptionList, TextArea


def one_running(**options: bool) -> tuple[FakeConnector, str]:
    connector = FakeConnector(now_ms=NOW_MS, **options)
    coder = connector.agent("coder")
    connector.agent("planner")
    connector.agent("scraper")
    return connector, connector.send(coder, "Fix the race", status=Status.IN_PROGRESS, ago_ms=42_000)


@pytest.mark.req("D2")
async def test_poll_asks_about_the_one_under_the_cursor() -> None:
    connector, running = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("p")
        await board.seen("Polled 0001 coder")
        assert connector.calls.polled == [running]


async def test_poll_waiting_asks_about_every_queued_and_stuck_one_and_no_other() -> None:
    connector, _ = one_running()
    queued = connector.send("ws-coder", "later", status=Status.QUEUED)
    stuck = connector.send("ws-coder", "hanging", status=Status.IN_PROGRESS)
    connector.become(stuck, Status.STUCK)
    async with open_board(connector) as board:
        await board.pilot.press("P")
        await board.seen("Polled 2 delegations")
        assert sorted(connector.calls.polled) == sorted([queued, stuck])


async def test_cancel_names_its_delegation_and_has_the_focus_on_no() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("x")
        await board.seen("Cancel this delegation?")
        dialog = board.app.screen
        assert isinstance(dialog, CancelScreen)
        assert isinstance(dialog.focused, Button)
        assert dialog.focused.id == "no"
        shown = board.text()
        for words in ("coder", "Fix the race", "agent is asked to stop", "y cancel it", "n or esc leave it"):
            assert words in shown


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
async def test_leaving_the_cancel_dialog_changes_nothing(key: str) -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("x")
        await board.seen("Cancel this delegation?")
        await board.pilot.press(key)
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        assert connector.calls.canceled == []


@pytest.mark.req("D2")
async def test_a_confirmed_cancel_shows_at_once_and_then_what_the_platform_says() -> None:
    connector, running = one_running()
    connector.gates["cancel"] = asyncio.Event()
    async with open_board(connector) as board:
        await board.pilot.press("x")
        await board.pilot.press("y")
        await board.until(lambda: "canceling…" in board.text("in_progress"))
        assert connector.rows[running].status is Status.IN_PROGRESS
        assert "Cancel" not in board.text("keys")
        connector.gates["cancel"].set()
        await board.seen("Canceling 0001 coder")
        assert connector.calls.canceled == [running]
        connector.end_canceled(running, "the agent confirmed that it stopped")
        await board.until(lambda: "the agent co" in board.text("completed"))


async def test_a_queued_one_is_told_to_leave_the_queue_without_its_agent() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.send(connector.agent("coder"), "later", status=Status.QUEUED)
    async with open_board(connector) as board:
        await board.pilot.press("x")
        await board.seen("the agent hears nothing of it.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotReachable("The platform was not reached."), "did not happen"),
        (Conflict("It is completed.", next_step="Read it."), "Read it."),
    ],
)
async def test_a_cancel_that_failed_says_so_and_takes_its_promise_back(error: Exception, words: str) -> None:
    connector, _ = one_running()
    connector.errors["cancel"] = error  # type: ignore[assignment]
    async with open_board(connector) as board:
        await board.pilot.press("x", "y")
        await board.seen(words)
        await board.seen("Nothing was changed.")
        await board.until(lambda: "canceling" not in board.text("in_progress"))


async def test_an_unknown_outcome_is_called_that_and_read_again() -> None:
    connector, _ = one_running()
    connector.errors["cancel"] = OutcomeUnknown("No answer came in time.", unchanged="It may have been canceled.")
    async with open_board(connector) as board:
        await board.pilot.press("x", "y")
        await board.seen("outcome unknown")
        await board.seen("Read again: 0001 coder")
        await board.seen("is in progress")


@pytest.mark.req("D2")
async def test_dispatch_finds_the_agent_by_a_few_letters_and_selects_what_it_sent() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("d")
        await board.seen("Dispatch ─")
        await board.pilot.press(*"scrp", "enter")
        await board.pilot.press(*"Crawl", "enter", *"the site")
        await board.pilot.press("tab", *"100", "tab", *"30m")
        await board.pilot.press("ctrl+s")
        await board.until(lambda: connector.calls.dispatched)
        (order,) = connector.calls.dispatched
        assert (order.target_id, order.task) == ("ws-scraper", "Crawl\nthe site")
        assert (order.priority, order.expires_in_seconds) == (100, 1_800)
        assert order.idempotency_key
        await board.until(lambda: board.table(Group.QUEUED).has_class("-active"))
        assert board.table(Group.QUEUED).cursor_id == "00020000-0000-4000-8000-000000000000"


async def fill(board: OpenBoard, task: str) -> None:
    await board.pilot.press("d")
    await board.until(lambda: isinstance(board.app.screen, DispatchScreen))
    board.app.screen.query_one(TextArea).text = task


async def test_a_search_that_no_agent_fits_says_so_in_the_list() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await fill(board, "for nobody")
        await board.pilot.press(*"qqq")
        await board.seen("No agent fits the search. Clear it to see them all.")
        await board.pilot.press("down", "ctrl+s", *["backspace"] * 3)
        agents = board.app.screen.query_one(OptionList)
        await board.until(lambda: agents.highlighted_option is not None and agents.highlighted_option.id is not None)
        assert connector.calls.dispatched == []


async def test_the_draft_survives_leaving() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await fill(board, "half a thought")
        board.app.screen.query_one("#priority", Input).value = "10"
        await board.pilot.press("down", "down")
        chosen = board.app.screen.query_one(OptionList).highlighted
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        await board.pilot.press("d")
        await board.seen("half a thought")
        assert board.app.screen.query_one("#priority", Input).value == "10"
        assert board.app.screen.query_one(OptionList).highlighted == chosen
        assert connector.calls.dispatched == []


async def test_a_dispatch_that_failed_keeps_what_was_typed() -> None:
    connector, _ = one_running()
    connector.errors["dispatch"] = NotReachable("The platform was not reached.")
    async with open_board(connector) as board:
        await fill(board, "do not lose me")
        await board.pilot.press("ctrl+s")
        await board.seen("did not happen")
        await board.pilot.press("d")
        await board.seen("do not lose me")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("#priority", "high", "whole number"), ("#priority", "1001", "0 to 1000"), ("#expiry", "soon", "30m, 2h or 1d")],
)
async def test_what_cannot_be_sent_is_explained_and_not_sent(field: str, value: str, words: str) -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await fill(board, "a task")
        board.app.screen.query_one(field, Input).value = value
        await board.pilot.pause()
        await board.pilot.press("ctrl+s")
        await board.seen(words)
        assert connector.calls.dispatched == []


async def test_an_empty_task_is_not_sent() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await fill(board, "  \n ")
        await board.pilot.press("ctrl+s")
        await board.seen("The task is empty")
        assert connector.calls.dispatched == []


async def test_read_only_hides_and_refuses_acting_keys() -> None:
    connector, running = one_running(read_only=True)
    async with open_board(connector) as board:
        assert "Dispatch" not in board.text("keys")
        assert "Cancel" not in board.text("keys")
        await board.pilot.press("d", "x", "p", "P")
        await board.pilot.pause()
        assert isinstance(board.app.screen, BoardScreen)
        row = board.app.session.store.rows[running]
        operations = board.app.session.operations
        await operations.cancel(row)
        await operations.poll([row])
        assert await operations.dispatch(operations.order("ws-coder", "a task")) is None
        await board.seen("This board is read-only.")
        calls = connector.calls
        assert (calls.canceled, calls.polled, calls.dispatched) == ([], [], [])


async def test_not_allowed_stops_a_poll_of_many_at_the_first() -> None:
    connector, _ = one_running()
    for number in range(3):
        connector.send("ws-coder", f"later {number}", status=Status.QUEUED)
    connector.errors["poll"] = NotAllowed("This token may not poll.")
    async with open_board(connector) as board:
        await board.pilot.press("P")
        await board.seen("This token may not poll.")
        assert len(connector.calls.polled) == 1


async def test_pin_keeps_a_stream_beside_the_selected_one() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("o")
        await board.pilot.press("down", "down")
        await board.until(lambda: "Naming the attempt" in board.text("streams"))
        assert "shard 17 of 64" in board.text("streams")
        await board.pilot.press("up", "up", "o", "down", "down")
        await board.until(lambda: "shard 17 of 64" not in board.text("streams"))


async def test_a_stream_is_wrapped_to_the_width_of_its_pane_as_soon_as_it_is_pinned() -> None:
    connector, running = one_running()
    line = "Looking for the points of no return: 2"
    connector.say(running, f"{line}\n")
    async with open_board(connector) as board:
        await board.seen(line)
        await board.pilot.press("o")
        await board.until(lambda: len(board.app.screen.query("StreamPane")) == 2)
        await board.settled()
        await board.seen(line, seconds=1.0)


async def test_no_more_streams_are_pinned_than_there_is_room_for() -> None:
    async with open_board(fleet()) as board:
        for _ in range(5):
            await board.pilot.press("o", "down")
        await board.seen("4 streams are pinned")


async def test_filter_as_you_type_counts_errs_and_clears() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("slash", *"coder")
        await board.seen("6 of 14 match")
        await board.seen("Queued 2 of 3")
        await board.pilot.press("enter")
        assert board.board.focused is board.table(Group.IN_PROGRESS)
        await board.pilot.press("slash", "space", *"colour:red")
        await board.seen("There is no field colour:")
        await board.seen("Queued 0 of 3")
        await board.pilot.press("escape")
        await board.seen("Queued 3 ─")
        assert "match" not in board.text()


async def test_a_filter_with_time_lets_others_pass_as_time_goes_on() -> None:
    connector, _ = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("slash", *"older:1m")
        await board.seen("In progress 0 of 1")
        board.clock.advance(20)
        board.board.tick()
        await board.seen("In progress 1 of 1")


@pytest.mark.parametrize(("width", "shown"), [(120, []), (200, ["output"])])
async def test_sort_goes_through_the_columns_that_are_shown_and_back(width: int, shown: list[str]) -> None:
    async with open_board(fleet(), size=(width, 36)) as board:
        table = board.table(Group.IN_PROGRESS)
        seen = []
        for _ in range(5 + len(shown)):
            await board.pilot.press("s")
            await board.until(lambda: "▴" in board.text("in_progress"))
            seen.append(table.view.sort_column)
        assert seen == [*shown, "target", "task", "progress", "last", "elapsed"]
        first = table.view.id_at(0)
        await board.pilot.press("S")
        assert table.view.id_at(len(table.view) - 1) == first
        assert "for▾" in board.text("in_progress")


async def test_help_shows_every_key_there_is() -> None:
    async with open_board(fleet(), size=(120, 70)) as board:
        await board.pilot.press("question_mark")
        await board.until(lambda: isinstance(board.app.screen, HelpScreen))
        await board.seen("Cancel this delegation, or all marked ones")
        await board.pilot.press("end")
        await board.seen("status:failed")
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))


async def test_the_palette_does_what_the_key_does() -> None:
    connector, running = one_running()
    async with open_board(connector) as board:
        await board.pilot.press("ctrl+p")
        await board.seen("Ask the agent now")
        await board.pilot.press(*"poll")
        await board.seen("Ask the agent now")
        await board.pilot.press("down", "enter")
        await board.until(lambda: connector.calls.polled)
        assert connector.calls.polled == [running]


async def test_the_footer_is_there_to_be_clicked() -> None:
    connector, running = one_running()
    async with open_board(connector) as board:
        at = board.text("keys").index("Poll")
        await board.pilot.click("#keys", offset=(at, 0))
        await board.until(lambda: connector.calls.polled == [running])


async def test_quit_leaves_no_task_behind() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("q")
        await board.until(lambda: not board.app.is_running)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_quit_asks_first_where_there_is_something_to_ask() -> None:
    asked = []

    async def stay(app: object) -> bool:
        asked.append(app)
        return len(asked) > 1

    async with open_board(fleet(), on_quit=stay) as board:
        await board.pilot.press("q")
        await board.until(lambda: len(asked) == 1)
        assert board.app.is_running
        await board.pilot.press("q")
        await board.until(lambda: not board.app.is_running)
