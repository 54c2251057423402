"""Asks for another token where the platform does not take the one there is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class TokenScreen(ModalScreen[str | None]):
    """Answers the token that was typed, or None. It is shown as dots and kept nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Go on without")]

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Token")
            dialog.border_subtitle = Content("⏎ use it   esc go on without")
            yield Label(Content(f"{self._address} does not accept the token there is."))
            yield Input(password=True, placeholder="token", id="token")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        self.dismiss(None)
