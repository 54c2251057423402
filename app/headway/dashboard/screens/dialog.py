"""What all dialogs share: a border that names their keys, and that they are told of each frame painted."""

from __future__ import annotations

from typing import TypeVar

from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

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

    def take_frame(self) -> None:
        """The store may have changed; a dialog that shows something of it takes that over."""
