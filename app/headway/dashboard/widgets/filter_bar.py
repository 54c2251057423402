"""The line in which a filter is typed, with how many rows match, or what is wrong with it."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

PLACEHOLDER: Final = "words  status:failed  target:coder  older:5m  id:7f3a"


class FilterBar(Horizontal):
    """Hidden until it is opened; it stays while a filter holds, so that nobody forgets that one does."""

    def __init__(self, *, placeholder: str = PLACEHOLDER, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._said = ("", False)
        self.input = Input(placeholder=placeholder, id="filter", select_on_focus=False)
        self._matches = Static(Content(""), id="matches")

    def compose(self) -> ComposeResult:
        yield Static(Content(" / "), id="slash")
        yield self.input
        yield self._matches

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self) -> None:
        self.add_class("-open")
        self.input.focus()

    def show(self, text: str) -> None:
        """Open it with a text in it that is not being typed."""
        self.add_class("-open")
        with self.prevent(Input.Changed):
            self.input.value = text

    def close(self) -> None:
        self.remove_class("-open")
        with self.prevent(Input.Changed):
            self.input.value = ""
        self.say("")

    def say(self, text: str, *, wrong: bool = False) -> None:
        if (text, wrong) == self._said:
            return
        self._said = (text, wrong)
        self._matches.set_class(wrong, "-wrong")
        self._matches.update(Content(text))
