"""The hostile corpus wherever outside text is shown, unclean: nothing crashes, acts, freezes or gets out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from headway.core.delegation import Group, Status
from headway.dashboard import cells, stream_text
from headway.dashboard.answers import Notice
from headway.dashboard.screens.cancel import CancelScreen
from headway.dashboard.screens.rows_question import LISTED
from headway.dashboard.stream_text import SHOWN_CHARACTERS
from headway.dashboard.widgets import stream_pane
from headway.dashboard.widgets.stream_pane import StreamPane
from support.boards import NOW_MS, OpenBoard, open_board
from support.fake_connector import FakeConnector
from textual.widgets import OptionList, TextArea

CORPUS = [json.loads(line) for line in (Path(__file__).parent.parent / "data/hostile.jsonl").read_text().splitlines()]
OWN_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]22;[a-z-]*\x07")
"""What Textual itself writes: cursor moves, colors, modes, and the shape of the pointer."""
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


MORE_THAN_A_LINE = 1_000
"""Characters: the widest board of these tests has 200 cells."""
MORE_THAN_A_PANE_TAKES = 150_000
"""Characters: a pane starts with the newest 65,536 of a stream or a result."""


def poison(connector: FakeConnector, number: int, text: str) -> None:
    agent = connector.agent(f"agent-{number}")
    one_line = text[:256]
    connector.workspaces[agent] = connector.workspaces[agent].model_copy(update={"name": one_line, "status": one_line})
    running = connector.send(agent, text, status=Status.IN_PROGRESS)
    connector.say(running, text, percent=50.0)
    connector.send(agent, text, status=Status.QUEUED)
    asking = connector.send(agent, text, status=Status.IN_PROGRESS)
    connector.become(asking, Status.INPUT_REQUIRED, message=text[:1_000])
    connector.complete(connector.send(agent, text, status=Status.IN_PROGRESS), text)
    connector.fail(connector.send(agent, text, status=Status.IN_PROGRESS), text[:1_000])


@pytest.fixture
def poisoned() -> FakeConnector:
    connector = FakeConnector(now_ms=NOW_MS)
    for number, entry in enumerate(CORPUS):
        poison(connector, number, entry["text"])
    return connector


async def test_the_corpus_reaches_no_terminal_and_does_nothing(poisoned: FakeConnector) -> None:
    async with open_board(poisoned, record=True, size=(100, 40)) as board:
        for group in (Group.IN_PROGRESS, Group.COMPLETED):
            board.table(group).focus()
            for index in range(len(board.table(group).view)):
                board.board.action_cursor_down()
                await board.pilot.pause()
                if index % 12 == 0:
                    await board.pilot.click("#streams", offset=(5 + index % 20, 2))
        assert CONTROLS.findall(OWN_SEQUENCES.sub("", board.written)) == []
        assert (poisoned.calls.canceled, poisoned.calls.dispatched, poisoned.calls.polled) == ([], [], [])
        assert board.app.is_running


async def test_the_corpus_is_harmless_in_dialogs_and_notices(poisoned: FakeConnector) -> None:
    async with open_board(poisoned, record=True, size=(100, 40)) as board:
        await board.pilot.press("d")
        for entry in CORPUS:
            board.app.screen.query_one(TextArea).text = entry["text"][:2_000]
            board.app.screen.query_one(OptionList).action_cursor_down()
            await board.pilot.pause()
        await board.pilot.press("escape", "2", "home")
        await board.until(lambda: board.app.screen is board.board)
        for entry in CORPUS:
            board.app.tell(Notice(entry["text"][:1_000], entry["text"][:1_000]))
        rows = [row for row in board.app.session.store.rows.values() if not row.status.is_terminal]
        assert len(rows) == 3 * len(CORPUS)
        # The rows of one text differ in their status, which the question does not show.
        different = rows[::3]
        assert len({row.task_preview for row in different}) == len({row.task_preview for row in rows})
        for at in range(0, len(different), LISTED):
            asked_about = different[at : at + LISTED]
            for named in (asked_about, asked_about[:1]):
                board.board.acting.cancel(named)
                await board.pilot.pause()
                assert isinstance(board.app.screen, CancelScreen)
                if at % 9 == 0:
                    await board.pilot.click(offset=(40, 18))
                board.app.screen.dismiss(False)
                await board.pilot.pause()
        assert CONTROLS.findall(OWN_SEQUENCES.sub("", board.written)) == []
        assert (poisoned.calls.canceled, poisoned.calls.dispatched) == ([], [])
        assert board.app.is_running


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "line\n" * 200_000, "漢" * 500_000, "e\u0301\u0302\u0303\u0304" * 200_000, " " * 1_000_000],
    ids=["one line", "many lines", "wide", "marks", "blanks"],
)
async def test_no_size_of_text_freezes_the_paint(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past what a pane starts with, text is stored and not laid out: much more of it is not even looked at."""
    looked_at = count_characters(monkeypatch)
    some = await characters_of_paints(text[:MORE_THAN_A_PANE_TAKES], looked_at)
    much = await characters_of_paints(text, looked_at)
    assert some >= SHOWN_CHARACTERS, "nothing was counted"
    assert much <= 2 * some, "a pane may wrap once more when its scrollbar comes; more than that grows with the text"


def count_characters(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each long text that is wrapped, measured or cut into cells from now on: what a paint costs.

    Lines are left out: how often they are drawn again is up to the terminal and the moment.
    """
    counted: list[int] = []

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def count(text: str, *arguments: Any, **named: Any) -> Any:
            if len(text) > MORE_THAN_A_LINE:
                counted.append(len(text))
            return function(text, *arguments, **named)

        return count

    for module, name in (
        (stream_text, "wrap"),
        (stream_pane, "wrap"),
        (stream_pane, "one_line"),
        (cells, "cell_len"),
        (cells, "chop_cells"),
        (cells, "set_cell_size"),
    ):
        monkeypatch.setattr(module, name, counting(getattr(module, name)))
    return counted


async def characters_of_paints(text: str, looked_at: list[int]) -> int:
    """How many characters all paints look at while a text comes, goes on, and is the result."""
    connector = FakeConnector(now_ms=NOW_MS)
    running = connector.send(connector.agent("agent"), text, status=Status.IN_PROGRESS)
    async with open_board(connector, size=(200, 50)) as board:
        looked_at.clear()
        for piece in (text, "one more\n"):
            connector.say(running, piece)
            await board.until(lambda: not board.connector._queues[0].qsize())
            paint_board(board)
        connector.complete(running, text)
        await board.until(lambda: len(board.table(Group.COMPLETED).view))
        paint_result(board, running, text)
        return sum(looked_at)


def paint_board(board: OpenBoard) -> None:
    board.app.take_frame()
    for y in range(50):
        board.table(Group.IN_PROGRESS).render_line(y)


def paint_result(board: OpenBoard, delegation_id: str, text: str) -> None:
    pane = StreamPane(board.app.session.facts)
    pane._result = text
    pane.row = board.app.session.store.rows[delegation_id]
    pane._make_ending(80)


@pytest.mark.parametrize("width", [80, 100, 143])
async def test_no_cell_breaks_the_columns(poisoned: FakeConnector, width: int) -> None:
    async with open_board(poisoned, size=(width, 120)) as board:
        for group in Group:
            table = board.table(group)
            for y in range(table.size.height):
                assert sum(segment.cell_length for segment in table.render_line(y)) == table.size.width
