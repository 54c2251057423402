"""The question before what has waited too long for an agent is dropped: how long that is, and how many it hits now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Label, Static

from headway.dashboard.durations import DAY, HOUR, MINUTE, spelled
from headway.dashboard.screens.question import YesNo

AGES: Final = (0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY)
"""Milliseconds that can be chosen from; 0 is all that waits."""
FIRST: Final = AGES.index(HOUR)


class DropStaleScreen(YesNo[int | None]):
    """Answers the age, in milliseconds, beyond which what waits is dropped; None where nothing is to be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(1)", "Longer"),
        Binding("down", "step(-1)", "Shorter"),
    ]

    def __init__(self, name: str, waiting_ms: Sequence[int]) -> None:
        """`waiting_ms` is how long each that waits for the agent `name` has waited so far."""
        super().__init__()
        self._agent_name = name
        self._waiting = tuple(waiting_ms)
        self._at = FIRST

    def compose(self) -> ComposeResult:
        with self.frame("Drop its stale queue?", "↑ ↓ how long   y drop them   n or esc leave them"):
            yield Static(Content(""), id="chosen", classes="said")
            yield Label(
                Content("They fail with that reason and never reach the agent. What it works on already goes on."),
                classes="consequence",
            )
            yield self.yes_no("Yes, drop them")

    def take_frame(self) -> None:
        age = AGES[self._at]
        hit = sum(waited > age or not age for waited in self._waiting)
        which = f"what has waited longer than {spelled(age)}" if age else "all that waits"
        count = f"{hit:,} of {len(self._waiting):,} now"
        self.say("chosen", Content(f"{self._agent_name}: {which} ({count})"))

    def action_step(self, by: int) -> None:
        self._at = min(max(self._at + by, 0), len(AGES) - 1)
        self.take_frame()

    def action_answer(self, answer: str) -> None:
        self.dismiss(AGES[self._at] if answer == "yes" else None)
