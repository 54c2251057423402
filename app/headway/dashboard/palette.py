"""The actions of the registry in Textual's command palette: those that can be done at this moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from headway.dashboard.action import Action, Section
from headway.dashboard.key_names import key_name
from headway.dashboard.screens.action_screen import ActionScreen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


class Palette(CommandPalette):
    """Textual's palette, which also says whether its list is still that of what was typed before."""

    @property
    def is_searching(self) -> bool:
        return any(worker.node is self and not worker.is_finished for worker in self.workers)


class ActionsProvider(Provider):
    """Finds actions by their description. Running one is the same as pressing its key."""

    async def discover(self) -> Hits:
        for action, run in self._offered():
            yield DiscoveryHit(_prompt(action), run, help=_help(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, run in self._offered():
            score = matcher.match(_prompt(action))
            if score > 0:
                yield Hit(score, matcher.highlight(_prompt(action)), run, help=_help(action))

    def _offered(self) -> Iterator[tuple[Action, Callable[[], Awaitable[None]]]]:
        screen = self.screen
        if not isinstance(screen, ActionScreen):
            return
        moment = screen.moment()
        for action in screen.actions:
            if action.section is not Section.MOVING and action.id != "palette" and screen.check_action(action.id, ()):
                yield action.at(moment), partial(screen.run_action, action.id)


def _prompt(action: Action) -> str:
    return action.title


def _help(action: Action) -> str:
    return f"{key_name(action.keys[0])}   {action.description}"
