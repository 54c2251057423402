"""The base of the screens whose keys come from the registry: bindings, footer, help, palette, and the line on top."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingsMap

from headway.dashboard.action import Action, Moment, Section, Where
from headway.dashboard.actions import ACTIONS, actions_on
from headway.dashboard.host import host_of
from headway.dashboard.link import NeedsToken
from headway.dashboard.painting import PaintsAtOnce
from headway.dashboard.screens.replaying import Replaying
from headway.dashboard.top import link_spans, total_spans
from headway.dashboard.widgets.key_bar import KeyBar
from headway.dashboard.widgets.line_view import LineView
from headway.dashboard.widgets.top_line import TopLine

if TYPE_CHECKING:
    from headway.dashboard.changes import Changes
    from headway.dashboard.session import Session

_MOVES: Final = frozenset({"cursor_up", "cursor_down", "page_up", "page_down", "first", "last"})


class ActionScreen(Replaying, PaintsAtOnce[None]):
    """A screen of its own over a session; `WHERE` says which actions of the registry are its.

    It yields `self.top_line` first and `self.key_bar` last, says what its `pane` is, and has a method `action_<id>` for
    each of its actions that is not here.
    """

    WHERE: ClassVar[Where]

    def __init__(self, session: Session, actions: Sequence[Action] = ACTIONS) -> None:
        super().__init__()
        self.session: Final = session
        self.all_actions: Final = tuple(actions)
        """Every action of every screen, with the keys that it has here."""
        self.actions: Final = tuple(
            action
            for action in actions_on(self.WHERE, actions)
            if session.playback or action.section is not Section.RECORDING
        )
        """Those of this screen."""
        self._by_id = {action.id: action for action in self.actions}
        others = {key for action in self.actions if action.id not in _MOVES for key in action.keys}
        self.moving_keys: Final = (
            frozenset(key for action in self.actions if action.id in _MOVES for key in action.keys) - others
        )
        """Keys that only ever move within the pane: they change neither focus nor screen."""
        # Not a keymap of Textual's: there, a key that two actions share would lose one of them.
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bindings_of(self.actions))])
        self.top_line = TopLine(id="top")
        self.key_bar = KeyBar(id="keys")

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)
        self.show_surroundings()

    def take_changes(self, changes: Changes) -> None:
        """Show what changed since the last frame; link and totals may have changed where nothing else did."""
        self.show_surroundings()

    def tick(self) -> None:
        """A second has passed: ages move on."""
        self.show_surroundings()

    def moment(self) -> Moment:
        """What the availability of actions depends on, as it is now."""
        playback = self.session.playback
        return Moment(
            capabilities=self.session.connector.capabilities,
            needs_token=isinstance(self.session.feed.link, NeedsToken),
            paused=playback is not None and playback.paused,
            ended=playback is not None and playback.ended,
        )

    def show_surroundings(self) -> None:
        """Show the line on top and the keys that work right now."""
        session = self.session
        now = session.clock.monotonic()
        link = session.feed.link
        moment = self.moment()
        self.top_line.show(
            link_spans(
                session.title,
                session.connector.address,
                link,
                session.feed.data_age,
                now,
                read_only=session.connector.capabilities.read_only,
            ),
            total_spans(session.store, len(moment.marked)),
        )
        shown = [one for one in self.actions if self.is_in_footer(one) and one.is_available(moment)]
        self.key_bar.show([one.at(moment) for one in shown])

    def is_in_footer(self, action: Action) -> bool:
        """Whether the footer shows it, where it is available."""
        return action.in_footer

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        known = self._by_id.get(action)
        return known.is_available(self.moment()) if known else super().check_action(action, parameters)

    async def on_key_bar_chosen(self, message: KeyBar.Chosen) -> None:
        await self.run_action(message.action.id)

    @property
    @abstractmethod
    def pane(self) -> LineView:
        """What the keys of moving move."""

    def action_cursor_up(self) -> None:
        self.pane.go(-1)

    def action_cursor_down(self) -> None:
        self.pane.go(+1)

    def action_page_up(self) -> None:
        self.pane.go(-max(1, self.pane.page - 1))

    def action_page_down(self) -> None:
        self.pane.go(max(1, self.pane.page - 1))

    def action_first(self) -> None:
        self.pane.go(-self.pane.length)

    def action_last(self) -> None:
        self.pane.go(self.pane.length)

    def key_of(self, action_id: str) -> str:
        """The keys of one action, as people write them."""
        return next(action.key_names for action in self.all_actions if action.id == action_id)

    def action_help(self) -> None:
        from headway.dashboard.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.moment(), self.actions))

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_agents(self) -> None:
        host_of(self.app).open_agents()

    def action_events(self) -> None:
        host_of(self.app).open_events()

    def action_theme(self) -> None:
        host_of(self.app).choose_theme()

    def action_token(self) -> None:
        from headway.dashboard.screens.token import TokenScreen

        def answered(token: str | None) -> None:
            if token:
                self.session.use_token(token)

        self.app.push_screen(TokenScreen(self.session.connector.address), answered)

    async def action_quit(self) -> None:
        await self.app.action_quit()


def bindings_of(actions: Iterable[Action]) -> list[Binding]:
    """Textual's bindings of one screen's actions; those that yield come after the others of the same key."""
    return [
        Binding(",".join(action.keys), action.id, action.title, show=False, tooltip=action.description)
        for action in sorted(actions, key=lambda action: action.yields)
    ]
