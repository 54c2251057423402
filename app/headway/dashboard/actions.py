"""The one registry of what keys do: it makes bindings, footer, help, palette and the tables of the docs, by screen.

An action is offered where `available` says so of the moment (`Moment`), and nowhere else: a key that does nothing
now is not shown now. The work itself is a method `action_<id>` of the screens that it is `on`. Other keys are given by
`keymap.remapped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from headway.dashboard.action import EVERYWHERE, ON_BOARD, Action, Section, Where
from headway.dashboard.agent_actions import AGENT_ACTIONS
from headway.dashboard.delegation_actions import DELEGATION_ACTIONS
from headway.dashboard.event_actions import EVENT_ACTIONS
from headway.dashboard.recording_actions import RECORDING_ACTIONS
from headway.dashboard.table_actions import TABLE_ACTIONS

ACTIONS: Final[tuple[Action, ...]] = (
    *RECORDING_ACTIONS,
    *DELEGATION_ACTIONS,
    *AGENT_ACTIONS,
    *EVENT_ACTIONS,
    *TABLE_ACTIONS,
    Action(
        "agents",
        ("a",),
        "Agents",
        "The agents: what they do, and what waits for them",
        Section.HEADWAY,
        in_footer=True,
        shed=4,
        on=frozenset({Where.BOARD, Where.EVENTS}),
    ),
    Action(
        "events",
        ("v",),
        "Events",
        "The events of the platform, as they come",
        Section.HEADWAY,
        in_footer=True,
        shed=4,
        on=frozenset({Where.BOARD, Where.AGENTS}),
    ),
    Action("theme", ("t",), "Theme", "Choose how all of it looks", Section.HEADWAY, on=EVERYWHERE),
    Action(
        "token",
        ("T",),
        "Token",
        "Give the platform another token",
        Section.HEADWAY,
        available=lambda moment: moment.needs_token,
        in_footer=True,
        shed=0,
        on=EVERYWHERE,
    ),
    Action("palette", ("ctrl+p",), "Palette", "Find an action by its name", Section.HEADWAY, on=EVERYWHERE),
    Action(
        "back",
        ("escape",),
        "Back",
        "Back to where you came from",
        Section.HEADWAY,
        available=lambda moment: not moment.searched,
        in_footer=True,
        shed=0,
        on=EVERYWHERE - ON_BOARD,
        yields=True,
    ),
    Action(
        "help",
        ("question_mark",),
        "Help",
        "Show every key of this screen",
        Section.HEADWAY,
        in_footer=True,
        shed=0,
        on=EVERYWHERE,
    ),
    Action(
        "quit",
        ("q",),
        "Quit",
        "Leave headway; delegations go on",
        Section.HEADWAY,
        in_footer=True,
        shed=0,
        on=EVERYWHERE,
    ),
)
"""Every action there is, in the order that footer and help show them."""

BY_ID: Final = {action.id: action for action in ACTIONS}


def actions_on(where: Where, actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """The actions of one screen."""
    return tuple(action for action in actions if where in action.on)


def in_sections(actions: Sequence[Action] = ACTIONS) -> Iterator[tuple[Section, list[Action]]]:
    """The actions by section, for help; a section without any is left out."""
    for section in Section:
        if those := [action for action in actions if action.section is section]:
            yield section, those
