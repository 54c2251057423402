"""What keys do with a recording that is played (spec: dashboard)."""

from __future__ import annotations

from typing import Final

from headway.dashboard.action import Action, Moment, Section


def _replays(moment: Moment) -> bool:
    return moment.capabilities.replay


RECORDING_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "pause",
        ("space",),
        "Pause",
        "Pause the recording, or go on; at its end, again",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "slower",
        ("less_than_sign",),
        "Slower",
        "Play the recording slower",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "faster",
        ("greater_than_sign",),
        "Faster",
        "Play the recording faster",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "step_back",
        ("left_square_bracket",),
        "Back",
        "Go back 30 seconds in the recording",
        Section.RECORDING,
        available=_replays,
    ),
    Action(
        "step_on",
        ("right_square_bracket",),
        "On",
        "Go on 30 seconds in the recording",
        Section.RECORDING,
        available=_replays,
    ),
)
"""Offered where what is shown is a recording."""
