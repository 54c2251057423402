"""Registers an agent: where it listens, what it is called here, and how much it does at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Label, Static

from headway.core.urls import http_url
from headway.dashboard.screens.dialog import Dialog, titled

MOST_SLOTS: Final = 10_000
MAX_URL: Final = 2_048


@dataclass(frozen=True, slots=True)
class NewAgent:
    """The answer of the dialog; `name` is None where the agent's address will do."""

    url: str
    name: str | None
    slots: int


class AddAgentScreen(Dialog[NewAgent | None]):
    """Answers which agent to register, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "send", "Add", priority=True),
        Binding("escape", "leave", "Leave"),
    ]

    def compose(self) -> ComposeResult:
        with self.frame("Add an agent", "⏎ or ^s add it   tab next field   esc leave"):
            yield Label(Content("Any A2A agent: its card, read from there, says the rest."))
            yield titled(Input(placeholder="https://agent.example.org", id="url", max_length=MAX_URL), "address")
            yield titled(Input(placeholder="that of its host", id="name", max_length=256), "name here")
            yield titled(Input(placeholder="1", id="slots", max_length=6), "tasks at once")
            yield Static(Content(""), id="problem", classes="problem")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#url", Input))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_send()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._complain("")

    def action_send(self) -> None:
        try:
            url = read_url(self._value("#url"))
        except ValueError as error:
            self._complain(str(error), "#url")
            return
        try:
            slots = read_slots(self._value("#slots"))
        except ValueError as error:
            self._complain(str(error), "#slots")
            return
        self.dismiss(NewAgent(url, self._value("#name") or None, slots))

    def action_leave(self) -> None:
        self.dismiss(None)

    def _value(self, selector: str) -> str:
        return self.query_one(selector, Input).value.strip()

    def _complain(self, problem: str, field: str | None = None) -> None:
        self.say("problem", Content(problem))
        if field:
            self.query_one(field).focus()


def read_url(text: str) -> str:
    """An agent's address as typed. Raises ValueError, which says what is wanted."""
    parts = http_url(text)
    if parts is None or not text.isprintable() or " " in text:
        raise ValueError("An address begins with http:// or https:// and names a host, such as http://127.0.0.1:9000.")
    if "@" in parts.netloc:
        raise ValueError("An address holds no user and no password; the platform refuses one that does.")
    return text


def read_slots(text: str) -> int:
    """How much at once, as typed; 1 where nothing was. Raises ValueError, which says what is wanted."""
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_SLOTS):
        raise ValueError(f"It is a whole number from 1 to {MOST_SLOTS:,}; leave it empty for one at a time.")
    return int(text)
