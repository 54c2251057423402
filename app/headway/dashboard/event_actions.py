"""The actions of the events screen that no other screen has."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.dashboard.action import Action, Section, Where

_HERE: Final = partial(Action, section=Section.EVENTS, on=frozenset({Where.EVENTS}), in_footer=True)

EVENT_ACTIONS: Final[tuple[Action, ...]] = (
    _HERE(
        "expand",
        ("enter",),
        "Whole",
        "The whole event as JSON beside the table, or not",
        available=lambda moment: moment.event or moment.expanded,
        yields=True,
    ),
    _HERE(
        "pause_events",
        ("space",),
        "Pause",
        "Let the table stand still, or go on",
        title_now=lambda moment: "Go on" if moment.paused else "Pause",
    ),
)
"""In the order that footer and help show them."""
