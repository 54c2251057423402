"""The actions of the events screen that no other screen has."""

from __future__ import annotations

from typing import Final

from headway.dashboard.action import Action, Section, Where

_ON: Final = frozenset({Where.EVENTS})

EVENT_ACTIONS: Final = (
    Action(
        "expand",
        ("enter",),
        "Whole",
        "The whole event as JSON beside the table, or not",
        Section.EVENTS,
        available=lambda moment: moment.event or moment.expanded,
        in_footer=True,
        on=_ON,
        yields=True,
    ),
    Action(
        "pause_events",
        ("space",),
        "Pause",
        "Let the table stand still, or go on",
        Section.EVENTS,
        in_footer=True,
        on=_ON,
    ),
)
"""In the order that footer and help show them."""
