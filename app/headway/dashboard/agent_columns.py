"""What the agents screen shows of a workspace: its columns, what they sort by, and what can be asked of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headway.a2a.card import AgentCard
from headway.core.api import DEGRADED, OFFLINE, ONLINE, Workspace
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Column, Facts, Span, Spans, Tone
from headway.dashboard.filters import Language, Test
from headway.dashboard.ordering import SortKey

UNKNOWN: Final = "–"
"""Stands for what nobody has said."""
_SIGNS: Final[Mapping[str, tuple[str, Tone]]] = {
    ONLINE: ("●", Tone.GOOD),
    DEGRADED: ("▲", Tone.WARN),
    OFFLINE: ("○", Tone.BAD),
}
_RANK: Final = {status: rank for rank, status in enumerate((OFFLINE, DEGRADED, ONLINE))}


@dataclass(frozen=True, slots=True)
class AgentRow:
    """A workspace and what its card says, where it has one that can be read."""

    workspace: Workspace
    card: AgentCard | None = None

    @property
    def dialect(self) -> str:
        return f"A2A {self.card.dialect}" if self.card and self.card.dialect else UNKNOWN


def status_span(workspace: Workspace) -> Span:
    """The status as a symbol and its word; other platforms may have words of their own."""
    symbol, tone = _SIGNS.get(workspace.status, ("·", Tone.FAINT))
    return (f"{symbol} {one_line(workspace.status)}", tone)


def errors(workspace: Workspace) -> str:
    """The part of its calls that failed, as it says itself."""
    rate = workspace.last_error_rate
    return UNKNOWN if rate is None else f"{min(rate, 9.99):.0%}"


def _name(row: AgentRow, facts: Facts, width: int) -> Spans:
    return ((one_line(row.workspace.name), Tone.PLAIN),)


def _status(row: AgentRow, facts: Facts, width: int) -> Spans:
    return (status_span(row.workspace),)


def _slots(row: AgentRow, facts: Facts, width: int) -> Spans:
    used, most = row.workspace.active_tasks, row.workspace.max_concurrent_tasks
    return ((f"{used}/{most}", Tone.WARN if used >= most else Tone.PLAIN if used else Tone.FAINT),)


def _queue(row: AgentRow, facts: Facts, width: int) -> Spans:
    depth = row.workspace.queue_depth
    return ((f"{depth:,}", Tone.PLAIN if depth else Tone.FAINT),)


def _task(row: AgentRow, facts: Facts, width: int) -> Spans:
    return ((one_line(row.workspace.current_task or ""), Tone.PLAIN),)


def _beat(row: AgentRow, facts: Facts, width: int) -> Spans:
    at = row.workspace.last_heartbeat_at
    late = row.workspace.status == OFFLINE
    return ((UNKNOWN if at is None else facts.age(at), Tone.WARN if late and at is not None else Tone.FAINT),)


def _errors(row: AgentRow, facts: Facts, width: int) -> Spans:
    return ((errors(row.workspace), Tone.WARN if row.workspace.last_error_rate else Tone.FAINT),)


def _dialect(row: AgentRow, facts: Facts, width: int) -> Spans:
    return ((row.dialect, Tone.FAINT),)


def _role(row: AgentRow, facts: Facts, width: int) -> Spans:
    return ((one_line(row.workspace.role or UNKNOWN), Tone.FAINT),)


COLUMNS: Final = (
    Column("name", "agent", _name, width=10, grow=2, most=24),
    Column("status", "status", _status, width=10, grow=1, most=14),
    Column("slots", "slots", _slots, width=5, right=True),
    Column("queue", "queue", _queue, width=6, right=True),
    Column("task", "current task", _task, width=14, grow=4, shed=2),
    Column("beat", "beat", _beat, width=5, right=True, shed=1),
    Column("errors", "errors", _errors, width=6, right=True, shed=3),
    Column("dialect", "speaks", _dialect, width=7, shed=4),
    Column("role", "role", _role, width=8, grow=1, most=14, shed=5),
)
"""In the order in which they are drawn and sorted by."""


SORT_KEYS: Final[Mapping[str, Callable[[AgentRow], SortKey]]] = {
    "name": lambda row: row.workspace.name.casefold(),
    "status": lambda row: (_RANK.get(row.workspace.status, len(_RANK)), row.workspace.name.casefold()),
    "slots": lambda row: (row.workspace.active_tasks / max(1, row.workspace.max_concurrent_tasks)) * -1,
    "queue": lambda row: -row.workspace.queue_depth,
    "task": lambda row: (row.workspace.current_task or "").casefold(),
    "beat": lambda row: -(row.workspace.last_heartbeat_at or 0),
    "errors": lambda row: -(row.workspace.last_error_rate or 0.0),
    "dialect": lambda row: row.dialect,
    "role": lambda row: (row.workspace.role or "").casefold(),
}
"""By column: what wants to be looked at, or the alphabet, first."""


def _word(word: str) -> Test:
    needle = word.casefold()

    def test(row: AgentRow) -> bool:
        workspace = row.workspace
        shown = (workspace.name, workspace.status, workspace.role, workspace.current_task, workspace.url, row.dialect)
        return any(text and needle in text.casefold() for text in shown) or workspace.id.casefold().startswith(needle)

    return test


def _field(read: Callable[[AgentRow], str | None]) -> Callable[[Sequence[str]], Test]:
    def maker(values: Sequence[str]) -> Test:
        needles = [value.casefold() for value in values]
        return lambda row: any(needle in (read(row) or "").casefold() for needle in needles)

    return maker


LANGUAGE: Final = Language(
    _word,
    {
        "status": _field(lambda row: row.workspace.status),
        "name": _field(lambda row: row.workspace.name),
        "role": _field(lambda row: row.workspace.role),
        "speaks": _field(lambda row: row.dialect),
        "id": _field(lambda row: row.workspace.id),
    },
)
"""What a filter of agents can ask for."""
