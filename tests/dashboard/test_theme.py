"""The theme on a terminal of 16 colors."""

from __future__ import annotations

import pytest
from headway.dashboard.theme import HEADWAY, NAMES, theme_named
from rich.color import Color, ColorSystem

CYAN, GREEN, YELLOW, RED, BLACK, WHITE = {6, 14}, {2, 10}, {3, 11}, {1, 9}, {0}, {7, 15}


@pytest.mark.parametrize(
    ("color", "wanted"),
    [
        (HEADWAY.accent, CYAN),
        (HEADWAY.success, GREEN),
        (HEADWAY.warning, YELLOW),
        (HEADWAY.error, RED),
        (HEADWAY.background, BLACK),
        (HEADWAY.foreground, WHITE),
    ],
)
def test_every_tone_keeps_its_meaning_in_16_colors(color: str, wanted: set[int]) -> None:
    assert Color.parse(color).downgrade(ColorSystem.STANDARD).number in wanted


def test_the_cursor_and_what_is_faint_differ_from_their_surroundings_in_16_colors() -> None:
    def seen(color: str | None) -> int | None:
        assert color is not None
        return Color.parse(color).downgrade(ColorSystem.STANDARD).number

    assert seen(HEADWAY.variables["cursor"]) != seen(HEADWAY.background)
    assert seen(HEADWAY.variables["faint"]) not in (seen(HEADWAY.foreground), seen(HEADWAY.background))


def test_what_is_faint_on_a_light_ground_is_not_white_in_16_colors() -> None:
    light = [theme for theme in map(theme_named, NAMES) if not theme.dark and not theme.ansi]
    assert len(light) > 4
    for theme in light:
        assert Color.parse(theme.variables["faint"]).downgrade(ColorSystem.STANDARD).number not in WHITE, theme.name
