"""What all dialogs share: a frame that names their keys, keys typed early that are kept, a part in each frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from headway.dashboard.pasting import pasted_line

Result = TypeVar("Result")
Field = TypeVar("Field", bound=Widget)


def titled(field: Field, title: str) -> Field:
    """A field with what it is for on its edge, where it can be read also once something is typed in it."""
    field.border_title = Content(title)
    return field


class Dialog(ModalScreen[Result]):
    """A dialog is ready once it has begun in one of its widgets; until then the app hands it the keys to keep."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._early: list[Key] = []
        self.is_ready = False
        self._said: dict[str, Content] = {}

    def keep(self, key: Key) -> None:
        """Keep a key that was typed before this was there."""
        self._early.append(key)

    def frame(self, title: str, keys: str) -> Vertical:
        """What its widgets go into: on the upper edge what it is, on the lower one what its keys do."""
        dialog = Vertical(classes="dialog")
        dialog.border_title = Content(title)
        dialog.border_subtitle = Content(keys)
        return dialog

    def begin(self, widget: Widget | None = None) -> None:
        """Put the focus there at once, and what was typed for it meanwhile; none is for one that only has keys."""
        self.set_focus(widget)
        self.is_ready = True
        for key in self._early:
            (widget or self).post_message(Key(key.key, key.character))
        self._early.clear()

    def on_paste(self, event: Paste) -> None:
        """What was pasted before a field had the focus; a field keeps what is pasted into it."""
        if isinstance(self.focused, (Input, TextArea)):
            event.stop()
            one_line = isinstance(self.focused, Input)
            self.focused.post_message(Paste(pasted_line(event.text) if one_line else event.text))

    def after_typing(self, then: Callable[[], None]) -> None:
        """Do something once the fields have taken in what was typed before."""
        field = self.focused
        if field is None:
            then()
        else:
            field.call_later(self._typed_in, field, then)

    def _typed_in(self, field: Widget, then: Callable[[], None]) -> None:
        # A field may have passed on what came to it to the one that has the focus now.
        if self.focused is field or self.focused is None:
            then()
        else:
            self.after_typing(then)

    def say(self, widget_id: str, text: Content) -> None:
        """Show a text in one of its widgets; only another one costs anything."""
        if self._said.get(widget_id) != text:
            self._said[widget_id] = text
            self.query_one(f"#{widget_id}", Static).update(text)

    def take_frame(self) -> None:
        """The store may have changed; a dialog that shows something of it takes that over."""
