"""How headway looks: one calm theme with a single accent, for dark terminals and for light ones, one of high contrast,
and Textual's own, given the few colors that they lack.

Each color of ours was chosen so that a terminal of 16 shows its own cyan, green, yellow and red for it, not grey.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme


def _ours(
    name: str,
    *,
    dark: bool,
    accent: str,
    text: str,
    ground: str,
    panel: str,
    good: str,
    warning: str,
    bad: str,
    edge: str,
    faint: str,
    cursor: str,
    hover: str,
    selected: str,
) -> Theme:
    """`ground` is the background of everything; `edge` borders what has no focus, `hover` is a scrollbar's."""
    return Theme(
        name=name,
        primary=accent,
        secondary=accent,
        accent=accent,
        foreground=text,
        background=ground,
        surface=ground,
        panel=panel,
        success=good,
        warning=warning,
        error=bad,
        dark=dark,
        variables={
            "border": accent,
            "border-blurred": edge,
            "faint": faint,
            "cursor": cursor,
            "footer-background": ground,
            "input-selection-background": selected,
            "block-cursor-background": cursor,
            "block-cursor-foreground": text,
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": panel,
            "scrollbar": edge,
            "scrollbar-hover": hover,
            "scrollbar-active": accent,
            "scrollbar-background": ground,
            "scrollbar-background-hover": ground,
            "scrollbar-background-active": ground,
        },
    )


HEADWAY: Final = _ours(
    "headway",
    dark=True,
    accent="#4db8cc",
    text="#d5dbe1",
    ground="#10151b",
    panel="#1a222b",
    good="#5fbf6a",
    warning="#e0b040",
    bad="#e5666b",
    edge="#34414d",
    faint="#8494a3",
    cursor="#22303b",
    hover="#4a5a68",
    selected="#4db8cc 35%",
)
HEADWAY_LIGHT: Final = _ours(
    "headway-light",
    dark=False,
    accent="#007d8f",
    text="#1d2429",
    ground="#fbfcfd",
    panel="#e9edf0",
    good="#1f8a2e",
    warning="#8f7000",
    bad="#b3202c",
    edge="#b4c0c8",
    faint="#5c6a75",
    cursor="#d5e6ea",
    hover="#94a3ad",
    selected="#007d8f 35%",
)
HEADWAY_CONTRAST: Final = _ours(
    "headway-contrast",
    dark=True,
    accent="#00d7ff",
    text="#ffffff",
    ground="#000000",
    panel="#262626",
    good="#00e040",
    warning="#ffd700",
    bad="#ff4040",
    edge="#8a8a8a",
    faint="#c0c0c0",
    cursor="#005f87",
    hover="#c0c0c0",
    selected="#005f87",
)


_READABLE: Final = 0.3
"""How much darker than a light ground its faint text is at the least, from 0 to 1."""


def completed(theme: Theme) -> Theme:
    """A theme of Textual's with what ours have besides: a tone for what is old, and a row's color under the cursor."""
    if theme.ansi:
        cursor = "ansi_blue" if theme.dark else "ansi_bright_cyan"
        added = {"faint": "ansi_bright_black", "cursor": cursor, "border-blurred": "ansi_bright_black"}
    else:
        made = theme.to_color_system().generate()
        foreground, background = Color.parse(made["foreground"]), Color.parse(made["background"])
        added = {
            "faint": _faint(foreground, background).hex6,
            "cursor": background.blend(Color.parse(made["primary"]), 0.35).hex6,
            "border-blurred": background.blend(foreground, 0.25).hex6,
        }
    return replace(theme, variables={**theme.variables, **added})


def _faint(foreground: Color, background: Color) -> Color:
    """A tone between the two; on a light ground one that can still be read where a terminal has 16 colors."""
    shades = [background.blend(foreground, share) for share in (0.65, 0.75, 0.85)]
    if background.brightness < foreground.brightness:
        return shades[0]
    return next((one for one in shades if _of_sixteen(background) - _of_sixteen(one) > _READABLE), foreground)


def _of_sixteen(color: Color) -> float:
    """How bright the one of a terminal's 16 colors is that comes closest, from 0 to 1."""
    return Color(*RichColor.parse(color.hex6).downgrade(ColorSystem.STANDARD).get_truecolor()).brightness


OURS: Final = (HEADWAY, HEADWAY_LIGHT, HEADWAY_CONTRAST)
NAMES: Final = (*(theme.name for theme in OURS), *BUILTIN_THEMES)
"""Every theme that can be chosen, ours first."""


def theme_named(name: str) -> Theme:
    """One of `NAMES`; Textual's are completed when they are asked for, which costs some milliseconds."""
    ours = {theme.name: theme for theme in OURS}
    return ours[name] if name in ours else completed(BUILTIN_THEMES[name])
