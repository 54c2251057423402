"""What a key does: the one registry that makes bindings, footer, help and palette.

An action is offered where `available` says so of the moment (`Moment`), and nowhere else: a key that does nothing
now is not shown now. The work itself is a method `action_<id>` of the board. Other keys are given by
`keymap.remapped`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headway.connectors.connector import Capabilities
from headway.core.delegation import Row
from headway.dashboard.key_names import key_name


class Section(StrEnum):
    """Where help and the palette list an action."""

    DELEGATIONS = "Delegations"
    LOOKING = "Looking"
    MOVING = "Moving"
    HEADWAY = "Headway"


@dataclass(frozen=True, slots=True)
class Moment:
    """What availability depends on, read when it is asked: the row under the cursor, and what the platform can do."""

    capabilities: Capabilities
    row: Row | None = None
    canceling: bool = False
    """A cancel of that row has been asked for."""
    filtered: bool = False
    pollable: int = 0
    """How many delegations wait or are stuck."""
    needs_token: bool = False
    typing: bool = False
    """A filter is being typed: keys are letters of it."""

    @property
    def may_act(self) -> bool:
        return not self.capabilities.read_only


def always(moment: Moment) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. `keys` are Textual's names; the first is the one shown."""

    id: str
    keys: tuple[str, ...]
    title: str
    description: str
    section: Section
    available: Callable[[Moment], bool] = always
    acts: bool = False
    """It changes something on the platform: hidden and refused where the connector is read-only."""
    in_footer: bool = False
    while_typing: bool = False

    def is_available(self, moment: Moment) -> bool:
        """Whether it can be done at this moment."""
        if (self.acts and not moment.may_act) or (moment.typing and not self.while_typing):
            return False
        return self.available(moment)

    @property
    def key_names(self) -> str:
        return " ".join(key_name(key) for key in self.keys)


def _can_poll(moment: Moment) -> bool:
    return moment.capabilities.poll and moment.row is not None and not moment.row.status.is_terminal


def _can_cancel(moment: Moment) -> bool:
    return (
        moment.capabilities.cancel
        and moment.row is not None
        and not moment.row.status.is_terminal
        and not moment.canceling
    )


ACTIONS: Final[tuple[Action, ...]] = (
    Action("dispatch", ("d",), "Dispatch", "Hand a task to an agent", Section.DELEGATIONS, acts=True, in_footer=True),
    Action(
        "poll",
        ("p",),
        "Poll",
        "Ask the agent now how this delegation stands",
        Section.DELEGATIONS,
        available=_can_poll,
        acts=True,
        in_footer=True,
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
        "Cancel this delegation, after a question",
        Section.DELEGATIONS,
        available=_can_cancel,
        acts=True,
        in_footer=True,
    ),
    Action(
        "pin",
        ("o",),
        "Pin",
        "Pin this delegation's stream, or unpin it",
        Section.LOOKING,
        available=lambda moment: moment.row is not None,
        in_footer=True,
    ),
    Action(
        "filter",
        ("slash",),
        "Filter",
        "Show only what matches what you type",
        Section.LOOKING,
        in_footer=True,
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
    ),
    Action(
        "clear_filter",
        ("escape",),
        "Clear filter",
        "Show everything again",
        Section.LOOKING,
        available=lambda moment: moment.filtered,
        in_footer=True,
        while_typing=True,
    ),
    Action("sort", ("s",), "Sort", "Sort this table by its next column", Section.LOOKING, in_footer=True),
    Action("reverse", ("S",), "Reverse", "Reverse the order of this table", Section.LOOKING),
    Action("cursor_up", ("up", "k"), "Up", "One row or line up", Section.MOVING, while_typing=True),
    Action("cursor_down", ("down", "j"), "Down", "One row or line down", Section.MOVING, while_typing=True),
    Action("page_up", ("pageup", "ctrl+b"), "Page up", "One page up", Section.MOVING, while_typing=True),
    Action("page_down", ("pagedown", "ctrl+f"), "Page down", "One page down", Section.MOVING, while_typing=True),
    Action("first", ("home", "g"), "First", "The first row or line", Section.MOVING),
    Action("last", ("end", "G"), "Last", "The last row or line; a stream follows its end then", Section.MOVING),
    Action("show_queued", ("1",), "Queued", "Go to the Queued table", Section.MOVING),
    Action("show_in_progress", ("2",), "In progress", "Go to the In progress table", Section.MOVING),
    Action("show_completed", ("3",), "Completed", "Go to the Completed table", Section.MOVING),
    Action("show_streams", ("4",), "Streams", "Go to the streams, to scroll them", Section.MOVING),
    Action("next_pane", ("tab",), "Next pane", "Go to the next table or stream", Section.MOVING, while_typing=True),
    Action("previous_pane", ("shift+tab",), "Previous pane", "Go to the table or stream before", Section.MOVING),
    Action(
        "token",
        ("T",),
        "Token",
        "Give the platform another token",
        Section.HEADWAY,
        available=lambda moment: moment.needs_token,
        in_footer=True,
    ),
    Action("palette", ("ctrl+p",), "Palette", "Find an action by its name", Section.HEADWAY),
    Action("help", ("question_mark",), "Help", "Show every key", Section.HEADWAY, in_footer=True),
    Action("quit", ("q",), "Quit", "Leave headway; delegations go on", Section.HEADWAY, in_footer=True),
)
"""Every action of the board, in the order that footer and help show them."""

BY_ID: Final = {action.id: action for action in ACTIONS}


def in_sections(actions: Sequence[Action] = ACTIONS) -> Iterator[tuple[Section, list[Action]]]:
    """The actions by section, for help."""
    for section in Section:
        yield section, [action for action in actions if action.section is section]
