"""The agents and the events as they look. Taken anew as the board's pictures are."""

from __future__ import annotations

from headway.core.delegation import Status
from headway.dashboard.app import HeadwayApp
from support.boards import NOW_MS, fleet
from support.fake_connector import FakeConnector
from test_snapshots_board import Compare, app_on, at_every_size, at_rest, same

CARD = {
    "name": "Coder",
    "version": "2.1.0",
    "description": "Writes code and the tests that go with it, in small steps, and says what it broke on purpose.",
    "capabilities": {"streaming": True},
    "skills": [{"id": "fix", "name": "Fix a bug"}, {"id": "port", "name": "Port a library"}],
    "supportedInterfaces": [{"url": "http://127.0.0.1:9000", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
}


def known() -> FakeConnector:
    """The fleet, where agents have told more of themselves."""
    connector = fleet()
    for name, told in {
        "coder": {"current_task": "Fix the race in settle()", "agent_card": CARD, "role": "developer"},
        "planner": {"current_task": "Plan the quarter with the platform team", "role": "planner"},
        "scraper": {"current_task": "Crawl the site map", "last_error_rate": 0.04},
        "archivist": {"last_error_rate": 0.31, "last_sample_error": "shard 17: checksum differs"},
    }.items():
        known = connector.workspaces[f"ws-{name}"]
        beat = {"last_heartbeat_at": NOW_MS - 7_000, "uptime_seconds": 93_000, "url": f"http://{name}.example:9000"}
        connector.workspaces[known.id] = known.model_copy(update=beat | told)
    return connector


@at_every_size
def test_the_agents(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(known()), terminal_size=size, run_before=at_rest("a", "down", "down"))


@at_every_size
def test_the_question_before_a_queue_is_dropped(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("a", "down", "Q")
    assert same(snap_compare, app_on(known()), terminal_size=size, run_before=run)


@at_every_size
def test_an_agent_to_add(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("a", "n", *"agent", "enter")
    assert same(snap_compare, app_on(known()), terminal_size=size, run_before=run)


def happened(app: HeadwayApp) -> None:
    """A little of everything, while the board is open."""
    connector = app.session.connector
    assert isinstance(connector, FakeConnector)
    task = connector.send("ws-coder", "Fix the race in settle()")
    connector.become(task, Status.IN_PROGRESS)
    connector.say(task, "Reading src/ledger.py …\n", percent=12.0)
    connector.heartbeat("ws-planner", active_tasks=1, current_task="Plan the quarter")
    connector.complete(task, "No lock was needed: the attempt is named now.")
    lost = connector.send("ws-scraper", "Fetch the price list")
    connector.fail(lost, "agent: 403 from prices.example, twice")


@at_every_size
def test_the_events(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("v", "up", "up", "up", "enter", before=happened)
    assert same(snap_compare, app_on(known()), terminal_size=size, run_before=run)


@at_every_size
def test_the_question_before_an_agent_is_removed(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert same(snap_compare, app_on(known()), terminal_size=size, run_before=at_rest("a", "down", "x"))
