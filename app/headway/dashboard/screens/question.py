"""A question that is answered with yes or no; No is where the focus is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static


class QuestionScreen(ModalScreen[bool]):
    """Answers whether to do it. `said` names what it is done to, `consequences` what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, question: str, said: str, consequences: Sequence[str], yes: str) -> None:
        super().__init__()
        self._question = question
        self._said = said
        self._consequences = tuple(consequences)
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._question)
            dialog.border_subtitle = Content(f"y {self._yes.lower()}   n or esc leave it")
            yield Static(Content(self._said), classes="said")
            for number, consequence in enumerate(self._consequences):
                yield Label(Content(consequence), classes="consequence", id=f"consequence-{number}")
            with Horizontal(classes="answers"):
                yield Button(Content("No"), id="no")
                yield Button(Content(f"Yes, {self._yes.lower()}"), id="yes")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
