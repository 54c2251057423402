"""Chooses how all of it looks: each theme is shown as it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from headway.dashboard.screens.dialog import Dialog


class ThemesScreen(Dialog[str | None]):
    """Answers the name of the theme that was chosen, or None; `wear` has the app look like one, at once."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,t,q", "leave", "Leave it as it was")]

    def __init__(self, names: Sequence[str], current: str, wear: Callable[[str], None]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._before = current
        self._wear = wear

    def compose(self) -> ComposeResult:
        with self.frame("Theme", "↑ ↓ look   ⏎ keep   esc as it was"):
            yield OptionList(*(Option(Content(name), id=name) for name in self._names), markup=False)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = self._names.index(self._before)
        self.set_focus(options)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option.id:
            self._wear(event.option.id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_leave(self) -> None:
        self._wear(self._before)
        self.dismiss(None)
