"""What all dialogs share: a border that names their keys, and that they are told of each frame painted."""

from __future__ import annotations

from typing import Any, TypeVar

from rich.style import Style
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from headway.dashboard.dimmed import dimmed
from headway.dashboard.painting import PaintsAtOnce

Result = TypeVar("Result")
Field = TypeVar("Field", bound=Widget)


def titled(field: Field, title: str) -> Field:
    """A field with what it is for on its edge, where it can be read also once something is typed in it."""
    field.border_title = Content(title)
    return field


class Dialog(ModalScreen[Result], PaintsAtOnce[Result]):
    """The base of every dialog. The focus begins where `on_mount` puts it; a dialog that only has keys has none."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, Content] = {}

    def frame(self, title: str, keys: str) -> Vertical:
        """What its widgets go into: on the upper edge what it is, on the lower one what its keys do."""
        dialog = Vertical(classes="dialog")
        dialog.border_title = Content(title)
        dialog.border_subtitle = Content(keys)
        return dialog

    def say(self, widget_id: str, text: Content) -> None:
        """Show a text in one of its widgets; the same text again costs nothing."""
        if self._said.get(widget_id) != text:
            self._said[widget_id] = text
            self.query_one(f"#{widget_id}", Static).update(text)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its ground: what shows through it of the screen beneath, as far as that is one of ours."""
        beneath = self._beneath()
        if beneath is None:
            return super().render_lines(crop)
        # Those that Textual would draw with the whole of that screen.
        self._dirty_regions.clear()
        tint, filters, (_, ground) = self.styles.background, self.get_line_filters(), self.background_colors
        # Until it has heard of another size of the terminal, it may be smaller than this one.
        empty = Style(bgcolor=ground.rich_color)
        lines = [line.crop(crop.x, crop.right) for line in beneath.lines_now(crop.y, crop.bottom)]
        shown = [dimmed(line, tint).adjust_cell_length(crop.width, empty) for line in lines]
        shown += [Strip.blank(crop.width, empty)] * (crop.height - len(shown))
        for one in filters:
            shown = [line.apply_filter(one, ground) for line in shown]
        return shown

    def _beneath(self) -> PaintsAtOnce[Any] | None:
        """The screen that shows through this one; None where Textual has to draw it, or one beneath it."""
        stack = self.app.screen_stack
        at = stack.index(self) if self in stack else 0
        beneath = stack[at - 1] if at else None
        if self.styles.background.a == 1 or not isinstance(beneath, PaintsAtOnce):
            return None
        return None if isinstance(beneath, Dialog) and beneath._beneath() is None else beneath

    def take_frame(self) -> None:
        """The store may have changed; a dialog that shows something of it takes that over."""
