"""The board at every size: no line is wider than the screen, and where one is and how the link stands always shows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from headway.connectors.connector import Closed
from headway.core.delegation import Group, Status
from headway.dashboard.app import HeadwayApp
from headway.dashboard.columns import COLUMNS, SQUEEZED, lay_out
from headway.dashboard.screens.detail import DetailScreen
from headway.dashboard.widgets.line_view import LineView
from headway.dashboard.widgets.top_line import LEAST_NAME, fitted
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector

SIZES = [(60, 16), (60, 24), (80, 24), (100, 20), (120, 36), (200, 60), (300, 50)]


def check_lines(board: OpenBoard, columns: int, lines: int) -> None:
    strips = board.app.screen._compositor.render_strips()
    assert len(strips) == lines
    assert {strip.cell_length for strip in strips} == {columns}
    assert {cell_len(strip.text) for strip in strips} == {columns}
    for view in board.app.screen.query(LineView):
        for y in range(view.size.height):
            assert view.render_line(y).cell_length == view.size.width


@pytest.mark.req("D8")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_everything_essential_is_there_at_every_size(size: tuple[int, int]) -> None:
    connector = fleet()
    async with open_board(connector, size=size) as board:
        await board.until(lambda: "● live" in board.text("top"))
        for key, title in (("1", "Queued 3"), ("3", "Completed 6"), ("2", "In progress 5")):
            await board.pilot.press(key)
            await board.settled()
            check_lines(board, *size)
            shown = board.text()
            assert all(one in shown for one in ("Queued 3", "In progress 5", "Completed 6")), "counts, on every table"
            assert title in shown
        assert "! stuck 11m" in shown
        assert "? needs input" in shown
        assert "demo" in board.text("top")
        assert "! stuck 1" in board.text("top")
        assert "shard 17 of 64" in board.text("streams")
        assert all(word in board.text("keys") for word in ("Dispatch", "Poll", "Cancel", "q Quit"))
        await board.pilot.press("1")
        await board.settled()
        assert "Summarise the Q3 fil" in board.text("queued"), "the table that is worked in has its rows"
        connector.interrupt(Closed("refused", 4.0))
        await board.until(lambda: "reconnecting in 4 s (refused)" in board.text("top"))
        assert "demo" in board.text("top")
        check_lines(board, *size)


@pytest.mark.req("D8")
async def test_a_board_that_is_resized_over_and_over_stays_whole() -> None:
    rng = random.Random(5)
    async with open_board(fleet(), size=(120, 36)) as board:
        await board.pilot.press("2", "down")
        selected = board.board.selected
        for _ in range(12):
            size = (rng.randint(24, 260), rng.randint(8, 70))
            await board.pilot.resize_terminal(*size)
            await board.settled()
            check_lines(board, *size)
            assert board.board.selected is selected
            # The row under the cursor is in view wherever its table has room for one.
            table = board.table(Group.IN_PROGRESS)
            assert not table.page or any("▌" in table.render_line(y).text for y in range(table.size.height))


@given(st.integers(1, 320), st.sampled_from(list(Group)))
def test_columns_take_no_more_than_there_is(width: int, group: Group) -> None:
    places = lay_out(COLUMNS[group], width)
    taken = sum(place.width for place in places) + sum(place.gap for place in places[:-1])
    elastic = [place for place in places if place.column.grow]
    assert taken <= width or all(place.width == SQUEEZED for place in elastic)
    assert {"target", "task"} <= {place.column.id for place in places}


@given(
    st.text("aé漢 ", min_size=1, max_size=120),
    st.sampled_from(["live 8 ms", "reconnecting in 12 s (refused)"]),
    st.integers(30, 200),
)
def test_the_line_on_top_loses_the_least_important_first(name: str, words: str, room: int) -> None:
    spans: Any = [("headway", "accent"), (f"  {name}  ", "plain"), (f"● {words}", "good"), ("  data 3m old", "faint")]
    kept = fitted(spans, room)
    text = "".join(part for part, _ in kept)
    assert f"● {words}" in text
    least = min(cell_len(name.strip()), LEAST_NAME)
    assert cell_len(text.partition("●")[0].strip().removeprefix("headway").strip()) >= least - 1 or not name.strip()
    assert cell_len(text) <= max(room, LEAST_NAME + 2 + cell_len(f"● {words}"))
    assert not text.startswith("headway") or kept == spans


# The mouse


async def click(board: OpenBoard, widget: str, x: int, y: int, **options: Any) -> None:
    await board.pilot.click(f"#{widget}", offset=(x, y), **options)
    await board.settled()


async def test_a_click_on_a_column_title_sorts_by_it_and_a_second_one_turns_it_around() -> None:
    async with open_board(fleet()) as board:
        heading = board.text("queued").splitlines()[1]
        at = heading.index("age") + 1
        await click(board, "queued", at, 1)
        assert "age▴" in board.text("queued")
        assert board.table(Group.QUEUED).view.sort_column == "age"
        first = board.table(Group.QUEUED).view.id_at(0)
        await board.pilot.pause(0.6)
        await click(board, "queued", at, 1)
        assert "age▾" in board.text("queued")
        assert board.table(Group.QUEUED).view.id_at(2) == first


async def test_two_clicks_on_a_row_open_it() -> None:
    async with open_board(fleet()) as board:
        await click(board, "in_progress", 5, 3, times=2)
        await board.until(lambda: isinstance(board.app.screen, DetailScreen))
        assert board.app.screen.query(LineView)
        assert "Plan the quarter" in board.text()


async def test_the_wheel_scrolls_the_table_under_it_and_leaves_the_cursor_with_its_row() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    for number in range(60):
        connector.send(coder, f"task {number}", status=Status.QUEUED)
    async with open_board(connector) as board:
        await board.pilot.press("1", "down")
        table = board.table(Group.QUEUED)
        chosen = table.cursor_id
        await board.pilot._post_mouse_events([_wheel_down()], widget="#queued", offset=(5, 3))
        await board.until(lambda: table.top > 0)
        assert table.cursor_id == chosen


def _wheel_down() -> Any:
    from textual.events import MouseScrollDown

    return MouseScrollDown


def test_the_app_knows_three_heights() -> None:
    assert [name for _, name in HeadwayApp.VERTICAL_BREAKPOINTS] == ["-tiny", "-short", "-tall"]
