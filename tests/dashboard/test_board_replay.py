"""A recording on the board: it plays in its time, obeys its keys, and nothing acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from headway.connectors.errors import NotAllowed
from headway.connectors.playback import Playback
from headway.connectors.recording import Recording
from headway.connectors.replay import ReplayConnector
from headway.core.delegation import Status
from headway.dashboard.app import HeadwayApp
from headway.dashboard.operations import Operations
from support.boards import ManualClock, OpenBoard, RecordingDriver
from support.fake_connector import FakeConnector
from support.recordings import record


@pytest.fixture
async def recording(tmp_path: Path) -> Recording:
    """A minute: one that runs from the start and ends at 0:20, one sent at 0:10 that fails at 0:30, quiet to 0:50."""
    connector = FakeConnector()
    coder = connector.agent("coder")
    first = connector.send(coder, "the first one", status=Status.IN_PROGRESS)
    ids: list[str] = []
    return await record(
        connector,
        tmp_path / "minute.jsonl",
        lambda: ids.append(connector.send(coder, "the second one", status=Status.IN_PROGRESS)),
        lambda: connector.complete(first, "all green"),
        lambda: connector.fail(ids[0], "no disk"),
        lambda: connector.say("nobody", "") if "nobody" in connector.rows else connector.heartbeat(coder),
    )


@asynccontextmanager
async def replayed(recording: Recording, *, speed: float = 1.0) -> AsyncIterator[tuple[OpenBoard, Playback]]:
    clock = ManualClock()
    playback = Playback(recording, clock, speed=speed)
    connector = ReplayConnector(recording, playback)
    app = HeadwayApp(connector, clock=playback, playback=playback)
    app.driver_class = RecordingDriver
    async with app.run_test(size=(120, 36)) as pilot:
        board = OpenBoard(app, pilot, connector, clock)  # type: ignore[arg-type]
        await board.seen("replay 0:00 of 0:40")
        yield board, playback


async def forward(board: OpenBoard, seconds: float) -> None:
    board.clock.advance(seconds)
    await board.settled()
    board.board.tick()
    await board.settled()


@pytest.mark.req("D12")
async def test_it_plays_in_its_own_time_and_stops_at_its_end(recording: Recording) -> None:
    async with replayed(recording) as (board, _):
        assert "In progress 1" in board.text()
        assert "minute.jsonl" in board.text("top")
        await forward(board, 9.5)
        assert "the second one" not in board.text()
        await forward(board, 1)
        await board.seen("the second one")
        await board.seen("In progress 2")
        await forward(board, 10)
        await board.seen("✓ all green")
        await forward(board, 3600)
        await board.seen("✗ no disk")
        await board.seen("replay ended, 0:40")
        assert "40s" in board.text(), "ages are those at the end of the recording"


@pytest.mark.req("D12")
async def test_ten_times_as_fast_is_ten_times_as_fast(recording: Recording) -> None:
    async with replayed(recording, speed=10) as (board, _):
        await board.seen("x10")
        await forward(board, 3.1)
        await board.seen("Completed 2")


@pytest.mark.req("D12")
async def test_space_pauses_the_angle_brackets_change_the_speed_and_brackets_move(recording: Recording) -> None:
    async with replayed(recording) as (board, playback):
        await board.pilot.press("space")
        await board.seen("replay paused at 0:00 of 0:40")
        assert "Go on" in board.text("keys")
        assert "Pause" not in board.text("keys")
        await forward(board, 60)
        assert "In progress 1" in board.text()
        await board.pilot.press("space", "greater_than_sign", "greater_than_sign")
        await board.seen("x5")
        await forward(board, 2.1)
        await board.seen("In progress 2")
        await board.pilot.press("less_than_sign")
        await board.seen("x2")
        await board.pilot.press("right_square_bracket")
        await board.seen("Completed 2")
        assert playback.ended
        await board.pilot.press("left_square_bracket")
        await board.seen("In progress 2")
        await board.seen("Completed 0")
        await board.pilot.press("right_square_bracket")
        await board.seen("Completed 2")
        assert "Again" in board.text("keys")
        await board.pilot.press("space")
        await board.seen("In progress 1")
        assert "Pause" in board.text("keys")
        assert playback.position < 1_000


@pytest.mark.req("D12")
async def test_nothing_acts_on_a_recording(recording: Recording) -> None:
    async with replayed(recording) as (board, _):
        keys = board.text("keys")
        assert "Pause" in keys
        assert "Dispatch" not in keys
        assert "Cancel" not in keys
        await board.pilot.press("d", "x", "p", "P")
        await board.settled()
        assert len(board.app.screen_stack) == 1
        await board.pilot.press("question_mark")
        await board.seen("Pause the recording")


async def test_every_acting_call_is_refused_below_the_keys(recording: Recording) -> None:
    connector = ReplayConnector(recording, Playback(recording, ManualClock()))
    record = await connector.delegation("0001")
    assert (record.task, record.status) == ("the first one", Status.IN_PROGRESS)
    order = Operations(connector, None, tell=print, on_change=print).order("t", "task")  # type: ignore[arg-type]
    for call in (
        connector.dispatch(order),
        connector.poll(record),
        connector.cancel(record),
        connector.reply(record, "yes"),
        connector.retry(record),
        connector.add_agent("http://127.0.0.1:1"),
        connector.remove_agent("ws-coder"),
    ):
        with pytest.raises(NotAllowed, match="a recording"):
            await call
