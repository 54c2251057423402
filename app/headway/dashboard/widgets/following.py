"""The base of views that grow at their end: they follow it until a person scrolls up, and then say what came since."""

from __future__ import annotations

from rich.cells import cell_len
from textual.strip import Strip

from headway.dashboard.columns import Tone
from headway.dashboard.widgets.line_view import LineView


class FollowingView(LineView):
    """A subclass says how many lines there are with `take_lines`, and draws them."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.follows = True
        """What comes next will be in view, as the end is; so until a person scrolls up."""
        self._seen = 0

    @property
    def unseen(self) -> int:
        """Lines that came at the end since a person scrolled up."""
        return 0 if self.follows else max(0, self.length - self._seen)

    def take_lines(self, lines: int, *, dropped: int = 0, anew: bool = False) -> None:
        """So many lines are there now; `dropped` went from the top, `anew` where the others are not the same either."""
        follow = self.follows
        self.set_length(lines)
        self._seen = lines if follow or anew else min(self._seen - dropped, lines)
        if follow:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
            self.follows = True
        elif dropped:
            self.scroll_to(y=max(0, self.scroll_y - dropped), animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.follows = new_value >= self.max_scroll_y
        if self.follows:
            self._seen = self.length

    def with_unseen(self, y: int, strip: Strip) -> Strip:
        """The line at `y` of what is visible; on the last one it says how many lines came below."""
        if not self.unseen or y != self.size.height - 1:
            return strip
        said = f" ↓ {self.unseen:,} new line{'s' if self.unseen > 1 else ''} "
        width = cell_len(said)
        if width >= self.size.width:
            return strip
        kept = strip.crop(0, self.size.width - width - 1)
        return Strip([*kept, *self.segments([(said, Tone.ACCENT)], width), *self.segments([(" ", Tone.PLAIN)], 1)])
