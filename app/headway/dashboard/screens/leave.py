"""The question before a board is left whose platform it has started: what becomes of what is under way."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label


class Leaving(Enum):
    """What a person wants of the platform when they leave."""

    KEEP = auto()
    STOP = auto()
    STAY = auto()


class LeaveScreen(ModalScreen[Leaving]):
    """Answers whether the platform goes on without the board."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('KEEP')", "Leave it running"),
        Binding("s", "answer('STOP')", "Stop it"),
        Binding("escape,n", "answer('STAY')", "Stay"),
        Binding("left", "app.focus_previous", "Other answer", show=False),
        Binding("right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, active: int) -> None:
        super().__init__()
        self._active = active

    def compose(self) -> ComposeResult:
        one = self._active == 1
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Leave headway?")
            dialog.border_subtitle = Content("k keep it running   s stop it   esc stay here")
            yield Label(Content(f"{self._active} delegation{' is' if one else 's are'} under way."))
            yield Label(
                Content(
                    "The platform can go on without the board: `headway` finds it again. "
                    f"When it is stopped, {'it is' if one else 'they are'} taken up again at its next start."
                ),
                id="consequence",
            )
            with Horizontal(classes="answers"):
                yield Button(Content("Keep it running"), id="KEEP")
                yield Button(Content("Stop it"), id="STOP")

    def on_mount(self) -> None:
        self.query_one("#KEEP", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(Leaving[str(event.button.id)])

    def action_answer(self, answer: str) -> None:
        self.dismiss(Leaving[answer])
