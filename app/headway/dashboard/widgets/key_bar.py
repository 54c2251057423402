"""The footer: the keys that work right now, from the registry of actions. A click on one does the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from headway.dashboard.action import Action
from headway.dashboard.columns import Span, Tone
from headway.dashboard.key_names import key_name
from headway.dashboard.widgets.tones import Toned


class KeyBar(Toned):
    """One line of keys and what they do; what can be spared most is left out where they do not fit."""

    @dataclass
    class Chosen(Message):
        """A person clicked on a key."""

        action: Action

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._actions: tuple[Action, ...] = ()

    def show(self, actions: Sequence[Action]) -> None:
        if self._actions != (shown := tuple(actions)):
            self._actions = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        spans: list[Span] = []
        for action, _, _ in self._fitting():
            spans += [(f" {key_name(action.keys[0])}", Tone.ACCENT), (f" {action.title} ", Tone.FAINT)]
        return self.line(spans, self.size.width)

    def _fitting(self) -> list[tuple[Action, int, int]]:
        """The actions that fit, each with its first cell and the one after its last."""
        sizes = {action.id: cell_len(f" {key_name(action.keys[0])} {action.title} ") for action in self._actions}
        shown = list(self._actions)
        while sum(sizes[action.id] for action in shown) > self.size.width and any(action.shed for action in shown):
            shown.remove(max(reversed(shown), key=lambda action: action.shed))
        places = []
        start = 0
        for action in shown:
            places.append((action, start, start + sizes[action.id]))
            start += sizes[action.id]
        return places

    def on_click(self, event: events.Click) -> None:
        for action, start, end in self._fitting():
            if start <= event.x < end:
                self.post_message(self.Chosen(action))
