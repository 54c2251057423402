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


async def test_a_board_without_color_writes_only_greys() -> None:
    async with open_board(fleet(), look=Look(color=False)) as opened:
        styles = [segment.style for strip in opened.board._compositor.render_strips() for segment in strip]
        colors = {color for style in styles if style for color in (style.color, style.bgcolor) if color}
        assert len(colors) > 2
        assert all(len(set(color.get_truecolor())) == 1 for color in colors)


async def test_a_board_without_animations_has_none_and_a_light_one_is_light() -> None:
    async with open_board(fleet(), look=Look(animations=False, theme="headway-light")) as opened:
        assert opened.app.animation_level == "none"
        assert opened.app.current_theme.dark is False
        assert "Queued" in opened.text()
