"""What shows through a dialog is what Textual would draw there, and follows the screen beneath."""

from __future__ import annotations

from typing import Any

import pytest
from headway.dashboard.screens.dialog import Dialog
from headway.dashboard.screens.dispatch import DispatchScreen
from headway.dashboard.screens.token import TokenScreen
from rich.style import Style
from support.boards import OpenBoard, fleet, one_that_runs, open_board
from textual._context import visible_screen_stack
from textual.command import CommandPalette
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

Cells = list[list[tuple[str, object]]]


def cells(lines: list[Strip]) -> Cells:
    return [[(sign, seen(sign, segment.style)) for segment in line for sign in segment.text] for line in lines]


def seen(sign: str, style: Style | None) -> object:
    """What is seen of a style: of a blank that is not underlined or reversed, its ground."""
    plain = sign == " " and style is not None and not (style.underline or style.reverse or style.strike)
    return style.bgcolor if style is not None and plain else style


def grounds(board: OpenBoard, crop: Region) -> tuple[Cells, Cells]:
    """What the dialog draws as its ground, and what Textual does."""
    dialog = board.app.screen
    assert isinstance(dialog, Dialog)
    assert dialog._beneath() is not None
    ours = dialog.render_lines(crop)
    dialog._set_dirty()
    visible_screen_stack.set(board.app._background_screens)
    return cells(ours), cells(Widget.render_lines(dialog, crop))


async def ask_for_token_over(board: OpenBoard, key: str, below: type[Screen[Any]]) -> None:
    """Open the screen that a key opens, and a dialog over it."""
    await board.pilot.press(key)
    await board.until(lambda: isinstance(board.app.screen, below))
    board.app.push_screen(TokenScreen("a token is asked for"))
    await board.until(lambda: isinstance(board.app.screen, TokenScreen))
    await board.settled()


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("keys", ["d", "question_mark", "t", "x"])
async def test_it_is_what_textual_would_draw(keys: str, size: tuple[int, int]) -> None:
    async with open_board(fleet(), size=size) as board:
        await board.settled()
        await board.pilot.press("down", keys)
        await board.until(lambda: isinstance(board.app.screen, Dialog))
        await board.settled()
        width, height = size
        for crop in (Region(0, 0, width, height), Region(3, height // 2, width - 10, 2)):
            ours, textuals = grounds(board, crop)
            assert ours == textuals


async def test_a_dialog_over_a_dialog_shows_both() -> None:
    async with open_board(fleet()) as board:
        await ask_for_token_over(board, "d", DispatchScreen)
        ours, textuals = grounds(board, Region(0, 0, 120, 36))
        assert ours == textuals


async def test_over_a_screen_of_textual_s_own_it_is_drawn_by_textual() -> None:
    async with open_board(fleet()) as board:
        await ask_for_token_over(board, "ctrl+p", CommandPalette)
        assert board.app.screen._beneath() is None  # type: ignore[attr-defined]
        assert "a token is asked for" in board.text()


async def test_what_happens_beneath_is_seen() -> None:
    connector, running = one_that_runs()
    async with open_board(connector, record=True) as board:
        await board.pilot.press("d")
        await board.until(lambda: isinstance(board.app.screen, Dialog))
        await board.settled()
        board.forget()
        connector.say(running, "what it says now")
        await board.until(lambda: "what it says" in board.written)
