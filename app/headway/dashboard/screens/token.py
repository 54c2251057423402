"""Asks for another token where the platform does not take the one there is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Label

from headway.dashboard.screens.dialog import Dialog, titled


class TokenScreen(Dialog[str | None]):
    """Answers the token that was typed, or None. It is shown as dots and kept nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Go on without")]

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def compose(self) -> ComposeResult:
        with self.frame("Token", "⏎ use it   esc go on without"):
            yield Label(Content(f"{self._address} does not accept the token there is."))
            yield titled(Input(password=True, id="token"), "token")

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        self.dismiss(None)
