"""Keys that come in one burst, as over a slow link, act one after the other, each where the one before led to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from headway.core.delegation import Group, Status
from headway.dashboard.key_line import PATIENCE
from headway.dashboard.palette import Palette
from headway.dashboard.screens.agents import AgentsScreen
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.detail import DetailScreen
from headway.dashboard.screens.help import HelpScreen
from headway.dashboard.widgets.filter_bar import FilterBar
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector
from textual.events import Key, Paste
from textual.widgets import Input, TextArea

_CHARACTERS = {"enter": "\r", "escape": "\x1b", "tab": "\t", "ctrl+s": "\x13", "ctrl+p": "\x10", "down": None}


def burst(board: OpenBoard, *keys: str) -> None:
    """Have all of these come at once, as a read of the terminal brings them."""
    driver = board.app._driver
    assert driver is not None
    for key in keys:
        name = {" ": "space", "/": "slash", "?": "question_mark"}.get(key, key)
        driver.process_message(Key(name, _CHARACTERS.get(key, key)))


def filter_text(board: OpenBoard) -> str:
    return board.app.screen.query_one(FilterBar).input.value


async def until(board: OpenBoard, condition: Callable[[], object]) -> None:
    """Wait as long as a busy machine needs for many keys."""
    await board.until(condition, seconds=30)


async def worked_on(board: OpenBoard) -> None:
    """Wait until no key waits and none is being worked on."""
    await board.pilot.pause()
    await until(board, lambda: board.app._keys._waits_since is None and not board.app.keys_waiting)


async def detail_shown(board: OpenBoard) -> str:
    """The id of the delegation that the detail screen shows, once it is there and at rest."""
    await until(board, lambda: isinstance(board.app.screen, DetailScreen))
    await worked_on(board)
    screen = board.app.screen
    assert isinstance(screen, DetailScreen)
    return screen._looked.row.delegation_id


@pytest.mark.req("D5")
async def test_a_table_then_a_filter_then_what_it_leaves() -> None:
    connector = fleet()
    wanted = connector.send(connector.agent("coder"), "the needle", status=Status.COMPLETED)
    async with open_board(connector) as board:
        burst(board, "3", "/", *"needle", "enter")
        await worked_on(board)
        assert board.board.selected is not None
        assert board.board.selected.delegation_id == wanted
        assert board.app.focused is board.table(Group.COMPLETED)
        assert filter_text(board) == "needle"


@pytest.mark.req("D5")
async def test_a_filter_is_kept_and_what_it_leaves_is_opened() -> None:
    connector = fleet()
    wanted = connector.send(connector.agent("coder"), "the needle", status=Status.IN_PROGRESS)
    async with open_board(connector) as board:
        burst(board, "/", *"needle", "enter", "enter")
        assert await detail_shown(board) == wanted


@pytest.mark.req("D5")
async def test_moves_do_not_wait_for_each_other_but_what_comes_after_waits_for_them() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    for number in range(30):
        connector.send(coder, f"task {number}", status=Status.IN_PROGRESS)
    async with open_board(connector) as board:
        await board.pilot.press("home")
        await worked_on(board)
        wanted = board.table(Group.IN_PROGRESS).view.id_at(20)
        burst(board, *["down"] * 20, "up", "enter", "escape", "j", "enter")
        assert await detail_shown(board) == wanted


@pytest.mark.req("D5")
async def test_a_task_is_dispatched_and_the_board_goes_on_behind_it() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        burst(board, "d", *"scraper", "enter", *"Crawl", "enter", *"it all", "ctrl+s", "3", "?")
        await until(board, lambda: connector.calls.dispatched)
        (order,) = connector.calls.dispatched
        assert (connector.workspaces[order.target_id].name, order.task) == ("scraper", "Crawl\nit all")
        await until(board, lambda: isinstance(board.app.screen, HelpScreen))
        await worked_on(board)


@pytest.mark.req("D5")
async def test_what_is_typed_in_the_palette_is_found_before_it_is_chosen() -> None:
    async with open_board(fleet()) as board:
        for word, expected in (("agents", AgentsScreen), ("help", HelpScreen)):
            burst(board, "ctrl+p", *word, "enter")
            await until(board, lambda expected=expected: isinstance(board.app.screen, expected))
            await worked_on(board)
            await board.pilot.press("escape")
            await until(board, lambda: isinstance(board.app.screen, BoardScreen))


@pytest.mark.req("D5")
async def test_the_palette_opens_what_was_dispatched_from_it() -> None:
    connector = fleet()
    async with open_board(connector) as board:
        burst(board, "ctrl+p", *"dispatch", "enter", *"scraper", "tab", *"now", "ctrl+s")
        await until(board, lambda: connector.calls.dispatched)
        assert connector.calls.dispatched[0].task == "now"


@pytest.mark.req("D5")
async def test_keys_go_there_and_back_over_screens() -> None:
    async with open_board(fleet()) as board:
        burst(board, "a", "/", "s", "enter", "enter", *"3/x", "escape", "v", "escape", "?")
        await until(board, lambda: isinstance(board.app.screen, HelpScreen))
        await worked_on(board)
        assert [type(screen) for screen in board.app.screen_stack] == [BoardScreen, HelpScreen]


@pytest.mark.req("D5")
async def test_a_paste_comes_after_the_keys_before_it() -> None:
    async with open_board(fleet()) as board:
        driver = board.app._driver
        assert driver is not None
        burst(board, "d", "tab")
        driver.process_message(Paste("pasted\ntext"))
        burst(board, *" and typed")
        await until(board, lambda: board.app.screen.query(TextArea))
        await until(board, lambda: board.app.screen.query_one(TextArea).text == "pasted\ntext and typed")


async def test_every_letter_of_a_long_burst_comes_and_in_order() -> None:
    text = "".join(chr(97 + number % 26) for number in range(500))
    async with open_board(fleet()) as board:
        burst(board, "/", *text)
        await worked_on(board)
        assert filter_text(board) == text


@pytest.mark.req("D5")
async def test_letters_that_come_within_a_frame_are_one_run_of_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "coder " * 50
    async with open_board(fleet()) as board:
        view, app = board.table(Group.IN_PROGRESS).view, board.app
        runs: list[object] = []
        frames: list[object] = []
        set_filter, take_frame = view.set_filter, app.take_frame
        monkeypatch.setattr(view, "set_filter", lambda wanted: (runs.append(wanted), set_filter(wanted)))
        monkeypatch.setattr(app, "take_frame", lambda: (frames.append(None), take_frame()))
        burst(board, "/", *text)
        await until(board, lambda: filter_text(board) == text)
        await board.settled()
        assert 0 < len(runs) <= len(frames) < len(text)
        assert "1 of 5" in board.text("in_progress")


async def test_a_filter_is_kept_as_it_was_typed_before_its_frame_came() -> None:
    async with open_board(fleet()) as board:
        board.board.action_filter()
        board.board.filtering.type("status:failed")
        board.board.action_keep_filter()
        assert len(board.table(Group.IN_PROGRESS).view) == 0
        board.board.filtering.type("coder")
        board.board.action_clear()
        board.app.take_frame()
        assert len(board.table(Group.IN_PROGRESS).view) == 5, "what was cleared does not come back with the frame"


async def test_a_key_that_never_ends_makes_no_other_dead() -> None:
    """The board's own messages wait behind it; what has the app's attention, as ctrl+q has, goes on."""
    async with open_board(fleet()) as board:
        keys = board.app._keys
        keys._begin_to_wait()
        keys._wait += 1
        await board.pilot.press("?")
        assert not isinstance(board.app.screen, HelpScreen)
        board.clock.advance(PATIENCE + 0.1)
        await board.pilot.press("1")
        await until(board, lambda: isinstance(board.app.screen, HelpScreen))


async def test_keys_do_not_wait_for_what_always_comes() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.send(connector.agent("coder"), "a task", status=Status.IN_PROGRESS)
    async with open_board(connector) as board:
        table = board.table(Group.IN_PROGRESS)

        async def again() -> None:
            await asyncio.sleep(0)
            if not stop:
                table.call_later(again)

        stop: list[bool] = []
        await again()
        burst(board, "/", *"abc")
        await until(board, lambda: filter_text(board) == "abc")
        stop.append(True)
        await worked_on(board)
        assert isinstance(board.app.focused, Input)
        assert not isinstance(board.app.screen, Palette)


async def test_a_filter_that_is_wrong_says_so_after_enter_too() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("slash", *"colour:red", "enter")
        await board.seen("There is no field colour:")


async def test_a_search_in_one_runs_once_for_the_letters_of_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "Write the notes", status=Status.IN_PROGRESS)
    connector.say(did, "a needle, and what a needle is for\n")
    text = "needle is for"
    async with open_board(connector) as board:
        burst(board, "enter", "3")
        await worked_on(board)
        screen = board.app.screen
        assert isinstance(screen, DetailScreen)
        searches: list[str] = []
        search = screen.pane.search
        monkeypatch.setattr(screen.pane, "search", lambda wanted: (searches.append(wanted), search(wanted)))
        burst(board, "/", *text)
        await board.seen("1 of 1")
        assert searches[-1] == text
        assert len(searches) < len(text) // 2
