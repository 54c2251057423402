"""What is painted where something changed is what a paint of everything would have put there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import pytest
from headway.core.delegation import Status
from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.compositor import LeanCompositor, LeanUpdate
from headway.dashboard.screens.dialog import Dialog
from headway.dashboard.text_net import TextNet
from headway.dashboard.widgets.delegation_table import DelegationTable
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from support.boards import NOW_MS, OpenBoard, fleet, open_board
from support.fake_connector import FakeConnector
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

HEART = "\u2764\ufe0f"
Cell = tuple[str, Style | None]


def cells(segments: Iterable[Segment]) -> list[Cell]:
    return [(char, style) for text, style, _ in segments for char in text]


def dirty_regions(board: OpenBoard, rng: random.Random) -> list[Region]:
    width, height = board.app.size
    places = [(rng.randrange(width), rng.randrange(height)) for _ in range(6)]
    return [Region(x, y, rng.randint(1, width - x), rng.randint(1, min(4, height - y))) for x, y in places]


def assert_painted_as_whole(board: OpenBoard, rng: random.Random) -> None:
    compositor = board.app.screen._compositor
    assert isinstance(compositor, LeanCompositor)
    whole = [cells(strip) for strip in compositor.render_strips()]
    for region in (regions := dirty_regions(board, rng)):
        compositor._dirty_regions.add(region)
    update = compositor.render_partial_update()
    assert isinstance(update, LeanUpdate)
    covered = {(x, y) for region in regions for y in region.line_range for x in region.column_range}
    for y, line in update.chops.items():  # type: ignore[attr-defined]
        for x, strip in line.items():
            if strip is not None:
                assert cells(strip) == whole[y][x : x + strip.cell_length]
                covered -= {(at, y) for at in range(x, x + strip.cell_length)}
    assert not covered


async def test_a_part_is_painted_as_it_is_in_the_whole() -> None:
    rng = random.Random(7)
    async with open_board(fleet(), size=(80, 24)) as board:
        assert_painted_as_whole(board, rng)
        board.app.tell(Notice("Something", "was said", Tidings.DONE))
        await board.until(lambda: "was said" in board.text())
        assert_painted_as_whole(board, rng)
        await board.pilot.press("d")
        await board.until(lambda: "to be done?" in board.text())
        assert_painted_as_whole(board, rng)


def test_a_span_is_written_from_its_first_cell_on_but_never_from_within_a_wide_one() -> None:
    def written(text: str, x1: int, x2: int) -> str:
        strip = Strip([Segment(text)])
        width = strip.cell_length
        return LeanUpdate({2: {0: strip}}, [(2, x1, x2)], {2: [width]}).render_segments(Console())  # type: ignore[arg-type]

    assert written("abcdef", 2, 4) == "\x1b[3;3Hcd"
    assert written("abcdef", 0, 6) == "\x1b[3;1Habcdef"
    assert written("a字c", 2, 4) == "\x1b[3;1Ha字c"


async def test_a_line_is_drawn_once_for_a_change_and_its_paint() -> None:
    connector = FakeConnector(now_ms=NOW_MS)
    coder = connector.agent("coder")
    ids = [connector.send(coder, f"task {number}", status=Status.IN_PROGRESS) for number in range(9)]
    async with open_board(connector, record=True) as board:
        table = board.board.tables.active
        drawn: list[str] = []
        draw = table._draw_row
        table._draw_row = lambda row_id, width: drawn.append(row_id) or draw(row_id, width)  # type: ignore[method-assign, func-returns-value]
        connector.say(ids[4], "", percent=50.0)
        await board.until(lambda: "50%" in board.written)
        assert drawn.count(ids[4]) == 1


async def test_what_was_painted_narrow_between_two_layouts_is_painted_anew_where_it_is_wide_again() -> None:
    async with open_board(fleet()) as board:
        await board.pilot.press("slash", *"status:failed", "enter")
        await board.seen(" match")
        matches = board.board.query_one("#matches", Static)
        said = str(matches.content)
        board.app.hold_paint()
        matches.update("")
        await board.pilot.pause()
        # A widget that is not in the layout, as one that is just shown: Textual lays out again, telling nobody.
        board.board._compositor.update_widgets({Static()})
        assert matches.region.width < len(said)
        matches.update(said)
        assert said not in board.text()
        board.app.release_paint()
        await board.seen(said)


@pytest.mark.parametrize("netted", [True, False])
async def test_a_sign_that_the_edge_of_a_dialog_cuts_in_two_leaves_no_hole(
    netted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rich loses a cell where it cuts one that the net has not taken apart, and Textual ends the app over it."""

    def hearts(table: DelegationTable, y: int) -> Strip:
        # In both columns of each sign, one line and the next.
        width = table.size.width
        return Strip([Segment("x" * (y % 2) + HEART * ((width - y % 2) // 2))]).adjust_cell_length(width)

    monkeypatch.setattr(DelegationTable, "draw_line", hearts)
    if not netted:
        monkeypatch.setattr(TextNet, "apply", lambda self, segments, background: segments)
    async with open_board(fleet(), size=(61, 19)) as board:
        await board.settled()
        await board.pilot.press("question_mark")
        await board.until(lambda: isinstance(board.app.screen, Dialog))
        await board.settled()
        compositor = board.app.screen._compositor
        assert isinstance(compositor, LeanCompositor)
        for lines in (compositor._render_chops(Region(0, 0, 61, 19), lambda _: True), whole_lines(compositor)):
            assert None not in [strip for line in lines for strip in line.values()]


def whole_lines(compositor: LeanCompositor) -> list[Mapping[int, Strip | None]]:
    width, height = compositor.size
    return list(compositor._render_spans([(y, 0, width) for y in range(height)]).values())
