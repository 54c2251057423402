"""The question before what has waited too long for an agent is dropped: how long that is, and how many it hits now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static

from headway.dashboard.durations import DAY, HOUR, MINUTE, spelled

AGES: Final = (0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY)
"""Milliseconds that can be chosen from; 0 is all that waits."""
FIRST: Final = AGES.index(HOUR)


class DropStaleScreen(ModalScreen[int | None]):
    """Answers the age, in milliseconds, beyond which what waits is dropped; None where nothing is to be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Drop them"),
        Binding("n,escape,q", "answer(False)", "Leave them"),
        Binding("up", "step(1)", "Longer"),
        Binding("down", "step(-1)", "Shorter"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, name: str, waiting_ms: Sequence[int]) -> None:
        """`waiting_ms` is how long each that waits for the agent `name` has waited so far."""
        super().__init__()
        self._agent_name = name
        self._waiting = tuple(waiting_ms)
        self._at = FIRST

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Drop its stale queue?")
            dialog.border_subtitle = Content("↑ ↓ how long   y drop them   n or esc leave them")
            yield Static(Content(""), id="chosen", classes="said")
            yield Label(
                Content("They fail with that reason and never reach the agent. What it works on already goes on."),
                classes="consequence",
            )
            with Horizontal(classes="answers"):
                yield Button(Content("No"), id="no")
                yield Button(Content("Yes, drop them"), id="yes")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()
        self._show()

    def _show(self) -> None:
        age = AGES[self._at]
        hit = sum(waited > age or not age for waited in self._waiting)
        which = f"what has waited longer than {spelled(age)}" if age else "all that waits"
        count = f"{hit:,} of {len(self._waiting):,} now"
        self.query_one("#chosen", Static).update(Content(f"{self._agent_name}: {which} ({count})"))

    def action_step(self, by: int) -> None:
        self._at = min(max(self._at + by, 0), len(AGES) - 1)
        self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(AGES[self._at] if yes else None)
