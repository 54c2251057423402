"""What the board writes to its terminal: little, and nothing while nothing happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from headway.core.delegation import Group, Status
from headway.core.events import Event, Evicted
from headway.dashboard.screens.board import BoardScreen
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector
from textual.timer import Timer


async def written_for_one_percent(rows: int) -> str:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    ids = [connector.send(coder, f"task {number}", status=Status.IN_PROGRESS) for number in range(rows)]
    async with open_board(connector, record=True) as board:
        await board.pilot.press("down")
        await board.pilot.pause()
        connector.say(ids[3], "", percent=10.0)
        await board.frame()
        board.forget()
        connector.say(ids[3], "", percent=77.0)
        await board.frame()
        return board.written


async def test_a_changed_cell_costs_its_cells_however_many_rows_there_are() -> None:
    few, many = await written_for_one_percent(6), await written_for_one_percent(3_000)
    assert "77%" in few
    assert len(few) < 200
    assert few.count("\x1b[16;") == len(re.findall(r"\x1b\[\d+;\d+H", few)) - 1, "one line, and the cursor put back"
    assert abs(len(many) - len(few)) <= 2


async def tick(board: OpenBoard) -> str:
    board.forget()
    board.board.tick()
    await board.pilot.pause()
    return board.written


async def test_a_second_is_one_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []
    set_interval = BoardScreen.set_interval

    def counting(self: BoardScreen, interval: float, *rest: Any, **named: Any) -> Timer:
        begun.append(interval)
        return set_interval(self, interval, *rest, **named)

    monkeypatch.setattr(BoardScreen, "set_interval", counting)
    async with open_board(FakeConnector(now_ms=NOW_MS)):
        assert begun.count(1.0) == 1


async def test_nothing_is_written_while_nothing_changes() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    for number in range(30):
        did = connector.send(coder, f"task {number}", status=Status.IN_PROGRESS, ago_ms=700_000)
        connector.complete(did, "done", ago_ms=620_000)
    async with open_board(connector, record=True) as board:
        await board.until(lambda: "● live" in board.text("top"))
        board.clock.advance(2)
        await tick(board)
        for _ in range(5):
            board.clock.advance(1)
            assert await tick(board) == ""


async def test_a_heartbeat_that_changes_nothing_shown_writes_nothing_and_a_new_name_is_shown() -> None:
    connector = fleet()
    async with open_board(connector, record=True) as board:
        await board.until(lambda: "● live" in board.text("top"))
        await board.frame()
        board.forget()
        connector.heartbeat("ws-coder", uptime_seconds=77)
        await board.until(lambda: board.app.session.store.workspaces["ws-coder"].uptime_seconds == 77)
        await board.frame()
        assert board.written == ""
        connector.heartbeat("ws-coder", name="compiler")
        await board.until(lambda: "compiler" in board.text("queued"))


async def test_an_age_is_written_when_its_text_changes_and_alone() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.send(connector.agent("coder"), "waiting task", status=Status.QUEUED, ago_ms=110_000)
    async with open_board(connector, record=True) as board:
        await board.pilot.press("3")
        board.clock.advance(2)
        await tick(board)
        board.clock.advance(3)
        assert await tick(board) == ""
        board.clock.advance(8)
        written = await tick(board)
        assert "2m" in written
        assert len(written) < 200


async def test_what_changes_together_is_painted_together() -> None:
    connector = fleet()
    async with open_board(connector, size=(200, 50)) as board:
        frames = []
        take = board.app.take_frame
        board.app.take_frame = lambda: frames.append(take())  # type: ignore[method-assign]
        race = next(did for did, row in connector.rows.items() if row.task_preview.startswith("Fix the race"))
        for number in range(500):
            connector.say(race, f"line {number}\n")
        await board.until(lambda: "line 499" in board.text("in_progress"))
        assert len(frames) <= 5


async def test_what_came_is_marked_for_a_second() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    connector.agent("coder")
    async with open_board(connector) as board:
        connector.send("ws-coder", "brand new", status=Status.QUEUED)
        await board.frame()
        table = board.table(Group.QUEUED)

        def is_bold() -> bool:
            return any("brand new" in segment.text and segment.style.bold for segment in table.render_line(1))

        assert is_bold()
        board.clock.advance(1.1)
        board.board.tick()
        assert not is_bold()


async def test_a_stream_follows_its_end_until_it_is_scrolled_up() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "talks", status=Status.IN_PROGRESS)
    connector.say(did, "".join(f"line {number}\n" for number in range(100)))
    async with open_board(connector) as board:
        await board.until(lambda: "line 99" in board.text("streams"))
        connector.say(did, "line 100\n")
        await board.frame()
        assert "line 100" in board.text("streams")
        await board.pilot.press("4", "pageup")
        await board.pilot.pause()
        shown = re.findall(r"line \d+", board.text("streams"))
        assert "line 100" not in shown
        connector.say(did, "line 101\n")
        await board.frame()
        assert re.findall(r"line \d+", board.text("streams")) == shown
        assert "↓ 1 new line" in board.text("streams")
        await board.pilot.press("end")
        connector.say(did, "line 102\n")
        await board.frame()
        assert "line 102" in board.text("streams")


async def test_a_paint_between_the_letting_go_of_a_row_and_the_next_frame_is_harmless() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "old", status=Status.IN_PROGRESS)
    connector.complete(did, "done")
    async with open_board(connector) as board:
        board.app.session.store.apply([Event(99, Evicted.TYPE, NOW_MS, Evicted(delegation_ids=(did,)))])
        board.table(Group.COMPLETED).repaint_visible()
        board.table(Group.COMPLETED).refresh()
        await board.pilot.pause()
        await board.frame()
        assert "nothing has finished yet" in board.text()


async def test_the_question_of_an_agent_is_at_the_end_of_its_stream() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("down")
        await board.until(lambda: "? Which quarter do you mean, Q3 or Q4?" in board.text("streams"))


async def test_the_whole_result_is_fetched_when_its_row_is_looked_at() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "long result", status=Status.IN_PROGRESS)
    connector.complete(did, "word " * 60 + "and the very end")
    async with open_board(connector) as board:
        await board.pilot.press("3")
        await board.until(lambda: "and the very end" in board.text("streams"))
