"""How headway looks: one calm dark theme with a single accent."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

HEADWAY: Final = Theme(
    name="headway",
    primary="#6cb6c9",
    secondary="#6cb6c9",
    accent="#6cb6c9",
    foreground="#d5dbe1",
    background="#10151b",
    surface="#10151b",
    panel="#1a222b",
    success="#8fbf8a",
    warning="#d9b36c",
    error="#e0787c",
    dark=True,
    variables={
        "border": "#6cb6c9",
        "border-blurred": "#34414d",
        "faint": "#8494a3",
        "cursor": "#22303b",
        "footer-background": "#10151b",
        "input-selection-background": "#6cb6c9 35%",
        "block-cursor-background": "#22303b",
        "block-cursor-foreground": "#d5dbe1",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1a222b",
        "scrollbar": "#34414d",
        "scrollbar-hover": "#4a5a68",
        "scrollbar-active": "#6cb6c9",
        "scrollbar-background": "#10151b",
        "scrollbar-background-hover": "#10151b",
        "scrollbar-background-active": "#10151b",
    },
)
