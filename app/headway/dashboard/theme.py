"""How headway looks: one calm theme with a single accent, for dark terminals and for light ones.

Each color was chosen so that a terminal of 16 shows its own cyan, green, yellow and red for it, not grey.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

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

THEMES: Final = (HEADWAY, HEADWAY_LIGHT)
