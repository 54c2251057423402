"""What our board changes of Textual for a whole process, for those that measure a part of it without the board."""

from __future__ import annotations

from headway.dashboard.light_strips import let_strips_be_light
from textual.strip import Strip

_INIT = Strip.__init__


def as_on_the_board() -> None:
    """Lines are made as the board makes them, from now on."""
    let_strips_be_light()


def as_textual_has_it() -> None:
    """Lines are made as in an app that is not ours, from now on; those that were made before stay as they are."""
    Strip.__init__ = _INIT  # type: ignore[method-assign]
