"""Questions that are answered with a button or its key; the answer that changes nothing is where the focus is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Label, Static

from headway.dashboard.screens.dialog import Dialog

Result = TypeVar("Result")


class Question(Dialog[Result]):
    """A row of buttons below what a subclass composes; `action_answer` is told the id of the chosen answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", "Other answer", show=False),
        Binding("right", "app.focus_next", "Other answer", show=False),
    ]

    def answers(self, *answers: tuple[str, str]) -> Horizontal:
        """The buttons, each an id and what it says; the focus begins on the first."""
        return Horizontal(*(Button(Content(says), id=one) for one, says in answers), classes="answers")

    def on_mount(self) -> None:
        self.take_frame()
        self.set_focus(self.query(Button).first())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(str(event.button.id))

    @abstractmethod
    def action_answer(self, answer: str) -> None:
        """Take the answer with this id."""


class YesNo(Question[Result]):
    """Answered with yes or no, by `y` and `n`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('yes')", "Yes"),
        Binding("n,escape,q", "answer('no')", "No"),
    ]

    def yes_no(self, yes: str) -> Horizontal:
        """The two buttons; `yes` is what the button says that does something."""
        return self.answers(("no", "No"), ("yes", yes))


class QuestionScreen(YesNo[bool]):
    """Answers whether to do it. `said` names what it is done to, `consequences` what it does."""

    def __init__(self, question: str, said: str, consequences: Sequence[str], yes: str) -> None:
        super().__init__()
        self._question = question
        self._of = said
        self._consequences = tuple(consequences)
        self._yes = yes

    def compose(self) -> ComposeResult:
        with self.frame(self._question, f"y {self._yes.lower()}   n or esc leave it"):
            yield Static(Content(self._of), classes="said")
            for number, consequence in enumerate(self._consequences):
                yield Label(Content(consequence), classes="consequence", id=f"consequence-{number}")
            yield self.yes_no(f"Yes, {self._yes.lower()}")

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer == "yes")
