"""Answer what an agent asks: its question above, the answer below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea

from headway.core.delegation import Row, Status
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Facts, standing
from headway.dashboard.screens.dialog import Dialog, titled


@dataclass(frozen=True, slots=True)
class Reply:
    """What was typed, and whether it is to be sent; else it is the draft."""

    text: str
    send: bool


class ReplyScreen(Dialog[Reply]):
    """Answers the reply to this delegation, or the draft of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "send", "Send"),
        Binding("escape", "leave", "Keep the draft"),
    ]

    def __init__(self, row: Row, facts: Callable[[], Facts], now: Callable[[Row], Row | None], draft: str) -> None:
        super().__init__()
        self.row = row
        self._facts = facts
        self._now = now
        self._draft = draft

    def compose(self) -> ComposeResult:
        with self.frame("Reply", "^s send   esc keep the draft"):
            yield Static(Content(""), id="about")
            with VerticalScroll(id="question", can_focus=False):
                yield Static(Content(""), id="asked")
            yield titled(TextArea(self._draft, id="reply"), "your answer")
            yield Static(Content(""), id="problem", classes="problem")

    def on_mount(self) -> None:
        self.take_frame()
        answer = self.query_one(TextArea)
        answer.move_cursor(answer.document.end)
        self.set_focus(answer)

    def take_frame(self) -> None:
        facts = self._facts()
        row = self._now(self.row)
        if row is not None:
            said, _ = standing(row, facts)
            target = one_line(facts.name_of(row.target_id))
            about = f"{row.delegation_id[:8]}  {target}  {said}\n{one_line(row.task_preview)}"
            self.say("about", Content(about))
            if row.status is Status.INPUT_REQUIRED:
                asked = row.status_message or "The agent asks for input and says no more."
                self.say("asked", Content(asked))
        self._complain(self._why_not(row))

    @staticmethod
    def _why_not(row: Row | None) -> str:
        """Why it cannot be answered now; empty where it can."""
        if row is None:
            return "This delegation is no longer kept: there is nothing to answer any more."
        if row.status is not Status.INPUT_REQUIRED:
            return "It does not ask any more: an answer would not be taken. Leave with esc; the draft stays."
        return ""

    def on_text_area_changed(self) -> None:
        self._complain(self._why_not(self._now(self.row)))

    def action_send(self) -> None:
        text = self.query_one(TextArea).text.strip()
        if problem := self._why_not(self._now(self.row)):
            self._complain(problem)
        elif not text:
            self._complain("The answer is empty. Say what the agent is to know.")
        else:
            self.dismiss(Reply(text, send=True))

    def action_leave(self) -> None:
        self.dismiss(Reply(self.query_one(TextArea).text, send=False))

    def _complain(self, problem: str) -> None:
        self.say("problem", Content(problem))
