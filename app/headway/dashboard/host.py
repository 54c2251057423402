"""What the parts of the board ask of the app that they run in; `HeadwayApp` is it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from textual.app import App

    from headway.dashboard.copying import Copy


class Host(Protocol):
    """The app imports its parts, so they do not import it."""

    @property
    def keys_waiting(self) -> int:
        """How many keys are not worked on yet; to be read from any thread."""

    def open_agents(self) -> None:
        """Show the agents over the board."""

    def open_events(self) -> None:
        """Show the events over the board."""

    def choose_theme(self) -> None:
        """Ask for a theme, and keep it."""

    def take_frame(self) -> None:
        """Show now what changed in the store."""

    def copy_text(self, text: str) -> Copy:
        """Have the terminal put a text on the clipboard; how much of it was sent."""


def host_of(app: App[object]) -> Host:
    """The app, as its parts know it."""
    return cast("Host", app)
