"""The question before a cancel: what it names is what will be canceled."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static

from headway.core.delegation import WAITING, Row
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Facts, standing


class CancelScreen(ModalScreen[bool]):
    """Answers whether to cancel this delegation; No is where the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Cancel it"),
        Binding("n,escape,q", "answer(False)", "Leave it running"),
        Binding("left,right", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, row: Row, facts: Facts) -> None:
        super().__init__()
        self.row = row
        self._facts = facts

    def compose(self) -> ComposeResult:
        row, facts = self.row, self._facts
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Cancel this delegation?")
            dialog.border_subtitle = Content("y cancel it   n or esc leave it")
            said, _ = standing(row, facts)
            target = one_line(facts.name_of(row.target_id))
            yield Label(Content(f"{row.delegation_id[:8]}  {target}  {said}  for {facts.age(row.created_at)}"))
            yield Static(Content(one_line(row.task_preview)), id="named", classes="said")
            yield Label(Content(consequence(row)), id="consequence")
            with Horizontal(classes="answers"):
                yield Button(Content("No"), id="no")
                yield Button(Content("Yes, cancel"), id="yes")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


def consequence(row: Row) -> str:
    """What a cancel of this one does (spec: lifecycle, "Cancel")."""
    if row.status in WAITING:
        return "It has not reached its agent: it is taken out of the queue at once, and the agent hears nothing of it."
    return (
        "The agent is asked to stop, and the row shows canceling until it answers. "
        "What it has done by then stays done; there is no undo."
    )
