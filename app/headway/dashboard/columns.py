"""What each table shows of a delegation, and how its columns share a width. Pure: rows in, spans of toned text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias

from headway.core.delegation import WAITING, Group, Row, Status
from headway.core.progress import ProgressText
from headway.dashboard.cells import one_line
from headway.dashboard.changes import Note
from headway.dashboard.durations import coarse, exact

GAP: Final = 1
"""Blank cells between two columns."""
WIDE_GAP: Final = 2
"""Those between one that ends at its right edge and one that begins at its left: else they read as one."""
SQUEEZED: Final = 6
"""Cells that a column keeps on a screen that is too narrow for any table."""
_LAST_LINE_REACH: Final = 1_000
"""Characters of the progress text searched for its last line."""


class Tone(StrEnum):
    """What a piece of text means; the theme gives each its color and weight."""

    PLAIN = "plain"
    FAINT = "faint"
    ACCENT = "accent"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ALARM = "alarm"
    HEADING = "heading"
    STRONG = "strong"
    CODE = "code"
    FOUND = "found"
    FOUND_NOW = "found-now"


Span: TypeAlias = tuple[str, Tone]
Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a cell needs beyond its row: the time, the names of workspaces, and notes on what was just asked for."""

    now_ms: int
    name_of: Callable[[str], str]
    notes: Mapping[str, Note]

    def age(self, since_ms: int) -> str:
        return coarse(self.now_ms - since_ms)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: at least `width` cells, sharing what is left by `grow`, dropped in order of `shed` when narrow."""

    id: str
    title: str
    render: Callable[[Any, Facts, int], Spans]
    """One cell of what its table shows, in a number of cells at most."""
    width: int
    grow: int = 0
    most: int = 10_000
    right: bool = False
    shed: int = 0
    """0 is never dropped; the highest goes first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column and the cells it got."""

    column: Column
    width: int
    gap: int = GAP
    """Blank cells after it."""


def lay_out(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """Share `width` cells among `columns`, dropping what does not fit; the last growing one takes the remainder."""
    kept = list(columns)
    while len(kept) > 1 and _least(kept) > width:
        droppable = max(kept, key=lambda column: column.shed)
        if not droppable.shed:
            break
        kept.remove(droppable)
    spare = max(0, width - _least(kept))
    widths = _squeezed(kept, _least(kept) - width)
    growing = [column for column in kept if column.grow]
    while spare and growing:
        shares = sum(column.grow for column in growing)
        given = 0
        for column in growing:
            extra = min(max(1, spare * column.grow // shares), spare - given, column.most - widths[column.id])
            widths[column.id] += extra
            given += extra
        spare -= given
        growing = [column for column in growing if widths[column.id] < column.most]
        if not given:
            break
    gaps = _gaps(kept)
    return tuple(Place(column, widths[column.id], gap) for column, gap in zip(kept, gaps, strict=True))


def _squeezed(columns: Sequence[Column], over: int) -> dict[str, int]:
    """The least widths, with `over` cells taken from the columns that would grow, the most elastic first."""
    widths = {column.id: column.width for column in columns}
    for column in sorted(columns, key=lambda column: -column.grow):
        if over > 0 and column.grow:
            taken = max(0, min(over, column.width - SQUEEZED))
            widths[column.id] -= taken
            over -= taken
    return widths


def _least(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + sum(_gaps(columns)[:-1])


def _gaps(columns: Sequence[Column]) -> list[int]:
    """The blank cells after each column."""
    nexts = [*columns[1:], None]
    return [WIDE_GAP if one.right and two and not two.right else GAP for one, two in zip(columns, nexts, strict=True)]


def bar(percent: float, width: int) -> Spans:
    """A bar of `width` cells: what is done in accent, the rest faint, to half a cell."""
    halves = round(min(max(percent, 0.0), 100.0) / 100 * width * 2)
    done = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return ((done, Tone.ACCENT), ("─" * (width - len(done)), Tone.FAINT))


def last_line(progress: ProgressText) -> str:
    """The last line with anything on it, looked for in the newest characters only."""
    tail = ""
    for chunk in reversed(progress.chunks):
        tail = chunk[-_LAST_LINE_REACH:] + tail
        if "\n" in tail.rstrip() or len(tail) >= _LAST_LINE_REACH:
            break
    return tail.rstrip().rpartition("\n")[2].strip()


def standing(row: Row, facts: Facts) -> Span:
    """The status as a symbol and words, with nothing left to color alone."""
    if note := facts.notes.get(row.delegation_id):
        return (one_line(note.text), Tone.WARN)
    match row.status:
        case Status.PENDING:
            return ("pending", Tone.FAINT)
        case Status.QUEUED:
            return ("queued", Tone.FAINT)
        case Status.DISPATCHED:
            return ("sent", Tone.FAINT)
        case Status.IN_PROGRESS:
            return ("working", Tone.ACCENT)
        case Status.INPUT_REQUIRED:
            return ("? needs input", Tone.WARN)
        case Status.STUCK:
            return (f"! stuck {facts.age(row.last_activity_at)}", Tone.ALARM)
        case Status.CANCELING:
            return ("canceling…", Tone.WARN)
        case Status.COMPLETED:
            return ("✓ completed", Tone.GOOD)
        case Status.FAILED:
            return ("✗ failed", Tone.BAD)
        case Status.CANCELED:
            return ("⊘ canceled", Tone.FAINT)


def headline(text: str) -> str:
    """A text of several lines as one: without the marks of headings, blank lines and runs of blanks."""
    lines = (" ".join(line.split()).lstrip("#").lstrip() for line in text[:_LAST_LINE_REACH].split("\n"))
    return one_line("\n".join(line for line in lines if line))


def outcome(row: Row) -> Spans:
    """How a finished delegation ended: its result, or the reason there is none."""
    match row.status:
        case Status.COMPLETED:
            return (("✓ ", Tone.GOOD), (headline(row.result_preview or "") or "done, no text", Tone.PLAIN))
        case Status.FAILED:
            return (("✗ ", Tone.BAD), (headline(row.error or "") or "failed, no reason given", Tone.BAD))
        case _:
            return (("⊘ ", Tone.FAINT), (headline(row.status_message or "") or "canceled", Tone.FAINT))


def took(row: Row) -> str:
    return exact((row.finished_at or row.updated_at) - row.created_at)


def _target(row: Row, facts: Facts, width: int) -> Spans:
    return ((one_line(facts.name_of(row.target_id)), Tone.PLAIN),)


def _task(row: Row, facts: Facts, width: int) -> Spans:
    task = (one_line(row.task_preview), Tone.PLAIN)
    # A row that waits has no column of its status: what was just asked of it stands before its task.
    note = facts.notes.get(row.delegation_id) if row.status in WAITING else None
    return ((f"{one_line(note.text)} ", Tone.WARN), task) if note else (task,)


def _age(row: Row, facts: Facts, width: int) -> Spans:
    return ((facts.age(row.created_at), Tone.FAINT),)


def _priority(row: Row, facts: Facts, width: int) -> Spans:
    return ((str(row.priority), Tone.PLAIN if row.priority >= 100 else Tone.FAINT),)


def _attempts(row: Row, facts: Facts, width: int) -> Spans:
    return ((str(row.attempt) if row.attempt else "–", Tone.WARN if row.attempt > 1 else Tone.FAINT),)


def _progress(row: Row, facts: Facts, width: int) -> Spans:
    percent = row.progress_percent
    if row.status is not Status.IN_PROGRESS or percent is None or row.delegation_id in facts.notes:
        return (standing(row, facts),)
    number = f"{percent:3.0f}%"
    return (*bar(percent, width - len(number) - 1), (" " + number, Tone.PLAIN))


def _sign_of_life(row: Row, facts: Facts, width: int) -> Spans:
    return ((facts.age(row.last_activity_at), Tone.BAD if row.status is Status.STUCK else Tone.FAINT),)


def _output(row: Row, facts: Facts, width: int) -> Spans:
    if row.status is Status.INPUT_REQUIRED and row.status_message:
        return ((one_line(row.status_message), Tone.WARN),)
    return ((one_line(last_line(row.progress) or row.status_message or ""), Tone.FAINT),)


def _outcome(row: Row, facts: Facts, width: int) -> Spans:
    return outcome(row)


def _took(row: Row, facts: Facts, width: int) -> Spans:
    return ((took(row), Tone.FAINT),)


def _finished(row: Row, facts: Facts, width: int) -> Spans:
    return ((facts.age(row.finished_at or row.updated_at), Tone.FAINT),)


_TARGET = Column("target", "target", _target, width=10, grow=1, most=18)
_TASK = Column("task", "task", _task, width=18, grow=3)

COLUMNS: Final[Mapping[Group, tuple[Column, ...]]] = {
    Group.QUEUED: (
        _TARGET,
        _TASK,
        Column("age", "age", _age, width=4, right=True),
        Column("priority", "prio", _priority, width=5, right=True, shed=1),
        Column("attempts", "tries", _attempts, width=6, right=True, shed=2),
    ),
    Group.IN_PROGRESS: (
        _TARGET,
        replace(_TASK, grow=4),
        Column("progress", "progress", _progress, width=13, grow=1, most=22),
        Column("last", "last", _sign_of_life, width=5, right=True, shed=1),
        Column("elapsed", "for", _age, width=4, right=True),
        Column("output", "output", _output, width=20, grow=3, shed=2),
    ),
    Group.COMPLETED: (
        _TARGET,
        replace(_TASK, grow=2),
        Column("result", "result", _outcome, width=16, grow=4),
        Column("took", "took", _took, width=7, right=True),
        Column("finished", "ago", _finished, width=4, right=True, shed=1),
    ),
}
"""The columns of each table, in the order they are drawn and sorted by."""
