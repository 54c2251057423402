"""A long text to read: wrapped or not, searched, following its end where it grows. Only what is visible is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.core.text import BODY_LIMIT
from headway.dashboard.columns import Spans, Tone
from headway.dashboard.page_text import Found, PageText, within
from headway.dashboard.prose import Prose
from headway.dashboard.stream_text import common_end, text_after
from headway.dashboard.widgets.following import FollowingView

STEP: Final = 8
"""Characters that lines which are not wrapped move to the side at once."""
_SPARE: Final = BODY_LIMIT // 4
"""Characters that a growing text may be longer than its bound, so that it is not laid out anew for each that comes."""

Drawn = Sequence[Segment]
"""One line with its own styles, which lie on top of the pane's."""


class TextPane(FollowingView):
    """Shows one text: plain, growing, or as lines that something else has drawn."""

    HEAD = 0

    def __init__(self, *, follow: bool = False, empty: str = "nothing here", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.follows = follow
        self.wrapped = True
        self._empty = empty
        self._page = PageText()
        self._drawn: list[Drawn] | None = None
        self._progress = EMPTY_PROGRESS
        self._prose: Prose | None = None
        self._source = ""
        self._draw: Callable[[int], list[Drawn]] | None = None
        self._tail: list[Spans] = []
        self._skip = 0
        self._laying = False
        self.wanted = ""
        """What is searched for; nothing where it is empty."""
        self._found: list[Found] = []
        self._current = 0

    # What is shown

    def show_text(self, text: str) -> None:
        """Show a text as it is written."""
        if self._draw is None and text == self._source:
            return
        self._draw = self._drawn = self._prose = None
        self._source = text
        self._page = PageText(text)
        self._lay_out()

    def show_drawn(self, draw: Callable[[int], list[Drawn]], source: str = "") -> None:
        """Show the lines that `draw` makes for a width; it is asked again when the width is another.

        `source` is what they are made of, for `shown_for`.
        """
        self._draw = draw
        self._prose = None
        self._source = source
        self._lay_out()

    @property
    def shown_for(self) -> str | None:
        """What the drawn lines that are shown were made of; None where a text is shown as it is written."""
        return self._source if self._draw is not None else None

    def show_progress(self, progress: ProgressText, tail: list[Spans]) -> None:
        """Show a text that grows, and below it what stands at its end now."""
        before, self._progress = self._progress, progress
        if tail == self._tail and progress is before and self._page.size:
            return
        self._tail = tail
        self._prose = self._prose or Prose()
        grown = before.length and before.start <= progress.start and common_end(before, progress) == before.end
        if not grown or self._page.size > BODY_LIMIT + _SPARE:
            self._page = PageText(progress.text)
            self._lay_out()
        else:
            self._page.append(text_after(progress, before.end))
            if self.wanted:
                self._found = self._page.find(self.wanted)
            self._advance()

    # How it is shown

    def toggle_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self._skip = 0
        self._lay_out()

    def go_aside(self, by: int) -> None:
        """Move lines that are not wrapped to the side, by so many steps."""
        if not self.wrapped and (skip := max(0, self._skip + by * STEP)) != self._skip:
            self._skip = skip
            self.repaint_visible()

    def search(self, wanted: str) -> None:
        """Mark every place of a text, and go to the first one that is not above what is seen."""
        self.wanted = wanted
        self._found = self._page.find(wanted)
        self._current = 0
        if self._found and len(self._page):
            first = self._page.line(min(self.top, len(self._page) - 1))[0]
            self._current = next((n for n, found in enumerate(self._found) if found.start >= first), 0)
            self._go_to_current()
        self.repaint_visible()

    def go_to_found(self, by: int) -> None:
        """Go to the next place of the search, or the one before; the first comes after the last."""
        if self._found:
            self._current = (self._current + by) % len(self._found)
            self._go_to_current()
            self.repaint_visible()

    @property
    def found(self) -> tuple[int, int]:
        """The number of the place that is marked as the current one, from 1, and how many there are."""
        return (self._current + 1 if self._found else 0, len(self._found))

    @property
    def is_searched(self) -> bool:
        return bool(self.wanted)

    def _go_to_current(self) -> None:
        place = self._found[self._current].start
        line = self._page.line_of(place)
        if len(self._page) + len(self._tail) > self.length:
            self._take_over()
        if not self.top <= line < self.top + self.page:
            self.scroll_to(y=max(0, line - self.page // 3), animate=False, force=True)
        if not self.wrapped:
            column = self._page.column_of(place)
            inside = self._skip <= column < self._skip + self._text_width
            self._skip = self._skip if inside else max(0, column - STEP)

    # Layout

    @property
    def _text_width(self) -> int:
        return max(2, self.size.width - 2)

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            self.call_later(self._lay_out_anew)
        return changed

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._draw is not None:
            self.call_later(self._lay_out_anew)

    def _lay_out_anew(self) -> None:
        self._painted.clear()
        self._lay_out()

    def _lay_out(self) -> None:
        """Lay everything out at the width there is now."""
        if not self.size.width:
            return
        if self._prose is not None:
            self._prose = Prose()
        if self._draw is not None:
            self._drawn = self._draw(self._text_width)
            self._page = PageText("\n".join("".join(segment.text for segment in line) for line in self._drawn))
            self._page.lay_out(0)
        else:
            self._page.lay_out(self._text_width if self.wrapped else 0)
        if self.wanted:
            self._found = self._page.find(self.wanted)
            self._current = min(self._current, max(0, len(self._found) - 1))
        self._advance(anew=True)

    def _advance(self, *, anew: bool = False) -> None:
        """Lay out a piece; what is left comes in pieces of its own, so that keys are answered between them."""
        if not self.size.width:
            return
        done = self._page.advance()
        if self._prose is not None:
            self._prose.follow(lambda index: self._page.line(index)[1], len(self._page))
        self._take_over(anew=anew)
        if not done and not self._laying:
            self._laying = True
            self.call_later(self._go_on)

    def _go_on(self) -> None:
        self._laying = False
        self._advance(anew=True)

    def _take_over(self, *, anew: bool = False) -> None:
        self.take_lines(self._written + len(self._tail), anew=anew)
        self.repaint_visible()

    @property
    def _written(self) -> int:
        """Lines of text, a last one that nothing stands on left out."""
        lines = len(self._page)
        return lines - 1 if lines and not self._page.line(lines - 1)[1] else lines

    # Drawing

    def draw_line(self, y: int) -> Strip:
        index = self.top + y
        inner = max(0, self.size.width - 2)
        if index < self._written:
            segments = self._text_line(index, inner)
        elif index - self._written < len(self._tail):
            segments = self.segments(self._tail[index - self._written], inner)
        else:
            said = self._empty if index == 0 else ""
            segments = self.segments(((said, Tone.FAINT),), inner)
        blank = self.segments([(" ", Tone.PLAIN)], 1)
        return self.with_unseen(y, Strip([*blank, *segments, *blank]))

    def _text_line(self, index: int, width: int) -> list[Segment]:
        skip = 0 if self.wrapped else self._skip
        base = self.tone(Tone.PLAIN)
        if self._drawn is None:
            start, text = self._page.line(index, skip, width)
            spans = self._prose.spans(index, text) if self._prose is not None else ((text, Tone.PLAIN),)
            line = [Segment(part, self.tone(tone)) for part, tone in spans]
        else:
            start, text = self._page.line(index)
            line = [Segment(text, base + style if style else base) for text, style, _ in self._drawn[index]]
        for number in within(self._found, start, start + len(text)):
            found = self._found[number]
            tone = Tone.FOUND_NOW if number == self._current else Tone.FOUND
            line = _restyled(line, found.start - start, found.end - start, self.tone(tone))
        strip = Strip(line).simplify()
        return list(strip.adjust_cell_length(width, base) if strip.cell_length != width else strip)


def _restyled(line: Drawn, start: int, end: int, style: Style) -> list[Segment]:
    """The line with `style` on its characters from `start` to before `end`."""
    restyled: list[Segment] = []
    at = 0
    for text, own, _ in line:
        first, last = (min(max(0, place - at), len(text)) for place in (start, end))
        parts = ((text[:first], own), (text[first:last], style), (text[last:], own))
        restyled += [Segment(part, its) for part, its in parts if part]
        at += len(text)
    return restyled
