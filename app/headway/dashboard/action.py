"""What an action is: its keys, what it is called, where it works and when (`actions.ACTIONS` are all of them)."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from headway.connectors.connector import Capabilities
from headway.core.api import Workspace
from headway.core.delegation import Row
from headway.dashboard.key_names import key_name


class Where(StrEnum):
    """The screens that have actions of the registry; dialogs name their few keys themselves."""

    BOARD = "board"
    DETAIL = "detail"
    AGENTS = "agents"
    EVENTS = "events"


ON_BOARD: Final = frozenset({Where.BOARD})
EVERYWHERE: Final = frozenset(Where)


class Section(StrEnum):
    """Where help and the palette list an action."""

    RECORDING = "Recording"
    """Only where one is played."""
    DELEGATIONS = "Delegations"
    AGENTS = "Agents"
    EVENTS = "Events"
    LOOKING = "Looking"
    MOVING = "Moving"
    HEADWAY = "Headway"


@dataclass(frozen=True, slots=True)
class Moment:
    """What availability depends on, read when it is asked: what is under the cursor, and what the platform can do."""

    capabilities: Capabilities
    row: Row | None = None
    marked: Sequence[Row] = ()
    """Where any are marked, polling, canceling and retrying are about these."""
    canceling: Container[str] = frozenset()
    """The ids of those for which a cancel has been asked."""
    undoable: bool = False
    """A cancel waits in its time of grace."""
    filtered: bool = False
    pollable: int = 0
    """How many delegations wait or are stuck."""
    wanting: bool = False
    """Some ask for input, are stuck, or failed."""
    needs_token: bool = False
    typing: bool = False
    """A filter or a search is being typed: keys are letters of it."""
    agent: Workspace | None = None
    """The workspace under the cursor, on the agents screen."""
    event: bool = False
    """An event is under the cursor, on the events screen."""
    expanded: bool = False
    """Something is shown whole beside its row."""

    searched: bool = False
    """Something was looked for in a text."""
    markdown: bool = False
    """What is shown can be shown as Markdown."""
    paused: bool = False
    """What moves by itself, a recording or the events as they come, stands still."""
    ended: bool = False
    """The recording that is played has come to its end."""

    @property
    def may_act(self) -> bool:
        return not self.capabilities.read_only

    @property
    def rows(self) -> Sequence[Row]:
        """What an action for several acts on: those that are marked, else the one under the cursor."""
        return self.marked or ([self.row] if self.row else [])


def always(moment: Moment) -> bool:
    return True


def with_row(moment: Moment) -> bool:
    """A delegation is there to do it with."""
    return moment.row is not None


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
    shed: int = 1
    """Which goes first where the footer has no room for all: the highest, and of those the last; 0 stays."""
    while_typing: bool = False
    on: frozenset[Where] = ON_BOARD
    """The screens where it works."""
    yields: bool = False
    """Another action may have the same key; that one goes first whenever it is available."""
    title_now: Callable[[Moment], str] | None = None
    """What it is called at a moment, where it does not always do the same."""

    def is_available(self, moment: Moment) -> bool:
        """Whether it can be done at this moment."""
        if (self.acts and not moment.may_act) or (moment.typing and not self.while_typing):
            return False
        return self.available(moment)

    def at(self, moment: Moment) -> Action:
        """The same action, called what it does at this moment."""
        return self if self.title_now is None else replace(self, title=self.title_now(moment))

    @property
    def key_names(self) -> str:
        return " ".join(key_name(key) for key in self.keys)
