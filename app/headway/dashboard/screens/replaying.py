"""What the keys of a recording do, on the screens that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from headway.connectors.playback import Playback
    from headway.dashboard.session import Session

STEP: Final = 30_000
"""Milliseconds of the recording that one step back or forward is."""


class _Screen(Protocol):
    session: Session

    def show_surroundings(self) -> None: ...


class Replaying:
    """Moves the recording of the session; does nothing where there is none."""

    def action_pause(self: _Screen) -> None:
        if playback := _playback(self):
            playback.toggle()

    def action_slower(self: _Screen) -> None:
        if playback := _playback(self):
            playback.slower()

    def action_faster(self: _Screen) -> None:
        if playback := _playback(self):
            playback.faster()

    def action_step_back(self: _Screen) -> None:
        if playback := _playback(self):
            playback.seek(playback.position - STEP)

    def action_step_on(self: _Screen) -> None:
        if playback := _playback(self):
            playback.seek(playback.position + STEP)


def _playback(screen: _Screen) -> Playback | None:
    """The recording that is played; what is changed of it is shown at the next refresh of the line on top."""
    playback = screen.session.playback
    if playback is not None:
        screen.session.request_frame()
    return playback
