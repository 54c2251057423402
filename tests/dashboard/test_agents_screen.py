"""The agents screen: what it shows of each agent, and what can be done with one."""

from __future__ import annotations

import pytest
from headway.connectors.errors import NotReachable
from headway.core.delegation import Status
from headway.dashboard.action import Where
from headway.dashboard.actions import actions_on
from headway.dashboard.screens.add_agent import AddAgentScreen
from headway.dashboard.screens.agents import AgentsScreen
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.dispatch import DispatchScreen
from headway.dashboard.screens.drop_stale import DropStaleScreen
from headway.dashboard.screens.question import QuestionScreen
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector
from textual.widgets import Button

CARD = {
    "name": "Coder",
    "version": "2.1",
    "description": "Writes code and its tests.",
    "capabilities": {"streaming": True},
    "skills": [{"id": "fix", "name": "Fix a bug"}],
    "supportedInterfaces": [{"url": "http://127.0.0.1:9000", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
}


def some_agents(**options: bool) -> FakeConnector:
    connector = FakeConnector(now_ms=NOW_MS, **options)
    connector.agent(
        "coder",
        role="developer",
        active_tasks=1,
        max_concurrent_tasks=2,
        current_task="Fix the race",
        last_heartbeat_at=NOW_MS - 12_000,
        last_error_rate=0.25,
        uptime_seconds=3_600,
        agent_card=CARD,
        url="http://127.0.0.1:9000",
    )
    connector.agent("planner", status="offline")
    connector.agent("scraper", status="degraded", last_sample_error="proxy refused")
    connector.send("ws-coder", "Port the docs", status=Status.QUEUED, ago_ms=2 * 3_600_000)
    connector.send("ws-coder", "Fix the flaky test", status=Status.QUEUED, ago_ms=60_000)
    connector.send("ws-planner", "Plan the quarter", status=Status.QUEUED, ago_ms=2 * 3_600_000)
    return connector


async def opened(board: OpenBoard) -> AgentsScreen:
    await board.pilot.press("a")
    await board.seen("current task")
    assert isinstance(board.app.screen, AgentsScreen)
    return board.app.screen


def line_of(board: OpenBoard, name: str) -> str:
    return next(line for line in board.text().splitlines() if line.replace("▌", " ").startswith(f"│ {name} "))


@pytest.mark.req("D5")
async def test_each_agent_with_what_it_does_and_the_card_of_the_one_under_the_cursor() -> None:
    async with open_board(some_agents(), size=(200, 40)) as board:
        await opened(board)
        assert "Agents 3" in board.text()
        coder = line_of(board, "coder")
        for said in ("● online", "1/2", " 2 ", "Fix the race", "12s", "25%", "A2A 1.0", "developer"):
            assert said in coder
        assert "○ offline" in line_of(board, "planner")
        assert "▲ degraded" in line_of(board, "scraper")
        assert "operator" not in board.text()
        for said in ("Writes code and its tests.", "Fix a bug", "streams    yes", "uptime     1:00:00"):
            assert said in board.text()
        await board.pilot.press("down", "down")
        await board.seen("proxy refused")


async def test_what_changes_of_an_agent_is_shown_and_the_cursor_stays_on_it() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        screen = await opened(board)
        await board.pilot.press("down")
        assert screen.table.cursor_id == "ws-planner"
        connector.heartbeat("ws-planner", status="online", current_task="Plan the quarter", active_tasks=1)
        await board.until(lambda: "● online" in line_of(board, "planner"))
        assert "Plan the quarter" in line_of(board, "planner")
        connector.heartbeat("ws-archivist", name="archivist", status="online")
        await board.until(lambda: "Agents 4" in board.text())
        assert screen.table.cursor_id == "ws-planner"


async def test_the_table_is_filtered_and_sorted_like_the_others() -> None:
    async with open_board(some_agents(), size=(160, 40)) as board:
        screen = await opened(board)
        await board.pilot.press("slash", *"status:off")
        await board.seen("1 of 3 match")
        assert "scraper" not in board.text()
        await board.pilot.press("enter", "escape")
        await board.until(lambda: "Agents 3" in board.text())
        await board.pilot.press("s")
        assert screen.table.view.sort_column == "status"
        assert screen.table.view.id_at(0) == "ws-planner"
        await board.pilot.press("S")
        assert screen.table.view.id_at(2) == "ws-planner"
        await board.pilot.press("slash", *"statsu:x")
        await board.seen("Did you mean status:?")


@pytest.mark.req("D5")
async def test_enter_shows_its_delegations_on_the_board() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("down", "enter")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        await board.seen("Plan the quarter")
        assert "Port the docs" not in board.text("queued")
        assert 'target:"planner"' in board.text()
        await board.pilot.press("escape")
        await board.seen("Port the docs")


async def test_a_dispatch_from_here_has_this_agent_chosen() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("down", "d")
        await board.until(lambda: isinstance(board.app.screen, DispatchScreen))
        await board.pilot.press(*"Plan it", "ctrl+s")
        await board.until(lambda: connector.calls.dispatched)
        assert connector.calls.dispatched[0].target_id == "ws-planner"
        assert isinstance(board.app.screen, AgentsScreen)


@pytest.mark.req("D5")
async def test_its_stale_queue_is_dropped_after_a_question_that_counts() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("Q")
        await board.seen("coder: what has waited longer than 1 h (1 of 2 now)")
        assert isinstance(board.app.screen, DropStaleScreen)
        assert isinstance(board.app.screen.focused, Button)
        assert board.app.screen.focused.id == "no"
        await board.pilot.press("down", "down", "down")
        await board.seen("longer than 1 min (1 of 2 now)")
        await board.pilot.press("down")
        await board.seen("all that waits (2 of 2 now)")
        await board.pilot.press("up", "up", "up", "up", "y")
        await board.seen("Dropped 1 from the queue of coder")
        assert connector.calls.dropped_stale == [(3_600_000, "ws-coder")]
        await board.pilot.press("Q", "enter")
        await board.until(lambda: isinstance(board.app.screen, AgentsScreen))
        assert len(connector.calls.dropped_stale) == 1


async def test_an_agent_is_added_by_its_address() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("n")
        await board.seen("Add an agent")
        await board.pilot.press(*"agent.example", "enter")
        await board.seen("begins with http:// or https://")
        assert isinstance(board.app.screen, AddAgentScreen)
        await board.pilot.press("home", *"https://", "tab", *"reviewer", "tab", *"3", "ctrl+s")
        await board.seen("Added reviewer")
        assert connector.calls.added == [("https://agent.example", "reviewer", 3)]


async def test_an_agent_is_removed_after_a_question_and_not_without() -> None:
    connector = some_agents()
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("x")
        await board.seen("Remove this agent?")
        assert isinstance(board.app.screen, QuestionScreen)
        await board.pilot.press("enter")
        await board.until(lambda: isinstance(board.app.screen, AgentsScreen))
        assert connector.calls.removed == []
        await board.pilot.press("x", "y")
        await board.seen("Removed coder")
        assert connector.calls.removed == ["ws-coder"]


async def test_what_could_not_be_done_is_told_and_changes_nothing() -> None:
    connector = some_agents()
    connector.errors["remove_agent"] = NotReachable("Nobody answers.")
    async with open_board(connector) as board:
        await opened(board)
        await board.pilot.press("x", "y")
        await board.seen("Removal of coder did not happen")
        assert "ws-coder" in connector.workspaces


@pytest.mark.req("D7")
async def test_a_read_only_board_offers_and_does_none_of_it() -> None:
    connector = some_agents(read_only=True)
    async with open_board(connector) as board:
        screen = await opened(board)
        footer = board.text().splitlines()[-1]
        assert not any(word in footer for word in ("Add", "Remove", "Drop", "Dispatch"))
        await board.pilot.press("n", "Q", "x", "d")
        await board.settled()
        assert board.app.screen is screen
        await screen._operations.remove(connector.workspaces["ws-coder"])
        assert connector.calls.removed == []
        assert {action.id for action in actions_on(Where.AGENTS) if action.acts} >= {
            "add_agent",
            "remove_agent",
            "drop_stale",
            "dispatch",
        }


async def test_an_empty_platform_says_so_and_back_goes_to_the_board() -> None:
    async with open_board(FakeConnector(now_ms=NOW_MS)) as board:
        await opened(board)
        assert "no agent is registered yet" in board.text()
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))


async def test_help_shows_the_keys_of_this_screen() -> None:
    async with open_board(fleet()) as board:
        await opened(board)
        await board.pilot.press("question_mark")
        await board.seen("Fail what has waited too long")
        assert "Go to the Queued table" not in board.text()
