"""What a view of lines draws ahead of a paint is not painted at another size."""

from __future__ import annotations

from headway.dashboard.columns import Tone
from headway.dashboard.widgets.line_view import LineView
from textual.app import App, ComposeResult
from textual.strip import Strip


class Letters(LineView):
    """Every line shows the same letter."""

    letter = "a"

    def draw_line(self, y: int) -> Strip:
        return Strip(self.segments(((self.letter, Tone.PLAIN),), self.size.width))

    def turn_to(self, letter: str, *lines: int) -> None:
        self.letter = letter
        self.repaint(lines)


class Lettered(App[None]):
    def compose(self) -> ComposeResult:
        yield Letters()

    @property
    def shown(self) -> str:
        return "".join(strip.text[0] for strip in self.screen._compositor.render_strips())


async def test_a_line_that_was_drawn_ahead_is_drawn_again_at_another_size() -> None:
    async with Lettered().run_test(size=(8, 3)) as pilot:
        letters = pilot.app.query_one(Letters)
        letters.turn_to("b", 0, 1, 2)
        letters.letter = "c"
        letters._size_updated(letters.size.with_height(2), letters.virtual_size, letters.container_size)
        assert pilot.app.shown == "ccc"  # type: ignore[attr-defined]
