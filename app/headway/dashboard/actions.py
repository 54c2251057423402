"""The one registry of what keys do: it makes bindings, footer, help, palette and the tables of the docs, by screen.

An action is offered where `available` says so of the moment (`Moment`), and nowhere else: a key that does nothing
now is not shown now. The work itself is a method `action_<id>` of the screens that it is `on`. Other keys are given by
`keymap.remapped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from headway.core.delegation import RETRYABLE, Status
from headway.dashboard.action import EVERYWHERE, ON_BOARD, Action, Moment, Section, Where
from headway.dashboard.agent_actions import AGENT_ACTIONS
from headway.dashboard.detail_actions import DETAIL_ACTIONS, ON_BOTH, OPENING_ACTIONS
from headway.dashboard.event_actions import EVENT_ACTIONS

TABLES: Final = frozenset({Where.BOARD, Where.AGENTS, Where.EVENTS})
"""Screens with rows that can be filtered."""
SORTED: Final = frozenset({Where.BOARD, Where.AGENTS})
"""Screens whose rows can be sorted."""


def _can_poll(moment: Moment) -> bool:
    return moment.capabilities.poll and any(not row.status.is_terminal for row in moment.rows)


def _can_cancel(moment: Moment) -> bool:
    return moment.capabilities.cancel and any(
        not row.status.is_terminal and row.status is not Status.CANCELING and row.delegation_id not in moment.canceling
        for row in moment.rows
    )


def _replays(moment: Moment) -> bool:
    return moment.capabilities.replay


def _can_reply(moment: Moment) -> bool:
    row = moment.row
    return moment.capabilities.reply and row is not None and row.status is Status.INPUT_REQUIRED


def _can_mark(moment: Moment) -> bool:
    # Marks are there to be acted on.
    return moment.may_act and moment.row is not None


def _can_retry(moment: Moment) -> bool:
    return moment.capabilities.retry and any(row.status in RETRYABLE for row in moment.rows)


ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "pause",
        ("space",),
        "Pause",
        "Pause the recording, or go on; at its end, again",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "slower",
        ("less_than_sign",),
        "Slower",
        "Play the recording slower",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "faster",
        ("greater_than_sign",),
        "Faster",
        "Play the recording faster",
        Section.RECORDING,
        available=_replays,
        in_footer=True,
    ),
    Action(
        "step_back",
        ("left_square_bracket",),
        "Back",
        "Go back 30 seconds in the recording",
        Section.RECORDING,
        available=_replays,
    ),
    Action(
        "step_on",
        ("right_square_bracket",),
        "On",
        "Go on 30 seconds in the recording",
        Section.RECORDING,
        available=_replays,
    ),
    Action(
        "dispatch",
        ("d",),
        "Dispatch",
        "Hand a task to an agent",
        Section.DELEGATIONS,
        acts=True,
        in_footer=True,
        on=frozenset({Where.BOARD, Where.AGENTS}),
    ),
    Action(
        "poll",
        ("p",),
        "Poll",
        "Ask the agent now how this or each marked one is",
        Section.DELEGATIONS,
        available=_can_poll,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "poll_waiting",
        ("P",),
        "Poll waiting",
        "Poll every queued and every stuck delegation",
        Section.DELEGATIONS,
        available=lambda moment: moment.capabilities.poll and moment.pollable > 0,
        acts=True,
    ),
    Action(
        "cancel",
        ("x",),
        "Cancel",
        "Cancel this delegation, or all marked ones",
        Section.DELEGATIONS,
        available=_can_cancel,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    *OPENING_ACTIONS,
    *DETAIL_ACTIONS,
    Action(
        "undo",
        ("u",),
        "Undo",
        "Take back a cancel in its time of grace",
        Section.DELEGATIONS,
        available=lambda moment: moment.undoable,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "reply",
        ("r",),
        "Reply",
        "Answer what the agent asks",
        Section.DELEGATIONS,
        available=_can_reply,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "retry",
        ("R",),
        "Retry",
        "Hand over again what failed or was canceled",
        Section.DELEGATIONS,
        available=_can_retry,
        acts=True,
        in_footer=True,
        on=ON_BOTH,
    ),
    Action(
        "dispatch_again",
        ("D",),
        "Dispatch again",
        "Hand the same task to another agent",
        Section.DELEGATIONS,
        available=lambda moment: moment.row is not None,
        acts=True,
        on=ON_BOTH,
    ),
    Action(
        "mark",
        ("space",),
        "Mark",
        "Mark this one, or unmark it, and go on to the next",
        Section.DELEGATIONS,
        available=_can_mark,
        in_footer=True,
        shed=2,
        yields=True,
    ),
    Action(
        "mark_all",
        ("asterisk",),
        "Mark all",
        "Mark all that match in this table, or unmark them",
        Section.DELEGATIONS,
        available=_can_mark,
    ),
    Action(
        "pin",
        ("o",),
        "Pin",
        "Pin this delegation's stream, or unpin it",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        in_footer=True,
        shed=3,
    ),
    Action(
        "next_wanting",
        ("n",),
        "Next",
        "The next that asks, is stuck, or failed",
        Section.LOOKING,
        available=lambda moment: moment.wanting,
        in_footer=True,
        shed=3,
    ),
    *AGENT_ACTIONS,
    *EVENT_ACTIONS,
    Action(
        "filter",
        ("slash",),
        "Filter",
        "Show only what matches what you type",
        Section.LOOKING,
        in_footer=True,
        shed=2,
        on=TABLES,
    ),
    Action(
        "keep_filter",
        ("enter",),
        "Keep filter",
        "Keep the filter and go back to the table",
        Section.LOOKING,
        available=lambda moment: moment.typing,
        in_footer=True,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "clear",
        ("escape",),
        "Clear",
        "Clear the filter; then the marks",
        Section.LOOKING,
        available=lambda moment: moment.filtered or bool(moment.marked),
        in_footer=True,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "sort", ("s",), "Sort", "Sort this table by its next column", Section.LOOKING, in_footer=True, shed=5, on=SORTED
    ),
    Action("reverse", ("S",), "Reverse", "Reverse the order of this table", Section.LOOKING, on=SORTED),
    Action("cursor_up", ("up", "k"), "Up", "One row or line up", Section.MOVING, while_typing=True, on=EVERYWHERE),
    Action(
        "cursor_down", ("down", "j"), "Down", "One row or line down", Section.MOVING, while_typing=True, on=EVERYWHERE
    ),
    Action("page_up", ("pageup", "ctrl+b"), "Page up", "One page up", Section.MOVING, while_typing=True, on=EVERYWHERE),
    Action(
        "page_down",
        ("pagedown", "ctrl+f"),
        "Page down",
        "One page down",
        Section.MOVING,
        while_typing=True,
        on=EVERYWHERE,
    ),
    Action("first", ("home", "g"), "First", "The first row or line", Section.MOVING, on=EVERYWHERE),
    Action(
        "last",
        ("end", "G"),
        "Last",
        "The last row or line; a stream follows its end then",
        Section.MOVING,
        on=EVERYWHERE,
    ),
    Action("show_queued", ("1",), "Queued", "Go to the Queued table", Section.MOVING),
    Action("show_in_progress", ("2",), "In progress", "Go to the In progress table", Section.MOVING),
    Action("show_completed", ("3",), "Completed", "Go to the Completed table", Section.MOVING),
    Action("show_streams", ("4",), "Streams", "Go to the streams, to scroll them", Section.MOVING),
    Action(
        "next_pane",
        ("tab",),
        "Next pane",
        "Go to the next table, stream or pane",
        Section.MOVING,
        while_typing=True,
        on=TABLES,
    ),
    Action(
        "previous_pane",
        ("shift+tab",),
        "Previous pane",
        "Go to the table, stream or pane before",
        Section.MOVING,
        on=TABLES,
    ),
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
