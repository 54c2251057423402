"""What our board changes of Textual for a whole process, for those that measure a part of it without the board."""

from __future__ import annotations

from headway.dashboard.compositor import LeanCompositor
from headway.dashboard.light_strips import let_strips_be_light
from textual.screen import Screen
from textual.strip import Strip

_INIT = Strip.__init__


class LeanScreen(Screen[None]):
    """A screen that paints as those of the board do."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()


def as_on_the_board() -> None:
    """Lines are made as the board makes them, from now on."""
    let_strips_be_light()


def as_textual_has_it() -> None:
    """Lines are made as in an app that is not ours, from now on; those that were made before stay as they are."""
    Strip.__init__ = _INIT  # type: ignore[method-assign]
