"""The theme is chosen live, kept, and every one there is draws every screen."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from headway.cli.boarding import _kept
from headway.cli.manner import Manner, _keep_theme
from headway.config.settings import Flags, load
from headway.dashboard.actions import ACTIONS
from headway.dashboard.look import Look
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.theme import NAMES, OURS
from support.boards import fleet, open_board


async def test_a_theme_is_shown_as_it_is_looked_at_and_kept_when_it_is_chosen() -> None:
    kept: list[str] = []
    async with open_board(fleet(), keep_theme=lambda name: kept.append(name) or "") as board:
        await board.pilot.press("t")
        await board.seen("headway-light")
        await board.pilot.press("down")
        await board.until(lambda: board.app.theme == "headway-light")
        await board.pilot.press("escape")
        await board.until(lambda: isinstance(board.app.screen, BoardScreen))
        assert (board.app.theme, kept) == ("headway", [])
        await board.pilot.press("t", "down", "down", "enter")
        await board.until(lambda: kept)
        assert (board.app.theme, kept) == ("headway-contrast", ["headway-contrast"])


async def test_a_theme_that_cannot_be_kept_is_told_and_holds_until_the_end() -> None:
    async with open_board(fleet(), keep_theme=lambda name: "config.contexts.json cannot be written: full") as board:
        await board.pilot.press("t", "down", "enter")
        await board.seen("The theme holds until you quit")
        assert board.app.theme == "headway-light"


@pytest.mark.parametrize("name", ["textual-dark", "ansi-dark"])
async def test_a_board_begins_with_a_theme_of_textuals(name: str) -> None:
    async with open_board(fleet(), look=Look(theme=name)) as board:
        assert board.app.theme == name
        assert "Queued 3" in board.text()


@pytest.mark.req("D8")
async def test_every_theme_draws_every_screen() -> None:
    ours = [theme.name for theme in OURS]
    assert len(ours) >= 3
    async with open_board(fleet(), look=Look(animations=False)) as board:
        # Textual's have the colors that ours have: one screen shows that they are found.
        for keys, names in (((), NAMES), (("a",), ours), (("v",), ours)):
            await board.pilot.press(*keys)
            for name in names:
                board.app.wear(name)
                await board.pilot.pause()
                styles = {
                    str(segment.style) for strip in board.app.screen._compositor.render_strips() for segment in strip
                }
                assert len(styles) > 3, name


def test_what_was_chosen_goes_before_the_file_and_after_a_flag(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('theme = "headway-light"\n')
    settings = load(Flags(config=config), {})
    manner = Manner(ACTIONS, Look(), partial(_keep_theme, settings))
    assert settings.value("theme") == "headway-light"
    assert _kept(manner, "nord") == ""
    assert load(Flags(config=config), {}).value("theme") == "nord"
    assert load(Flags(config=config, theme="dracula"), {}).value("theme") == "dracula"
    assert load(Flags(config=config), {"HEADWAY_THEME": "monokai"}).value("theme") == "monokai"
    assert config.read_text() == 'theme = "headway-light"\n'


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    settings = load(Flags(config=config), {})
    (tmp_path / "config.contexts.json").mkdir()
    assert "config.contexts.json" in _kept(Manner(ACTIONS, Look(), partial(_keep_theme, settings)), "nord")
