"""A stream pane beside the tables: what an agent said is shown once, and what came below is counted."""

from __future__ import annotations

import pytest
from headway.core.delegation import Group, Status
from headway.core.progress import ProgressText
from headway.dashboard.stream_text import stands_in
from support.boards import NOW_MS, open_board
from support.fake_connector import FakeConnector

RESULT = "# Notes\n\nThe race is gone, " + "and this is why it was there. " * 20


@pytest.mark.parametrize(
    ("put_out", "said", "already"),
    [
        ("Reading\nThe race is gone", "The race is gone", True),
        ("Reading\nThe race is gone\n\n", "The race is gone\n", True),
        ("The race is gone\nall done\n", "The race is gone", True),
        ("The race is", "The race is gone", False),
        ("", "done", False),
        ("anything", "  ", False),
        ("The race is gone" + "x" * 10_000, "The race is gone", False),
    ],
)
def test_whether_a_result_stands_in_the_output(put_out: str, said: str, already: bool) -> None:
    assert stands_in(ProgressText.of(put_out), said) is already


async def test_a_result_that_was_streamed_is_shown_once() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "Fix", status=Status.IN_PROGRESS)
    async with open_board(connector, size=(200, 60)) as board:
        connector.say(did, "Reading\n" + RESULT)
        await board.seen("The race is gone")
        connector.complete(did, RESULT)
        await board.until(lambda: len(board.table(Group.COMPLETED).view))
        await board.until(lambda: board.app.session.results)
        await board.seen("completed, with this as its result")
        assert board.text("streams").count("The race is gone") == 1


async def test_a_result_that_was_not_streamed_is_shown() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "Fix", status=Status.IN_PROGRESS)
    async with open_board(connector, size=(200, 60)) as board:
        connector.say(did, "Reading\n")
        connector.complete(did, RESULT)
        await board.until(lambda: "The race is gone" in board.text("streams"))


async def test_lines_that_came_below_are_counted_while_scrolled_up() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    did = connector.send(connector.agent("coder"), "Fix", status=Status.IN_PROGRESS)
    connector.say(did, "".join(f"line {number}\n" for number in range(100)))
    async with open_board(connector) as board:
        await board.pilot.press("4", "home")
        await board.seen("line 0")
        connector.say(did, "one\ntwo\n")
        await board.seen("↓ 2 new lines")
        connector.say(did, "three\n")
        await board.seen("↓ 3 new lines")
        await board.pilot.press("end")
        await board.seen("three")
        assert "new lines" not in board.text()
