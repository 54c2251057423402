"""The events screen: the stream as it came, filtered, paused, each event whole."""

from __future__ import annotations

import pytest
from headway.core.delegation import Status
from headway.core.events import Event, Other
from headway.dashboard.columns import Facts
from headway.dashboard.event_columns import LANGUAGE, MOST_JSON, json_lines
from headway.dashboard.event_log import EventLog
from headway.dashboard.events_view import EventsView
from headway.dashboard.filters import parse_filter
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.events import EventsScreen
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector


def event(number: int, text: str = "x") -> Event:
    return Event(number, "MADE_UP", NOW_MS, Other(data={"text": text}))


def facts() -> Facts:
    return Facts(NOW_MS, lambda workspace_id: workspace_id, {})


async def opened(board: OpenBoard) -> EventsScreen:
    await board.pilot.press("v")
    await board.seen("says")
    assert isinstance(board.app.screen, EventsScreen)
    return board.app.screen


def platform() -> tuple[FakeConnector, str]:
    connector = FakeConnector(now_ms=NOW_MS)
    return connector, connector.agent("coder")


@pytest.mark.req("D5")
async def test_events_are_shown_as_they_come_and_the_newest_stay_in_view() -> None:
    connector, coder = platform()
    async with open_board(connector) as board:
        screen = await opened(board)
        await board.seen("nothing has happened")
        task = connector.send(coder, "Fix the race")
        connector.become(task, Status.IN_PROGRESS)
        for number in range(100):
            connector.say(task, f"line {number}\n")
        await board.seen("line 99")
        assert "Events 102" in board.text()
        assert "0001 coder" in board.text()
        await board.pilot.press("up", "up")
        connector.say(task, "line 100\n")
        await board.until(lambda: "Events 103" in board.text())
        assert "line 100" not in board.text()
        assert "line 97" in str(screen.selected)
        await board.pilot.press("G")
        await board.seen("line 100")


@pytest.mark.req("D5")
async def test_a_paused_table_stands_still_and_goes_on_with_what_was_missed() -> None:
    connector, coder = platform()
    async with open_board(connector) as board:
        await opened(board)
        task = connector.send(coder, "Fix the race")
        await board.seen("Fix the race")
        await board.pilot.press("space")
        await board.seen("paused, 0 new")
        assert "Go on" in board.text("keys")
        connector.become(task, Status.IN_PROGRESS, message="reading")
        connector.fail(task, "no such branch")
        await board.seen("paused, 2 new")
        assert "no such branch" not in board.text()
        await board.pilot.press("space")
        await board.seen("no such branch")


@pytest.mark.req("D5")
async def test_each_event_can_be_seen_whole() -> None:
    connector, coder = platform()
    async with open_board(connector, size=(160, 40)) as board:
        screen = await opened(board)
        connector.send(coder, "Fix the race")
        await board.seen("Fix the race")
        await board.pilot.press("enter")
        await board.seen('"task_preview": "Fix the race"')
        connector.fail("00010000-0000-4000-8000-000000000000", "no such branch")
        await board.seen('"error": "no such branch"')
        await board.pilot.press("tab")
        assert screen.focused is screen.details
        await board.pilot.press("enter")
        await board.until(lambda: '"error"' not in board.text())
        assert screen.focused is screen.table


async def test_the_filter_is_kept_while_events_come_and_back_leads_to_the_board() -> None:
    connector, coder = platform()
    async with open_board(connector) as board:
        await opened(board)
        task = connector.send(coder, "Fix the race")
        await board.seen("Fix the race")
        await board.pilot.press("slash", *"type:failed", "enter")
        await board.seen("0 of 1 match")
        connector.become(task, Status.IN_PROGRESS)
        connector.fail(task, "no such branch")
        await board.seen("1 of 3 match")
        assert "no such branch" in board.text()
        await board.pilot.press("escape")
        await board.seen("DELEGATION_SENT")
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))


async def test_agents_and_events_take_each_others_place() -> None:
    connector, _ = platform()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("a")
        await board.seen("current task")
        await board.pilot.press("v")
        await board.seen("says")
        assert len(board.app.screen_stack) == 2


def test_the_log_is_bounded_in_events_and_in_characters() -> None:
    log = EventLog(most=100, most_characters=10_000)
    log.extend(event(number) for number in range(1, 251))
    assert (len(log), log.first, log.last) == (100, 151, 250)
    log.extend([event(251, "x" * 9_000)])
    assert len(log) < 100
    assert [number for number, _ in log.after(249)] == [250, 251]
    log.extend([event(252, "x" * 20_000)])
    assert len(log) == 0
    assert log.first == log.last + 1


def test_a_paused_view_keeps_what_the_log_has_let_go() -> None:
    log = EventLog(most=10)
    view = EventsView(log, facts)
    log.extend(event(number) for number in range(1, 11))
    assert view.take()
    view.paused = True
    log.extend(event(number) for number in range(11, 41))
    assert not view.take()
    assert (view.id_at(0), view.id_at(-1), view.waiting) == ("1", "10", 30)
    view.paused = False
    assert view.take()
    assert (view.id_at(0), view.id_at(-1), len(view)) == ("31", "40", 10)


def test_the_filter_finds_the_same_before_and_after() -> None:
    log = EventLog(most=50)
    view = EventsView(log, facts)
    wanted = parse_filter("made -type:other", LANGUAGE)
    view.set_filter(wanted)
    for number in range(1, 120, 7):
        log.extend(event(one) for one in range(number, number + 7))
        view.take()
    kept = view.window(0, 1_000)
    view.set_filter(wanted)
    assert view.window(0, 1_000) == kept
    assert [view.index_of(one) for one in kept] == list(range(len(kept)))
    assert view.index_of("1") is None


def test_a_very_long_event_is_cut_with_a_marker() -> None:
    lines = json_lines(event(1, "x" * 2 * MOST_JSON), 80)
    assert "[cut: " in lines[-1][0][0]
    assert sum(len(spans[0][0]) for spans in lines) < MOST_JSON + 100
