"""How headway looks: one calm theme with a single accent, for dark terminals and for light ones, one of high contrast,
and Textual's own, given the few colors that they lack.

Each color of ours was chosen so that a terminal of 16 shows its own cyan, green, yellow and red for it, not grey.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

HEADWAY: Final = Theme(
    name="headway",
    primary="#4db8cc",
    secondary="#4db8cc",
    accent="#4db8cc",
    foreground="#d5dbe1",
    background="#10151b",
    surface="#10151b",
    panel="#1a222b",
    success="#5fbf6a",
    warning="#e0b040",
    error="#e5666b",
    dark=True,
    variables={
        "border": "#4db8cc",
        "border-blurred": "#34414d",
        "faint": "#8494a3",
        "cursor": "#22303b",
        "footer-background": "#10151b",
        "input-selection-background": "#4db8cc 35%",
        "block-cursor-background": "#22303b",
        "block-cursor-foreground": "#d5dbe1",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1a222b",
        "scrollbar": "#34414d",
        "scrollbar-hover": "#4a5a68",
        "scrollbar-active": "#4db8cc",
        "scrollbar-background": "#10151b",
        "scrollbar-background-hover": "#10151b",
        "scrollbar-background-active": "#10151b",
    },
)

HEADWAY_LIGHT: Final = Theme(
    name="headway-light",
    primary="#007d8f",
    secondary="#007d8f",
    accent="#007d8f",
    foreground="#1d2429",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#e9edf0",
    success="#1f8a2e",
    warning="#8f7000",
    error="#b3202c",
    dark=False,
    variables={
        "border": "#007d8f",
        "border-blurred": "#b4c0c8",
        "faint": "#5c6a75",
        "cursor": "#d5e6ea",
        "footer-background": "#fbfcfd",
        "input-selection-background": "#007d8f 35%",
        "block-cursor-background": "#d5e6ea",
        "block-cursor-foreground": "#1d2429",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#e9edf0",
        "scrollbar": "#b4c0c8",
        "scrollbar-hover": "#94a3ad",
        "scrollbar-active": "#007d8f",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-background-hover": "#fbfcfd",
        "scrollbar-background-active": "#fbfcfd",
    },
)

HEADWAY_CONTRAST: Final = Theme(
    name="headway-contrast",
    primary="#00d7ff",
    secondary="#00d7ff",
    accent="#00d7ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    success="#00e040",
    warning="#ffd700",
    error="#ff4040",
    dark=True,
    variables={
        "border": "#00d7ff",
        "border-blurred": "#8a8a8a",
        "faint": "#c0c0c0",
        "cursor": "#005f87",
        "footer-background": "#000000",
        "input-selection-background": "#005f87",
        "block-cursor-background": "#005f87",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#262626",
        "scrollbar": "#8a8a8a",
        "scrollbar-hover": "#c0c0c0",
        "scrollbar-active": "#00d7ff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
    },
)


def completed(theme: Theme) -> Theme:
    """A theme of Textual's with what ours have besides: a tone for what is old, and a row's color under the cursor."""
    if theme.ansi:
        cursor = "ansi_blue" if theme.dark else "ansi_bright_cyan"
        added = {"faint": "ansi_bright_black", "cursor": cursor, "border-blurred": "ansi_bright_black"}
    else:
        made = theme.to_color_system().generate()
        foreground, background = Color.parse(made["foreground"]), Color.parse(made["background"])
        added = {
            "faint": background.blend(foreground, 0.65).hex6,
            "cursor": background.blend(Color.parse(made["primary"]), 0.35).hex6,
            "border-blurred": background.blend(foreground, 0.25).hex6,
        }
    return replace(theme, variables={**theme.variables, **added})


OURS: Final = (HEADWAY, HEADWAY_LIGHT, HEADWAY_CONTRAST)
NAMES: Final = (*(theme.name for theme in OURS), *BUILTIN_THEMES)
"""Every theme that can be chosen, ours first."""


def theme_named(name: str) -> Theme:
    """One of `NAMES`; Textual's are completed when they are asked for, which costs some milliseconds."""
    ours = {theme.name: theme for theme in OURS}
    return ours[name] if name in ours else completed(BUILTIN_THEMES[name])
