"""An app whose paints can be held back, and of which none is lost meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen


class HoldsPaints(App[None]):
    """`hold_paint` and `release_paint` go around Textual's batches.

    Textual takes what it does not display in a batch for displayed: a lost paint, as where a screen is left. Here the
    whole screen is painted again after such a batch.
    """

    _lost_paint = False

    def hold_paint(self) -> None:
        """Paint nothing until `release_paint`; what is to be painted adds up meanwhile."""
        self._begin_batch()

    def release_paint(self) -> None:
        """Paint again: what adds up since `hold_paint`, or all of the screen where something was lost meanwhile."""
        self._end_batch()
        if not self._batch_count and self.is_running and self.screen_stack:
            self.screen.check_idle()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if renderable is not None and self._batch_count:
            self._lost_paint = True
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        super()._end_batch()
        if self._lost_paint and not self._batch_count and self.is_running and self.screen_stack:
            self._lost_paint = False
            self.screen.refresh()
