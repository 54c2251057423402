"""From what a piece of text means to how it is drawn: the component classes that the style sheet gives a look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from headway.dashboard.cells import fit
from headway.dashboard.columns import Span, Tone
from headway.dashboard.painting import PaintedByScreen


class Toned(PaintedByScreen):
    """A widget that draws spans of toned text, line by line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in Tone}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._tones: dict[Tone, Style] = {}

    def notify_style_update(self) -> None:
        self._tones.clear()
        super().notify_style_update()

    def tone(self, tone: Tone) -> Style:
        """The style of a tone on this widget's own background."""
        style = self._tones.get(tone)
        if style is None:
            style = self._tones[tone] = self.rich_style + self.get_component_rich_style(f"tone--{tone}", partial=True)
        return style

    def segments(self, spans: Iterable[Span], width: int, over: Style | None = None) -> list[Segment]:
        """Spans in exactly `width` cells, cut or padded at the end, with `over` laid on top of their tones."""
        drawn: list[Segment] = []
        left = width
        for text, tone in spans:
            if left <= 0:
                break
            size = cell_len(text)
            if size > left:
                text, size = fit(text, left), left
            style = self.tone(tone)
            drawn.append(Segment(text, style + over if over else style))
            left -= size
        if left > 0 and drawn:
            # Blanks in the style of what they follow cost the terminal no change of style.
            drawn[-1] = Segment(drawn[-1].text + " " * left, drawn[-1].style)
        elif left > 0:
            style = self.tone(Tone.PLAIN)
            drawn.append(Segment(" " * left, style + over if over else style))
        return drawn

    def line(self, spans: Iterable[Span], width: int, over: Style | None = None) -> Strip:
        """As `segments`, as one whole line."""
        return Strip(self.segments(spans, width, over), width)
