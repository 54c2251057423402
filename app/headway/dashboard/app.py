"""The Textual app: one board on one platform, painted at most once a frame."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.events import Event, Key, Paste, Resize
from textual.filter import LineFilter
from textual.widgets import Input

from headway.core.text import clean
from headway.dashboard.actions import ACTIONS
from headway.dashboard.alerts import Alerts
from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.ascii import AsciiOnly
from headway.dashboard.collecting import Collecting
from headway.dashboard.colorless import Colorless
from headway.dashboard.copying import Copy, copy_of
from headway.dashboard.key_line import KeyLine
from headway.dashboard.later import later
from headway.dashboard.light_strips import Joined, let_strips_be_light
from headway.dashboard.look import Look
from headway.dashboard.pacing import Frames, Outlet, Pace
from headway.dashboard.painting import HoldsPaints, PaintsAtOnce
from headway.dashboard.palette import ActionsProvider, Palette
from headway.dashboard.pasting import pasted_line
from headway.dashboard.screens.action_screen import ActionScreen
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.screens.dialog import Dialog
from headway.dashboard.session import Session
from headway.dashboard.terminal_input import gate_terminal_input
from headway.dashboard.text_net import TextNet
from headway.dashboard.theme import NAMES, theme_named
from headway.dashboard.thin import KnowsTheScreen
from headway.dashboard.throttle import Throttle
from headway.dashboard.toasts import let_late_toasts_end
from headway.resources import styles_folder

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.screen import Screen

    from headway.connectors.connector import Connector
    from headway.connectors.playback import Playback
    from headway.core.clock import Clock
    from headway.dashboard.action import Action
    from headway.dashboard.host import Host

_STYLES: Final = (
    "theme",
    "board",
    "dispatch",
    "question",
    "reply",
    "help",
    "token",
    "detail",
    "agents",
    "themes",
)
_SEVERITY: Final = {Tidings.DONE: "information", Tidings.UNSURE: "warning", Tidings.FAILED: "error"}
_TOAST_SECONDS: Final = {Tidings.DONE: 3.0, Tidings.UNSURE: 10.0, Tidings.FAILED: 10.0}
_BEHIND_IT: Final = 0.1
"""Seconds by which a notice of what was done comes behind it: to show one, Textual lays out the whole screen."""

PLAIN_LOOK: Final = Look()


class HeadwayApp(HoldsPaints):
    """Mission control for the delegations of one platform.

    The connector stays its owner's: it is not closed here. `on_quit` is asked before leaving, where one is given; the
    board stays when it answers False. With `playback` the connector is that of a recording, and the clock is this one.
    With `cancel_grace` a cancel is not asked about; for some seconds it can be undone. `wait_for_rows` is how many
    seconds the first paint waits for the first snapshot, and `finished_kept` how many finished delegations are held.
    """

    TITLE = "headway"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {ActionsProvider}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True, id="palette")
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 (Textual declares no ClassVar)
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        connector: Connector,
        *,
        clock: Clock,
        title: str = "",
        rng: random.Random | None = None,
        on_quit: Callable[[HeadwayApp], Awaitable[bool]] | None = None,
        actions: Sequence[Action] = ACTIONS,
        look: Look = PLAIN_LOOK,
        keep_theme: Callable[[str], str] = lambda name: "",
        playback: Playback | None = None,
        cancel_grace: bool = False,
        wait_for_rows: float = 0.0,
        finished_kept: int | None = None,
    ) -> None:
        gate_terminal_input(clock.monotonic)
        let_late_toasts_end()
        let_strips_be_light()
        self._look = look
        styles = styles_folder()
        super().__init__(css_path=[styles / f"{name}.tcss" for name in _STYLES])
        self.session = Session(
            connector,
            clock=clock,
            rng=rng or random.Random(),  # noqa: S311
            title=title,
            tell=self.tell,
            request_frame=self.request_frame,
            playback=playback,
            finished_kept=finished_kept,
        )
        self._clock = clock
        self._wait_for_rows = wait_for_rows
        self._on_quit = on_quit
        self._keys = KeyLine(self, clock, self._hand_on)
        self._text_net = TextNet()
        self._filters_joined = Joined(())
        self._frame_due = False
        self._frames = Frames()
        self._collecting = Collecting()
        self._throttle = Throttle(self, Pace(look.bytes_per_second), clock)
        self._alerts = Alerts(self.session.store, look.notifications, os.environ)
        self._keep_theme = keep_theme
        self._board = BoardScreen(self.session, actions, cancel_grace=cancel_grace)
        self.set_keymap({action.id: ",".join(action.keys) for action in actions if action.id == "palette"})
        self._last_filters = _filters_of(look, self)
        if not look.animations:
            self.animation_level = "none"

    def get_driver_class(self) -> type[Driver]:
        wanted = super().get_driver_class()
        if sys.platform == "win32" or wanted.__name__ != "LinuxDriver":
            return wanted
        if self._look.bytes_per_second:
            from headway.dashboard.thin.driver import ThinDriver

            return ThinDriver
        from headway.dashboard.terminal_driver import BoardDriver

        return BoardDriver

    def on_resize(self, event: Resize) -> None:
        if isinstance(self._driver, KnowsTheScreen):
            self._driver.resized(*event.size)

    def get_default_screen(self) -> Screen[None]:
        return self._board

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = (*super().get_line_filters(), self._text_net, *self._last_filters)
        if self._filters_joined.filters != filters:
            self._filters_joined = Joined(filters)
        return [self._filters_joined]

    def refresh_css(self, animate: bool = True) -> None:
        """As Textual's, but before there is a screen the styles are parsed once, and not anew for the first screen."""
        if self.screen_stack:
            super().refresh_css(animate)
            return
        self.stylesheet.set_variables(self.get_css_variables())
        self.stylesheet.parse()
        self.stylesheet.update_nodes([self], animate=animate)

    async def on_load(self) -> None:
        self.wear(self._look.theme)
        if self._wait_for_rows:
            await self.session.feed.begin(self._wait_for_rows)

    def on_mount(self) -> None:
        self.call_after_refresh(self._follow_platform)
        self.set_interval(1.0, self._tick)

    async def on_event(self, event: Event) -> None:
        """What is typed stands in line; all else is as Textual has it."""
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self._keys.take(event)
        elif not isinstance(event, (Key, Paste)) or self.screen_stack:
            # While the board is being left there is nobody to have a key.
            await super().on_event(event)

    async def _hand_on(self, event: Key | Paste) -> None:
        """A paste into a field of one line is one line, cleaned and bounded before the field sees it."""
        if isinstance(event, Paste) and isinstance(self.focused, Input):
            event.text = pasted_line(event.text)
        await super().on_event(event)

    @property
    def keys_waiting(self) -> int:
        """How many keys are not worked on yet; to be read from any thread."""
        return len(self._keys) + self.message_queue_size

    def action_command_palette(self) -> None:
        """Show the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def _follow_platform(self) -> None:
        self.run_worker(self.session.feed.run(), name="feed")

    def request_frame(self) -> None:
        """Have what changed painted: at once after quiet, else together with what else changes in this frame."""
        if self._frame_due or not self.is_running:
            return
        self._frame_due = True
        wait = self._frames.wait(self._clock.monotonic())
        if wait > 0:
            later(self, wait, self._frame)
        else:
            self.call_next(self._frame)

    def _frame(self) -> None:
        self._frame_due = False
        self._frames.begin(self._clock.monotonic())
        screen = self.screen if self.screen_stack else None
        with screen.one_paint() if isinstance(screen, PaintsAtOnce) else nullcontext():
            self.take_frame()

    def take_frame(self) -> None:
        """Have every open screen show what changed since the last frame, those that are covered too."""
        if not self._board.is_running:
            return
        changes = self.session.store.take_changes()
        if changes.reloaded:
            self._collecting.loaded(len(self.session.store.rows))
        self._collecting.took(len(changes.touched))
        self._alerts.take(changes, looking=self.app_focus)
        self._call()
        for screen in self.screen_stack:
            if isinstance(screen, ActionScreen) and screen.is_running:
                screen.take_changes(changes)
            elif isinstance(screen, Dialog) and screen.is_mounted:
                screen.take_frame()

    def open_agents(self) -> None:
        """Show the agents over the board, in place of whatever was over it."""
        from headway.dashboard.screens.agents import AgentsScreen

        board = self._board
        screen = AgentsScreen(
            self.session, board.all_actions, show_delegations=board.show_delegations_of, dispatch_to=board.dispatch_to
        )
        self._open(screen)

    def choose_theme(self) -> None:
        """Ask for a theme, each shown as it is looked at, and keep it."""
        from headway.dashboard.screens.themes import ThemesScreen

        def answered(name: str | None) -> None:
            if name and (problem := self._keep_theme(name)):
                self.tell(Notice("The theme holds until you quit", problem, Tidings.UNSURE))

        self.push_screen(ThemesScreen(NAMES, self.theme, self.wear), answered)

    def wear(self, theme: str) -> None:
        """Look like this from now on; one of `theme.NAMES`."""
        self.register_theme(theme_named(theme))
        self.theme = theme
        # Where it is the one that Textual begins with, nobody is told that it has more colors now.
        self.stylesheet.set_variables(self.get_css_variables())

    def open_events(self) -> None:
        """Show the events over the board, in place of whatever was over it."""
        from headway.dashboard.screens.events import EventsScreen

        self._open(EventsScreen(self.session, self._board.all_actions))

    def _open(self, screen: ActionScreen) -> None:
        if self.screen is self._board:
            self.push_screen(screen)
        else:
            self.switch_screen(screen)

    def _tick(self) -> None:
        self._call()
        self._collecting.tick(self._clock.monotonic())

    def _call(self) -> None:
        """Call a person who looks elsewhere, where there is news and they want to be called."""
        if not self.app_focus and self._driver is not None and (sequence := self._alerts.call(self._clock.monotonic())):
            self._driver.write(sequence)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        outlet = getattr(self._driver, "outlet", None)
        if renderable is not None and isinstance(outlet, Outlet):
            self._throttle.painted(outlet)

    def tell(self, notice: Notice) -> None:
        """Show a notice for some seconds; one of what was done comes a moment behind it."""
        show = partial(
            self.notify,
            notice.text or notice.title,
            title=notice.title if notice.text else "",
            severity=_SEVERITY[notice.tidings],  # type: ignore[arg-type]
            timeout=_TOAST_SECONDS[notice.tidings],
            markup=False,
        )
        if notice.tidings is Tidings.DONE and self.is_running:
            later(self, _BEHIND_IT, show)
        else:
            show()

    def copy_to_clipboard(self, text: str) -> None:
        """As `copy_text`: what Textual itself copies goes the same way."""
        self.copy_text(text)

    def copy_text(self, text: str) -> Copy:
        """Have the terminal put a text on the clipboard; how much of it was sent."""
        copied = copy_of(text, os.environ)
        self._clipboard = clean(text)
        if self._driver is not None:
            self._driver.write(copied.sequence)
        return copied

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """As Textual says, but no palette where it would be empty: over a dialog."""
        if action == "command_palette" and isinstance(self.screen, Dialog):
            return False
        return super().check_action(action, parameters)

    async def action_quit(self) -> None:
        """Leave, unless `on_quit` says to stay."""
        self.run_worker(self._leave(), group="leaving", exclusive=True)

    async def _leave(self) -> None:
        if self._on_quit is None or await self._on_quit(self):
            self.exit()


def _filters_of(look: Look, app: HeadwayApp) -> list[LineFilter]:
    """The filters that every line passes last."""
    filters: list[LineFilter] = []
    if app.no_color or not look.color:
        filters.append(Colorless(lambda: app.current_theme.dark))
    if look.ascii:
        filters.append(AsciiOnly())
    return filters


if TYPE_CHECKING:
    _IS_HOST: type[Host] = HeadwayApp
