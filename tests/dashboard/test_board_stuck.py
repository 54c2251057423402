"""D13: a stuck delegation stands out on the board within a second of becoming stuck, on a real platform."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.connectors.headway import HeadwayConnector
from headway.core.delegation import Group, Row, Status
from headway.dashboard.app import HeadwayApp
from headway.platform.settings import Settings
from support.agents import ManualClock
from support.boards import OpenBoard, fleet, open_board
from support.platforms import eventually, platform

SWEEPS = Settings().sweep_every
STUCK_AFTER = 10 * SWEEPS + 0.001
"""The worst moment to get stuck: a millisecond after the platform has looked."""


def due(row: Row) -> int:
    """When its silence makes it stuck, in Unix milliseconds."""
    return row.last_activity_at + round(STUCK_AFTER * 1000)


def sleeps_for(clock: ManualClock, seconds: float) -> bool:
    """Whether somebody has just gone to sleep for so long."""
    return any(abs(at - clock.monotonic() - seconds) < 1e-6 for at, _, woken in clock._sleepers if not woken.done())


@pytest.mark.req("D13")
async def test_within_a_second_of_becoming_stuck_it_stands_out(tmp_path: Path) -> None:
    """Platform and board live on one clock, which stands still unless it is moved here: no machine is too slow."""
    clock = ManualClock()
    async with (
        platform(tmp_path, clock=clock, stuck_after=STUCK_AFTER, sweep_every=SWEEPS) as served,
        serve_agent("coder") as agent,
    ):
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0 at=1 behavior=hanging")
        await served.until_status(delegation_id, "in_progress")
        connector = HeadwayConnector(served.url, served.token, clock=clock, rng=random.Random(7))
        app = HeadwayApp(connector, clock=clock)
        async with app.run_test(size=(120, 36)) as pilot:
            board = OpenBoard(app, pilot, connector, clock)  # type: ignore[arg-type]
            await board.seen("working")
            step = round(SWEEPS * 1000)
            while clock.now_ms() + step <= due(app.session.store.rows[delegation_id]) + 1000:
                clock.advance(SWEEPS)
                await eventually(lambda: sleeps_for(clock, SWEEPS))
                await board.settled()
            await board.seen("! stuck")
            row = app.session.store.rows[delegation_id]
            assert clock.now_ms() <= due(row) + 1000
            assert row.updated_at - due(row) <= 1000
            assert "! stuck 1" in board.text("top")
        await connector.aclose()


@pytest.mark.req("D13")
async def test_the_board_shows_it_in_the_frame_of_its_event_and_counts_it_on_top() -> None:
    async with open_board(fleet()) as board:
        did = next(did for did, row in board.connector.rows.items() if row.status is Status.IN_PROGRESS)
        board.connector.become(did, Status.STUCK)
        await board.seen("! stuck 2")  # no second has passed: the board's clock stands still
        assert board.text(Group.IN_PROGRESS.value).count("! stuck") == 2
