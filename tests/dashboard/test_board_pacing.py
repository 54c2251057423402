"""A terminal that takes little: frames are left out, not queued, keys work at once, and what comes last is shown."""

from __future__ import annotations

import io

import pytest
from headway.core.delegation import Status
from headway.dashboard.look import Look
from headway.dashboard.pacing import BURST, FRAME, QUIET, Frames, Outlet, Pace
from hypothesis import given
from hypothesis import strategies as st
from support.boards import NOW_MS, OpenBoard, RecordingDriver, open_board
from support.fake_connector import FakeConnector

RATE = 40_000


@pytest.mark.req("D15")
@given(st.lists(st.tuples(st.integers(0, 30_000), st.floats(0, 2)), min_size=1, max_size=60))
def test_a_link_never_gets_more_than_its_rate_and_a_burst(frames: list[tuple[int, float]]) -> None:
    pace, now, written = Pace(RATE), 100.0, 0
    for size, quiet in frames:
        now += quiet + pace.wait(now)
        assert written <= RATE * (now - 100.0) + RATE * BURST + 1e-3
        pace.spend(size, now)
        written += size


def test_without_a_rate_nothing_waits() -> None:
    pace = Pace()
    pace.spend(10_000_000, 1.0)
    assert pace.wait(1.0) == 0


@given(st.lists(st.floats(0, 1), min_size=3, max_size=60))
def test_frames_keep_apart_but_for_the_second_after_quiet(pauses: list[float]) -> None:
    frames, now, at = Frames(), 100.0, list[float]()
    for pause in pauses:
        now += pause
        wait = frames.wait(now)
        assert wait <= FRAME
        now += wait
        frames.begin(now)
        at.append(now)
    for before, second, third in zip([-1.0, *at], at, at[1:], strict=False):
        assert third - second >= FRAME - 1e-9 or second - before >= QUIET


def test_what_a_key_leads_to_does_not_wait_for_the_frame_of_the_key() -> None:
    frames = Frames()
    frames.begin(10.0)
    assert frames.wait(10.001) == 0
    frames.begin(10.001)
    assert frames.wait(10.002) == pytest.approx(FRAME - 0.001)


def stall(board: OpenBoard) -> Outlet:
    """Have the terminal take nothing any more; `take` of the outlet's file is what a person's link does."""
    driver = board.app._driver
    assert isinstance(driver, RecordingDriver)
    outlet = Outlet(io.StringIO())
    record = driver.write

    def write(data: str) -> None:
        outlet.hand_over(data)
        record(data)

    driver.write = write  # type: ignore[method-assign]
    driver.outlet = outlet  # type: ignore[attr-defined]
    return outlet


def take_all(board: OpenBoard, outlet: Outlet) -> None:
    outlet.write(board.written)
    outlet.flush()


@pytest.mark.req("D15")
async def test_a_terminal_that_takes_nothing_costs_frames_and_no_moment_of_the_board() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    talker = connector.send(coder, "talks", status=Status.IN_PROGRESS)
    for number in range(5):
        connector.send(coder, f"task {number}", status=Status.IN_PROGRESS)
    async with open_board(connector, record=True) as board:
        outlet = stall(board)
        board.forget()
        connector.say(talker, "line 0\n")
        await board.frame()
        await board.until(lambda: board.app._throttle.holds)
        held = len(board.written)
        assert held
        for number in range(1, 200):
            connector.say(talker, f"line {number}\n")
        await board.frame()
        selected = board.board.selected
        await board.pilot.press("down")
        assert board.board.selected is not selected, "a key works at once"
        await board.pilot.press("up")
        assert len(board.written) == held, "nothing is queued behind what the terminal has not taken"
        assert "line 199" in board.app.session.store.rows[talker].progress.chunks[-1]
        take_all(board, outlet)
        await board.until(lambda: len(board.written) > held)
        await board.until(lambda: "line 199" in board.written)
        assert "line 150" not in board.written[held:].replace("line 199", ""), "what is old by now is never drawn"


@pytest.mark.req("D15")
async def test_over_a_thin_link_a_frame_is_paid_for_before_the_next_one() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    talker = connector.send(connector.agent("coder"), "talks", status=Status.IN_PROGRESS)
    async with open_board(connector, record=True, look=Look(bytes_per_second=100)) as board:
        outlet = stall(board)
        board.forget()
        connector.say(talker, "a long line of words that is more than the link takes at once\n" * 3, percent=40.0)
        await board.frame()
        await board.until(lambda: board.app._throttle.holds)
        take_all(board, outlet)
        held = len(board.written)
        connector.say(talker, "and more\n")
        await board.frame()
        await board.pilot.pause(0.1)
        assert len(board.written) == held
        board.clock.advance(60)
        board.app._throttle._wait(outlet)
        await board.until(lambda: "and more" in board.written)


async def test_what_textual_leaves_out_in_a_batch_of_its_own_is_painted_after_it() -> None:
    """It batches where a screen is taken away, and forgets what it would have painted meanwhile."""
    connector = FakeConnector(now_ms=NOW_MS)
    connector.send(connector.agent("coder"), "a task", status=Status.IN_PROGRESS)
    async with open_board(connector, record=True) as board:
        board.forget()
        with board.app.batch_update():
            board.board.show_delegations_of("coder")
            for _ in range(5):
                board.board._refresh_layout()
                await board.pilot.pause()
            assert "of 1 match" not in board.written
        await board.until(lambda: "of 1 match" in board.written)
