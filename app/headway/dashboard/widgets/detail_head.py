"""The two lines above a delegation's texts: which one it is and how it stands, and the tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from headway.dashboard.columns import Span, Spans, Tone
from headway.dashboard.widgets.tones import Toned


class DetailHead(Toned):
    """Drawn as two lines; a click on a tab chooses it."""

    LINES: ClassVar[int] = 2

    @dataclass
    class Chosen(Message):
        """A person clicked on a tab."""

        tab: str

    def __init__(self, tabs: Sequence[tuple[str, str, str]], *, id: str | None = None) -> None:  # noqa: A002
        """`tabs` are each an id, its key, and its title."""
        super().__init__(id=id)
        self._tabs = tuple(tabs)
        self._active = ""
        self._spans: Spans = ()

    def show(self, spans: Spans, active: str) -> None:
        if (spans, active) != (self._spans, self._active):
            self._spans, self._active = spans, active
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if y == 0:
            return self.line(((" ", Tone.PLAIN), *self._spans), self.size.width)
        spans: list[Span] = []
        for tab, key, title in self._tabs:
            if tab == self._active:
                spans.append((f"[{key} {title}]", Tone.ACCENT))
            else:
                spans += [(f" {key} ", Tone.ACCENT), (f"{title} ", Tone.FAINT)]
        return self.line(spans, self.size.width)

    def on_click(self, event: events.Click) -> None:
        at = 0
        for tab, key, title in self._tabs:
            width = cell_len(f"[{key} {title}]")
            if event.y == 1 and at <= event.x < at + width:
                self.post_message(self.Chosen(tab))
            at += width
