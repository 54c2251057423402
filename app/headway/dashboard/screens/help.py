"""Every key and what it does, made from the registry of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Static

from headway.dashboard.action import Action, Moment
from headway.dashboard.actions import in_sections
from headway.dashboard.screens.dialog import Dialog

SIGNS = (
    ("!", "stuck: no sign of life for longer than the limit"),
    ("?", "needs input: the agent asks something"),
    ("✓ ✗ ⊘", "completed, failed, canceled"),
    ("◆", "marked: poll, cancel and retry are about all of them"),
    ("bold", "came or changed its status within the last second"),
)
FILTERS = (
    ("flaky retry", "both words, in task, result, error or target"),
    ("status:failed", "also queued, running, stuck, input, done, …"),
    ("target:coder", "several with commas: target:coder,planner"),
    ("older:5m", "or newer:30s, 2h, 1d"),
    ("id:7f3a", "by how the id begins"),
    ("-word", "what does not match"),
)
KEYS_WIDTH = 14


class HelpScreen(Dialog[None]):
    """The keys by section; those that do nothing at this moment are faint."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close")]

    def __init__(self, moment: Moment, actions: Sequence[Action]) -> None:
        super().__init__()
        self._moment = moment
        self._actions = actions
        self._closers = {key for action in actions if action.id in ("help", "quit") for key in action.keys}

    def on_key(self, event: Key) -> None:
        """The key that opened this closes it."""
        if event.key in self._closers:
            event.stop()
            self.dismiss()

    def compose(self) -> ComposeResult:
        with self.frame("Keys", "↑ ↓ scroll   esc close"), VerticalScroll():
            yield Static(self._text())

    def on_mount(self) -> None:
        self.set_focus(self.query_one(VerticalScroll))

    def _text(self) -> Content:
        parts: list[Content | tuple[str, str]] = []
        for section, actions in in_sections(self._actions):
            parts.append((f"{section}\n", "bold $accent"))
            for action in actions:
                if action.acts and not self._moment.may_act:
                    continue
                tone = "$foreground" if action.is_available(self._moment) else "$faint"
                parts += [(f"  {action.key_names:<{KEYS_WIDTH}}", "$accent"), (f"{action.description}\n", tone)]
            parts.append(("\n", ""))
        for title, lines in (("Filters", FILTERS), ("Signs", SIGNS)):
            parts.append((f"{title}\n", "bold $accent"))
            for sign, meaning in lines:
                parts += [(f"  {sign:<{KEYS_WIDTH}}", "$accent"), (f"{meaning}\n", "$foreground")]
            parts.append(("\n", ""))
        return Content.assemble(*parts)
