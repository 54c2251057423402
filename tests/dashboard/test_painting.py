"""What a frame changes is on the terminal when it ends; nothing that is to be painted or called is lost on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from headway.dashboard.changes import Note
from headway.dashboard.painting import PaintsAtOnce
from headway.dashboard.screens.dialog import Dialog
from headway.dashboard.widgets.delegation_table import DelegationTable
from support.boards import fleet, one_that_runs, open_board
from textual.geometry import Region


async def test_what_a_frame_changed_is_written_when_it_ends() -> None:
    connector, running = one_that_runs()
    async with open_board(connector, record=True) as board:
        await board.settled()
        table = board.board.tables.active
        board.forget()
        with board.board.one_paint():
            board.app.session.store.note(running, Note("polling…"))
            board.app.take_frame()
            assert not board.written
        assert "polling…" in board.written
        assert not table._repaint_required


@pytest.mark.parametrize("covered", [True, False])
async def test_what_cannot_be_painted_at_once_is_painted_later(covered: bool) -> None:
    connector, running = one_that_runs()
    async with open_board(connector, record=True) as board:
        await board.settled()
        if covered:
            await board.pilot.press("d")
            await board.until(lambda: isinstance(board.app.screen, Dialog))
        else:
            board.app.hold_paint()
        await board.settled()
        board.forget()
        with board.board.one_paint():
            board.app.session.store.note(running, Note("polling…"))
            board.app.take_frame()
        assert "polling…" not in board.written
        if covered:
            await board.pilot.press("escape")
        else:
            board.app.release_paint()
        await board.until(lambda: "polling…" in board.written)


async def test_a_change_outside_a_frame_is_painted_too() -> None:
    async with open_board(fleet(), record=True) as board:
        await board.settled()
        board.forget()
        board.board.tables.active.entitle("another title")
        await board.until(lambda: "another title" in board.written)


async def test_a_change_in_the_middle_of_a_layout_is_painted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a layout Textual takes all for painted that was dirty."""
    async with open_board(fleet(), record=True) as board:
        await board.settled()
        board.forget()
        table = board.board.tables.active
        resized = type(table)._size_updated

        def changes(self: DelegationTable, *sizes: Any, **more: Any) -> bool:
            table.entitle("another title")
            return resized(self, *sizes, **more)

        monkeypatch.setattr(type(table), "_size_updated", changes)
        board.board.refresh(layout=True, repaint=False)
        await board.until(lambda: "another title" in board.written)


async def test_a_widget_is_painted_too_where_a_part_of_its_screen_is() -> None:
    """As where what shows through a dialog has changed: Textual takes that for all of the dialog."""
    async with open_board(fleet(), record=True) as board:
        await board.pilot.press("question_mark")
        await board.until(lambda: isinstance(board.app.screen, Dialog))
        await board.settled()
        board.forget()
        dialog = board.app.screen
        for title in ("another title", "and one more"):
            dialog.query_one(".dialog").border_title = title
            dialog.refresh(Region(0, 0, 1, 1))
            await board.until(lambda title=title: title in board.written)


async def test_what_changes_beneath_an_opaque_screen_costs_no_paint() -> None:
    async with open_board(fleet(), record=True) as board:
        await board.pilot.press("a")
        await board.seen("Agents")
        await board.settled()
        board.forget()
        board.board.tables.active.entitle("another title")
        await board.settled()
        assert not board.written
        await board.pilot.press("escape")
        await board.until(lambda: "another title" in board.written)


async def test_a_call_that_waits_is_made_also_where_a_paint_is_due() -> None:
    async with open_board(fleet()) as board:
        await board.settled()
        called: list[bool] = []
        table = board.board.tables.active
        table._repaint_required = True
        table.call_next(called.append, True)
        # Not by the pilot, which sends a message to every widget.
        for _ in range(100):
            await asyncio.sleep(0.005)
        assert called


async def test_a_dialog_stands_in_the_middle_with_the_board_behind_it() -> None:
    """Textual takes the styles of a class from the first of its bases alone."""
    async with open_board(fleet()) as board:
        await board.pilot.press("d")
        await board.until(lambda: isinstance(board.app.screen, Dialog))
        dialog = board.app.screen
        assert isinstance(dialog, PaintsAtOnce)
        assert "ModalScreen" in dialog._css_type_names
        await board.until(lambda: dialog.query_one(".dialog").region.x > 0)
        region, size = dialog.query_one(".dialog").region, board.app.size
        assert abs(region.x - (size.width - region.right)) <= 1
        assert dialog.styles.background.a < 1
        assert "In progress" in board.text()
