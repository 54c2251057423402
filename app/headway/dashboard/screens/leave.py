"""The question before a board is left whose platform it has started: what becomes of what is under way."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Label

from headway.dashboard.screens.question import Question


class Leaving(Enum):
    """What a person wants of the platform when they leave."""

    KEEP = auto()
    STOP = auto()
    STAY = auto()


class LeaveScreen(Question[Leaving]):
    """Answers whether the platform goes on without the board."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('KEEP')", "Leave it running"),
        Binding("s", "answer('STOP')", "Stop it"),
        Binding("escape,n", "answer('STAY')", "Stay"),
    ]

    def __init__(self, active: int) -> None:
        super().__init__()
        self._active = active

    def compose(self) -> ComposeResult:
        one = self._active == 1
        with self.frame("Leave headway?", "k keep it running   s stop it   esc stay here"):
            yield Label(Content(f"{self._active} delegation{' is' if one else 's are'} under way."))
            yield Label(
                Content(
                    "The platform can go on without the board: `headway` finds it again. "
                    f"When it is stopped, {'it is' if one else 'they are'} taken up again at its next start."
                ),
                classes="consequence",
            )
            yield self.answers(("KEEP", "Keep it running"), ("STOP", "Stop it"))

    def action_answer(self, answer: str) -> None:
        self.dismiss(Leaving[answer])
