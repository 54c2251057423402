"""Asks what of a delegation is to be copied."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.widgets import Static

from headway.dashboard.cells import fit, one_line
from headway.dashboard.columns import Facts
from headway.dashboard.detail import Looked, Part
from headway.dashboard.screens.dialog import Dialog

_KEYS: Final = {
    "i": Part.ID,
    "r": Part.RESULT,
    "t": Part.TASK,
    "e": Part.ERROR,
    "o": Part.OUTPUT,
    "J": Part.JSON,
}
_SHOWN: Final = 44
"""Cells of each text that are shown, so that it is recognized."""


class CopyScreen(Dialog[Part | None]):
    """Answers the part that was chosen by its letter, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,y", "leave", "Copy nothing"),
    ]

    def __init__(self, looked: Looked, facts: Facts) -> None:
        super().__init__()
        self._looked = looked
        self._name = one_line(facts.name_of(looked.row.target_id))

    def compose(self) -> ComposeResult:
        with self.frame(f"Copy of {self._looked.row.delegation_id[:4]} {self._name}", "letter copies   esc leave"):
            for key, part in _KEYS.items():
                yield Static(self._choice(key, part))

    def _choice(self, key: str, part: Part) -> Content:
        text = self._glimpse_of(part)
        tone = "$foreground" if text else "$faint"
        return Content.assemble(
            (f"{key}  ", "$accent" if text else "$faint"),
            (f"{part.value:<8}", tone),
            Content(fit(one_line(text[: _SHOWN * 4]), _SHOWN) if text else "there is none").stylize("$faint"),
        )

    def _glimpse_of(self, part: Part) -> str | None:
        return "the whole record" if part is Part.JSON else self._looked.part(part)

    def on_key(self, event: Key) -> None:
        part = _KEYS.get(event.character or "")
        if part is not None and self._glimpse_of(part):
            event.stop()
            self.dismiss(part)

    def action_leave(self) -> None:
        self.dismiss(None)
