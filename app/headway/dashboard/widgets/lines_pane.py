"""A pane of lines that were made for its width: details of what is under a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.strip import Strip

from headway.dashboard.columns import Spans, Tone
from headway.dashboard.widgets.line_view import LineView


class LinesPane(LineView):
    """Shows what `make` gives for a width, with a blank cell at either side."""

    HEAD: ClassVar[int] = 0

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Sequence[Spans] = ()
        self._make: Callable[[int], Sequence[Spans]] = lambda width: ()

    def show(self, title: str, make: Callable[[int], Sequence[Spans]], *, anew: bool) -> None:
        """Show other lines; `anew` begins at the top again, as they are of something else."""
        self._make = make
        self.entitle(title)
        self._lay(anew=anew)

    def on_resize(self, event: events.Resize) -> None:
        self._painted.clear()
        self._lay(anew=False)

    def _lay(self, *, anew: bool) -> None:
        if not self.size.width:
            return
        self._lines = self._make(max(2, self.size.width - 2))
        self.set_length(len(self._lines))
        if anew and self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True)
        self.repaint_visible()

    def draw_line(self, y: int) -> Strip:
        index = self.top + y
        spans = self._lines[index] if index < len(self._lines) else ()
        blank = self.segments([(" ", Tone.PLAIN)], 1)
        return Strip([*blank, *self.segments(spans, max(0, self.size.width - 2)), *blank])
