"""When a screen is painted: all that a frame changed at once and together, and nothing while paints are held back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from textual.app import App
from textual.dom import NoScreen
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from headway.dashboard.compositor import LeanCompositor

if TYPE_CHECKING:
    from rich.console import RenderableType

Result = TypeVar("Result")


class PaintsAtOnce(Screen[Result]):
    """What its widgets changed within `one_paint` is on the terminal at its end.

    Textual 8.2 passes a message from each widget to the screen, and one from a timer to it, before it paints: three
    quarters of what a small paint costs, and up to a sixtieth of a second.
    """

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name, id, classes)
        self._compositor: LeanCompositor = LeanCompositor()
        self._gathers = False
        self.lays_out = False
        """Whether a layout is under way, after which Textual takes all that is dirty for painted."""

    @contextmanager
    def one_paint(self) -> Iterator[None]:
        """Paint at the end what was changed; soon after it, where the screen is covered or paints are held back."""
        self._gathers = True
        try:
            yield
        finally:
            self._gathers = False
            self._paint()

    def lines_now(self, first: int, end: int) -> list[Strip]:
        """Whole lines of it as they are now, from the first to the one before `end`, as far as it reaches."""
        return self._compositor.render_rows(first, end)

    def take_dirty(self, widget: Widget) -> None:
        """One of its widgets is to be painted, at the end of `one_paint`, or soon where there is none."""
        # What is not visible is dirty once a layout shows it.
        if widget.display and widget in self._compositor.visible_widgets:
            self._dirty_widgets.add(widget)
            if not self._gathers:
                self.check_idle()

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        self.lays_out = True
        try:
            super()._refresh_layout(size, scroll)
        finally:
            self.lays_out = False

    def _on_timer_update(self) -> None:
        if self._repaint_required and self.is_current and not self.app._batch_count:
            # Textual takes the screen in place of its widgets then, of which a covered one may have named regions only.
            self._compositor.update_widgets(self._dirty_widgets)
        super()._on_timer_update()

    def _compositor_refresh(self) -> None:
        if self.app.screen is self or self._is_seen_through_others():
            super()._compositor_refresh()
        else:
            # Textual has what changed painted on the screen above, also where nothing shows through that one.
            self._compositor._dirty_regions.clear()

    def _is_seen_through_others(self) -> bool:
        stack = self.app.screen_stack
        return self in stack and all(above.styles.background.a < 1 for above in stack[stack.index(self) + 1 :])

    def _paint(self) -> None:
        if not self._dirty_widgets:
            return
        if self.app._batch_count or not self.is_running or self.app.screen is not self:
            self.check_idle()
            return
        with self._context():
            self._compositor.update_widgets(self._dirty_widgets)
            self._compositor_refresh()


class PaintedByScreen(Widget):
    """A widget that tells a screen which `PaintsAtOnce` straight away what it wants painted."""

    def check_idle(self) -> None:
        if self._repaint_required and self._is_mounted and not self._wants_more_than_paint:
            screen = self._screen_or_none()
            if isinstance(screen, PaintsAtOnce) and not screen.lays_out:
                self._repaint_required = False
                screen.take_dirty(self)
                return
        super().check_idle()

    @property
    def _wants_more_than_paint(self) -> bool:
        flags = (self._layout_required, self._scroll_required, self._refresh_styles_required)
        return any(flags) or bool(self._next_callbacks)

    def _screen_or_none(self) -> Screen[Any] | None:
        try:
            return self.screen
        except NoScreen:
            return None


class HoldsPaints(App[None]):
    """`hold_paint` and `release_paint` go around Textual's batches.

    Textual takes what it does not display in a batch for displayed: a lost paint, as where a screen is left. Here the
    whole screen is painted again after such a batch.
    """

    _lost_paint = False

    def hold_paint(self) -> None:
        """Paint nothing until `release_paint`; what is to be painted adds up meanwhile."""
        self._begin_batch()

    def release_paint(self) -> None:
        """Paint again: what adds up since `hold_paint`, or all of the screen where something was lost meanwhile."""
        self._end_batch()
        if not self._batch_count and self.is_running and self.screen_stack:
            self.screen.check_idle()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if renderable is not None and self._batch_count:
            self._lost_paint = True
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        super()._end_batch()
        if self._lost_paint and not self._batch_count and self.is_running and self.screen_stack:
            self._lost_paint = False
            self.screen.refresh()
