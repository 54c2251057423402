"""The streaming text of one delegation: wrapped, bounded, following its end unless a person scrolled up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.strip import Strip

from headway.core.delegation import Row, Status
from headway.core.text import preview
from headway.dashboard.cells import one_line, wrap
from headway.dashboard.columns import Facts, Span, Spans, Tone, bar, outcome, standing, took
from headway.dashboard.prose import Prose
from headway.dashboard.stream_text import SHOWN_CHARACTERS, StreamText, stands_in
from headway.dashboard.widgets.following import FollowingView

SHORT_ID = 4
"""Characters of an id that its title shows."""
_BAR_WIDTH = 16


class StreamPane(FollowingView):
    """Shows one delegation: its standing on top, its output, and at the end its question or its outcome."""

    def __init__(self, facts: Callable[[], Facts], *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.row: Row | None = None
        self._facts = facts
        self._text = StreamText()
        self._prose = Prose()
        self._result: str | None = None
        self._hint = ""
        self._ending: list[Spans] = []

    @property
    def delegation_id(self) -> str | None:
        return self.row.delegation_id if self.row else None

    def show(self, row: Row | None, *, result: str | None = None, hint: str = "") -> None:
        """Show a delegation as it is now; `result` is its whole result where that was fetched.

        Where there is none, `hint` says what to do.
        """
        if row is self.row and (result, hint) == (self._result, self._hint):
            return
        self._hint = hint
        same = row is not None and row.delegation_id == self.delegation_id
        self.row, self._result = row, result
        self.follows = self.follows or not same
        self._take_over(anew=not same)
        self._set_title()

    def tick(self) -> None:
        """A second has passed: the standing may read otherwise."""
        self.repaint(range(self.HEAD))

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        # Not on_resize: a pane that is mounted while anything asks for a region gets its size without that event.
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            self.call_later(self._wrap_anew)
        return changed

    def _wrap_anew(self) -> None:
        self._painted.clear()
        self._set_title()
        self._take_over(anew=False)

    def _take_over(self, *, anew: bool) -> None:
        if not self.size.width:
            # Before its first layout there is no width to wrap at.
            return
        width = self._text_width
        dropped = self._text.show(self.row.progress, width) if self.row else 0
        if self.row is None:
            self._text = StreamText()
        self._prose.follow(self._text.lines.__getitem__, len(self._text.lines), dropped)
        self._ending = self._make_ending(width)
        self.take_lines(self._written + len(self._ending), dropped=dropped or 0, anew=dropped is None)
        self.repaint_visible()

    @property
    def _written(self) -> int:
        """Lines of output, a last one that nothing stands on yet left out."""
        lines = self._text.lines
        return len(lines) - (1 if lines and not lines[-1] else 0)

    @property
    def _text_width(self) -> int:
        # The scrollbar, where there is one, is drawn over the last cell.
        return max(2, self.size.width - 3)

    def _make_ending(self, width: int) -> list[Spans]:
        row = self.row
        if row is None:
            return [((line, Tone.FAINT),) for line in wrap(self._hint, width)]
        gap: list[Spans] = [()] if self._written else []
        if row.status is Status.INPUT_REQUIRED:
            question = row.status_message or "The agent asks for input and says no more."
            return gap + [
                (("? " if not n else "  ", Tone.WARN), (line, Tone.WARN)) for n, line in _numbered(question, width)
            ]
        if not row.status.is_terminal:
            return []
        (symbol, tone), (said, said_tone) = outcome(row)
        said = self._result if self._result is not None else _unshortened(row, said)
        if row.status is Status.COMPLETED and stands_in(row.progress, said):
            return [*gap, ((symbol, tone), ("completed, with this as its result", Tone.FAINT))]
        if len(said) > SHOWN_CHARACTERS:
            said = f"{preview(said, SHOWN_CHARACTERS)}… [cut: {len(said):,} characters]"
        return gap + [((symbol if not n else "  ", tone), (line, said_tone)) for n, line in _numbered(said, width)]

    def _set_title(self) -> None:
        row = self.row
        title = "stream"
        if row is not None:
            title = f"{row.delegation_id[:SHORT_ID]} {one_line(self._facts().name_of(row.target_id))}"
        self.entitle(title)

    def on_mount(self) -> None:
        self._set_title()

    def draw_line(self, y: int) -> Strip:
        if y < self.HEAD:
            return self._padded(self._standing())
        index = self.top + y - self.HEAD
        spans: Spans = ()
        if index < self._written:
            spans = self._prose.spans(index, self._text.lines[index])
        elif index - self._written < len(self._ending):
            spans = self._ending[index - self._written]
        elif index == 0:
            spans = (("no output yet", Tone.FAINT),)
        return self.with_unseen(y, self._padded(spans))

    def _padded(self, spans: Sequence[Span]) -> Strip:
        """A line with a blank cell at either side."""
        inner = max(0, self.size.width - 2)
        blank = self.segments([(" ", Tone.PLAIN)], 1)
        return Strip([*blank, *self.segments(spans, inner), *blank])

    def _standing(self) -> list[Span]:
        row = self.row
        if row is None:
            return []
        facts = self._facts()
        spans: list[Span] = [standing(row, facts)]
        if row.progress_percent is not None and not row.status.is_terminal:
            spans += [("  ", Tone.PLAIN), *bar(row.progress_percent, _BAR_WIDTH)]
            spans += [(f" {row.progress_percent:.0f}%", Tone.PLAIN)]
        spent = f" in {took(row)}" if row.status.is_terminal else f"  {facts.age(row.created_at)}"
        spans += [(spent, Tone.FAINT)]
        return [*spans, (f"  {one_line(row.task_preview)}", Tone.FAINT)]


def _unshortened(row: Row, said: str) -> str:
    """The outcome with its own line breaks, where the row has it."""
    return (row.result_preview if row.status is Status.COMPLETED else row.error) or said


def _numbered(text: str, width: int) -> list[tuple[int, str]]:
    return list(enumerate(wrap(text, max(2, width - 2))))
