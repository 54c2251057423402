"""How a board is drawn, as a person wants it: ASCII, without color, without animations, on a light terminal."""

from __future__ import annotations

from typing import get_args

import pytest
from headway.config.model import ThemeName
from headway.dashboard.ascii import in_ascii
from headway.dashboard.look import Look
from headway.dashboard.theme import HEADWAY_LIGHT, NAMES
from rich.cells import cell_len
from rich.color import Color, ColorSystem
from support.boards import fleet, open_board


def test_the_themes_that_can_be_set_are_those_there_are() -> None:
    assert list(NAMES) == list(get_args(ThemeName))


@pytest.mark.parametrize(
    "color", [HEADWAY_LIGHT.accent, HEADWAY_LIGHT.success, HEADWAY_LIGHT.warning, HEADWAY_LIGHT.error]
)
def test_every_tone_of_the_light_theme_is_its_own_in_16_colors(color: str) -> None:
    numbers = [
        Color.parse(str(one)).downgrade(ColorSystem.STANDARD).number
        for one in (HEADWAY_LIGHT.accent, HEADWAY_LIGHT.success, HEADWAY_LIGHT.warning, HEADWAY_LIGHT.error)
    ]
    assert numbers.count(Color.parse(color).downgrade(ColorSystem.STANDARD).number) == 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("━━╸── 63%", "==>-- 63%"),
        ("╭ Queued ╮", "+ Queued +"),
        ("naïve café", "naive cafe"),
        ("日本", "????"),
        ("ﬁne …", "?ne ~"),
        ("plain", "plain"),
    ],
)
def test_signs_become_ascii_cell_for_cell(text: str, wanted: str) -> None:
    assert in_ascii(text) == wanted
    assert cell_len(wanted) == cell_len(text)


async def test_a_board_in_ascii_writes_nothing_else() -> None:
    async with open_board(fleet(), record=True, look=Look(ascii=True)) as opened:
        await opened.pilot.press("question_mark")
        await opened.settled()
        assert "Queued" in opened.written
        assert opened.written.isascii()


@pytest.mark.req("D8")
@pytest.mark.parametrize("theme", ["headway", "headway-light", "ansi-dark"])
async def test_a_board_without_color_sends_none_and_the_focus_shows_all_the_same(theme: str) -> None:
    async with open_board(fleet(), look=Look(color=False, theme=theme), record=True) as opened:
        await opened.pilot.press("2", "x")
        await opened.seen("Yes, cancel")
        styles = {
            segment.text.strip(): segment.style
            for strip in opened.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
        }
        assert not any(style.color or style.bgcolor for style in styles.values())
        assert any(style.bold for style in styles.values())
        assert styles["No"].reverse, "this is where the focus is"
        assert not styles["Yes, cancel"].reverse


async def test_a_board_without_animations_has_none_and_a_light_one_is_light() -> None:
    async with open_board(fleet(), look=Look(animations=False, theme="headway-light")) as opened:
        assert opened.app.animation_level == "none"
        assert opened.app.current_theme.dark is False
        assert "Queued" in opened.text()
