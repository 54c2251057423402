"""What the events screen shows of an event: its columns, what can be asked of it, and the whole of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from headway.connectors.recording import envelope
from headway.core.event_words import words_of
from headway.core.events import Event
from headway.core.timestamps import to_rfc3339
from headway.dashboard.cells import one_line, wrap
from headway.dashboard.columns import Column, Facts, Spans, Tone
from headway.dashboard.filters import Language, Test

MOST_JSON: Final = 200_000
"""Characters of an event's JSON that are shown."""
_MOST_LINES: Final = 20_000
_REACH: Final = 1_000
"""Characters of a text that are looked at for a line of it."""


def subject(event: Event, facts: Facts) -> str:
    """Which delegation it is about, or whose it is."""
    payload = event.payload
    delegation_id = getattr(payload, "delegation_id", None)
    workspace_id = getattr(payload, "target_id", None) or getattr(payload, "workspace_id", None)
    who = facts.name_of(workspace_id) if isinstance(workspace_id, str) else ""
    return f"{delegation_id[:4]} {who}" if isinstance(delegation_id, str) else who


def says(event: Event) -> str:
    """The words of it that say most."""
    said = words_of(event)[:_REACH]
    status = getattr(event.payload, "status", None)
    if not isinstance(status, str):
        return said
    return status.replace("_", " ") + (f"  {said}" if said != status else "")


def _time(event: Event, facts: Facts, width: int) -> Spans:
    return ((to_rfc3339(event.timestamp)[11:19], Tone.FAINT),)


def _seq(event: Event, facts: Facts, width: int) -> Spans:
    return ((str(event.seq) if event.seq else "–", Tone.FAINT),)


def _type(event: Event, facts: Facts, width: int) -> Spans:
    word = event.type
    tone = Tone.BAD if "FAILED" in word else Tone.GOOD if "COMPLETE" in word else Tone.PLAIN
    return ((one_line(word), tone),)


def _subject(event: Event, facts: Facts, width: int) -> Spans:
    return ((one_line(subject(event, facts)), Tone.PLAIN),)


def _says(event: Event, facts: Facts, width: int) -> Spans:
    return ((one_line(says(event)), Tone.FAINT),)


COLUMNS: Final = (
    Column("time", "UTC", _time, width=8),
    Column("seq", "seq", _seq, width=7, right=True, shed=1),
    Column("type", "type", _type, width=20),
    Column("subject", "of", _subject, width=12, grow=1, most=24),
    Column("says", "says", _says, width=16, grow=5, shed=2),
)


def json_lines(event: Event, width: int) -> list[Spans]:
    """The whole event as JSON, in lines of at most `width` cells, cut where it is very long."""
    text = json.dumps({"seq": event.seq, **envelope(event)}, indent=2, ensure_ascii=False)
    cut = len(text) > MOST_JSON
    lines: list[Spans] = [
        ((one_line(line), Tone.PLAIN),) for line in islice(wrap(text[:MOST_JSON], width), _MOST_LINES)
    ]
    if cut or len(lines) == _MOST_LINES:
        lines.append(((f"… [cut: {len(text):,} characters]", Tone.FAINT),))
    return lines


def _word(word: str) -> Test:
    needle = word.casefold()

    def test(event: Event, facts: Facts) -> bool:
        return any(needle in text.casefold() for text in (event.type, subject(event, facts), says(event)))

    return test


def _field(read: Callable[[Event, Facts], str]) -> Callable[[Sequence[str]], Test]:
    def maker(values: Sequence[str]) -> Test:
        needles = [value.casefold() for value in values]
        return lambda event, facts: any(needle in read(event, facts).casefold() for needle in needles)

    return maker


def _starts(values: Sequence[str]) -> Test:
    prefixes = tuple(value.casefold() for value in values)
    return lambda event, facts: str(getattr(event.payload, "delegation_id", "")).casefold().startswith(prefixes)


LANGUAGE: Final = Language(
    _word,
    {
        "type": _field(lambda event, facts: event.type),
        "of": _field(subject),
        "status": _field(lambda event, facts: str(getattr(event.payload, "status", None) or "")),
        "id": _starts,
    },
)
"""What a filter of events can ask for."""
