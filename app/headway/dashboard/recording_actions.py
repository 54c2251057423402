"""What keys do with a recording that is played (spec: dashboard)."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.dashboard.action import Action, Moment, Section


def _replays(moment: Moment) -> bool:
    return moment.capabilities.replay


def _pause_or_go_on(moment: Moment) -> str:
    if moment.paused:
        return "Go on"
    return "Again" if moment.ended else "Pause"


_PLAYING: Final = partial(Action, section=Section.RECORDING, available=_replays)

RECORDING_ACTIONS: Final[tuple[Action, ...]] = (
    _PLAYING(
        "pause",
        ("space",),
        "Pause",
        "Pause the recording, or go on; at its end, again",
        in_footer=True,
        title_now=_pause_or_go_on,
    ),
    _PLAYING("slower", ("less_than_sign",), "Slower", "Play the recording slower", in_footer=True),
    _PLAYING("faster", ("greater_than_sign",), "Faster", "Play the recording faster", in_footer=True),
    _PLAYING("step_back", ("left_square_bracket",), "Back", "Go back 30 seconds in the recording"),
    _PLAYING("step_on", ("right_square_bracket",), "On", "Go on 30 seconds in the recording"),
)
"""Offered where what is shown is a recording."""
