"""What is to say about one delegation: its facts, its timeline and its texts, as lines of toned text. No Textual."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rich.cells import cell_len

from headway.core.delegation import Delegation, Row, Status
from headway.core.events import Canceled, Completed, Event, Failed, Sent, StatusChanged
from headway.core.text import preview
from headway.core.timestamps import to_rfc3339
from headway.dashboard.cells import one_line, wrap
from headway.dashboard.columns import Facts, Span, Spans, Tone, standing, took
from headway.dashboard.durations import exact, spelled

NAME_WIDTH: Final = 12
SIDE_BY_SIDE: Final = 100
"""Cells from which facts and timeline stand beside each other."""
_GAP: Final = 3
_GLIMPSE: Final = 200
"""Characters of task and result that the overview shows."""
_GLIMPSE_LINES: Final = 4


class Part(StrEnum):
    """What of a delegation can be copied, or read in a pager."""

    ID = "id"
    RESULT = "result"
    TASK = "task"
    ERROR = "error"
    OUTPUT = "output"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Looked:
    """One delegation as it is known now: its row, and what was fetched of it. `gone` where the board has let it go."""

    row: Row
    record: Delegation | None = None
    events: Sequence[Event] = field(default=())
    gone: bool = False

    @property
    def task(self) -> str:
        return self.record.task if self.record else self.row.task_preview

    @property
    def result(self) -> str | None:
        """The result, whole where it was fetched; None where there is none."""
        if self.record and self.record.result is not None:
            return self.record.result
        return self.row.result_preview

    @property
    def error(self) -> str | None:
        return self.row.error

    def part(self, part: Part) -> str | None:
        """The text of a part; None where there is none."""
        match part:
            case Part.ID:
                return self.row.delegation_id
            case Part.RESULT:
                return self.result
            case Part.TASK:
                return self.task
            case Part.ERROR:
                return self.error
            case Part.OUTPUT:
                return self.row.progress.text or None
            case Part.JSON:
                return as_json(self)

    @property
    def is_whole(self) -> bool:
        """Whether the record says what the row has come to."""
        return self.record is not None and self.record.status is self.row.status


def overview(looked: Looked, facts: Facts, width: int) -> list[Spans]:
    """Facts and timeline: beside each other where it is wide, else one below the other."""
    if width < SIDE_BY_SIDE:
        return [*fact_lines(looked, facts, width), (), *timeline_lines(looked, facts, width)]
    left = (width - _GAP) * 9 // 20
    right = width - _GAP - left
    facts_lines, timeline = fact_lines(looked, facts, left), timeline_lines(looked, facts, right)
    lines: list[Spans] = []
    for at in range(max(len(facts_lines), len(timeline))):
        beside = timeline[at] if at < len(timeline) else ()
        lines.append((*_padded(facts_lines[at] if at < len(facts_lines) else (), left + _GAP), *beside))
    return lines


def fact_lines(looked: Looked, facts: Facts, width: int) -> list[Spans]:
    """Everything there is to know, a name and a value each line; long values go on below."""
    lines: list[Spans] = []
    room = max(8, width - NAME_WIDTH)
    for name, text, tone in _facts(looked, facts):
        for number, line in enumerate(wrap(text, room)):
            lines.append(((f"{name if not number else '':<{NAME_WIDTH}}", Tone.FAINT), (line, tone)))
    return lines


def _facts(looked: Looked, facts: Facts) -> Iterator[tuple[str, str, Tone]]:
    row, record = looked.row, looked.record
    yield "id", row.delegation_id, Tone.PLAIN
    yield "status", *standing(row, facts)
    if looked.gone:
        yield "", "the platform keeps it no more; this is how it was last", Tone.WARN
    if row.progress_percent is not None and not row.status.is_terminal:
        yield "progress", f"{row.progress_percent:.0f}%", Tone.PLAIN
    if row.error:
        yield "error", row.error, Tone.BAD
    if row.status_message and row.status not in (Status.COMPLETED, Status.FAILED):
        asks = row.status is Status.INPUT_REQUIRED
        yield "asks" if asks else "message", row.status_message, Tone.WARN if asks else Tone.PLAIN
    yield "target", _party(row.target_id, facts), Tone.PLAIN
    yield "source", _party(row.source_id, facts), Tone.PLAIN
    yield "task", _glimpse(looked.task), Tone.PLAIN
    if looked.result:
        yield "result", _glimpse(looked.result), Tone.PLAIN
    yield "priority", str(row.priority), Tone.PLAIN
    yield "attempt", _attempts(row, record), Tone.PLAIN
    yield from _times(row, record, facts)
    if row.via:
        yield "via", row.via.value.replace("_", " "), Tone.PLAIN
    if row.recorded:
        yield "sent by", "its source itself; the platform keeps the record", Tone.PLAIN
    if record is None:
        yield "", "the whole record is not here yet", Tone.FAINT
        return
    if record.cancel_reason:
        yield "cancel for", record.cancel_reason, Tone.PLAIN
    for name, value in (
        ("retry of", record.retry_of),
        ("remote task", record.remote_task_id),
        ("context", record.context_id),
        ("dialect", record.dialect),
        ("queue id", record.queue_id),
        ("key", record.idempotency_key),
        ("trace", record.traceparent),
    ):
        if value:
            yield name, one_line(value), Tone.PLAIN


def _glimpse(text: str) -> str:
    """The first lines that say anything, `_GLIMPSE` characters of them at the most; a `…` where there is more."""
    begin = preview(text, _GLIMPSE)
    lines = [line.rstrip() for line in begin.split("\n") if line.strip()]
    more = len(begin) < len(text) or len(lines) > _GLIMPSE_LINES
    return "\n".join(lines[:_GLIMPSE_LINES]) + ("…" if more else "")


def _party(workspace_id: str, facts: Facts) -> str:
    name = one_line(facts.name_of(workspace_id))
    return name if name == workspace_id else f"{name}  {one_line(workspace_id)}"


def _attempts(row: Row, record: Delegation | None) -> str:
    said = str(row.attempt) if row.attempt else "not sent yet"
    if record and record.tries:
        said += f", {record.tries} deliver{'y' if record.tries == 1 else 'ies'} out of the queue failed"
    return said


def _times(row: Row, record: Delegation | None, facts: Facts) -> Iterator[tuple[str, str, Tone]]:
    for name, ms in (
        ("created", row.created_at),
        ("queued", record.queued_at if record else None),
        ("last sign", row.last_activity_at),
        ("canceling", record.cancel_requested_at if record else None),
    ):
        if ms is not None:
            yield name, f"{moment(ms)}  {_ago(facts.now_ms - ms)}", Tone.PLAIN
    if row.finished_at is not None:
        yield "finished", f"{moment(row.finished_at)}  {_ago(facts.now_ms - row.finished_at)}", Tone.PLAIN
        yield "took", took(row), Tone.PLAIN
    for name, ms in (("deadline", row.deadline), ("expires", row.expires_at)):
        if ms is not None:
            left = ms - facts.now_ms
            late = left <= 0 and not row.status.is_terminal
            said = f"in {spelled(left)}" if left > 0 else _ago(-left)
            yield name, f"{moment(ms)}  {said}", Tone.BAD if late else Tone.PLAIN


def _ago(ms: int) -> str:
    return f"{spelled(max(0, ms))} ago"


def moment(ms: int) -> str:
    """A time in UTC, to the second."""
    return to_rfc3339(ms)[:19].replace("T", " ") + "Z"


# The timeline


def timeline_lines(looked: Looked, facts: Facts, width: int) -> list[Spans]:
    """What happened, oldest first: when, how long after the beginning, in which attempt."""
    row = looked.row
    lines: list[Spans] = [(("timeline (UTC)", Tone.FAINT),)]
    attempt = 0
    for event in looked.events:
        now_in = getattr(event.payload, "attempt", attempt)
        number = f"#{now_in}" if now_in != attempt else ""
        attempt = now_in
        head = f"{to_rfc3339(event.timestamp)[11:19]}  {'+' + exact(event.timestamp - row.created_at):>9}  {number:<4}"
        (symbol, tone), said = _happened(event, facts)
        room = max(8, width - len(head) - 2)
        for at, line in enumerate(wrap(f"{symbol}{said}", room)):
            lines.append(((head if not at else " " * (len(head) + len(symbol)), Tone.FAINT), (line, tone)))
    if len(lines) == 1:
        lines.append((("no events known", Tone.FAINT),))
    return lines


def _happened(event: Event, facts: Facts) -> tuple[Span, str]:
    payload = event.payload
    match payload:
        case Sent():
            to, by = (one_line(facts.name_of(one)) for one in (payload.target_id, payload.source_id))
            return ("", Tone.PLAIN), f"handed over to {to} by {by}, priority {payload.priority}"
        case StatusChanged():
            symbol, tone = _STATUSES.get(payload.status, ("", Tone.PLAIN))
            message = f": {payload.status_message}" if payload.status_message else ""
            return (symbol, tone), f"{payload.status.value.replace('_', ' ')}{message}"
        case Completed():
            by_queue = " out of the queue" if payload.via and payload.via.value == "queue_drain" else ""
            return ("✓ ", Tone.GOOD), f"completed{by_queue}"
        case Failed():
            return ("✗ ", Tone.BAD), f"failed: {payload.error}"
        case Canceled():
            said = payload.status_message or (
                "the agent stopped" if payload.confirmed else "the agent did not confirm it"
            )
            return ("⊘ ", Tone.PLAIN), f"canceled: {said}"
        case _:
            return ("", Tone.FAINT), one_line(event.type)


_STATUSES: Final = {
    Status.STUCK: ("! ", Tone.ALARM),
    Status.INPUT_REQUIRED: ("? ", Tone.WARN),
    Status.CANCELING: ("", Tone.WARN),
    Status.IN_PROGRESS: ("", Tone.ACCENT),
}


# Texts


def as_json(looked: Looked) -> str:
    """The whole record as JSON; of one that could not be fetched, what the row says."""
    if looked.record is not None:
        shown = looked.record.model_dump(mode="json")
    else:
        shown = {
            "delegation_id": looked.row.delegation_id,
            "source_id": looked.row.source_id,
            "target_id": looked.row.target_id,
            "status": looked.row.status.value,
        }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def ending_lines(looked: Looked, width: int) -> list[Spans]:
    """What stands below the output: the question, or how it ended."""
    row = looked.row
    if row.status is Status.INPUT_REQUIRED:
        asked = row.status_message or "The agent asks for input and says no more."
        return [(), *_marked("? ", asked, Tone.WARN, width)]
    match row.status:
        case Status.COMPLETED:
            said = f"completed in {took(row)}" + ("" if looked.result else ", without a result")
            return [(), (("✓ ", Tone.GOOD), (said, Tone.GOOD))]
        case Status.FAILED:
            return [(), *_marked("✗ ", row.error or "failed, no reason given", Tone.BAD, width)]
        case Status.CANCELED:
            return [(), *_marked("⊘ ", row.status_message or "canceled", Tone.FAINT, width)]
        case _:
            return []


def _marked(sign: str, text: str, tone: Tone, width: int) -> list[Spans]:
    lines = wrap(text, max(2, width - 2))
    return [((sign if not number else "  ", tone), (line, tone)) for number, line in enumerate(lines)]


def _padded(spans: Iterable[Span], width: int) -> Spans:
    kept = tuple(spans)
    used = sum(cell_len(text) for text, _ in kept)
    return (*kept, (" " * max(0, width - used), Tone.PLAIN))
