"""One agent in full, as lines: what is known of its workspace, and what its card says. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headway.a2a.card import AgentCard
from headway.core.api import Workspace
from headway.dashboard.agent_columns import UNKNOWN, AgentRow, errors, status_span
from headway.dashboard.cells import one_line, wrap
from headway.dashboard.columns import Facts, Span, Spans, Tone
from headway.dashboard.durations import exact

_LABEL: Final = 11
_MOST_SKILLS: Final = 30


def detail_lines(row: AgentRow, facts: Facts, width: int) -> list[Spans]:
    """The lines, none wider than `width` cells."""
    return [*_workspace(row.workspace, facts, width), *_card(row, width)]


def _workspace(workspace: Workspace, facts: Facts, width: int) -> Iterator[Spans]:
    yield (status_span(workspace),)
    if workspace.last_sample_error:
        yield from _wrapped("", workspace.last_sample_error, width, Tone.WARN)
    yield ()
    beat, up = workspace.last_heartbeat_at, workspace.uptime_seconds
    yield from _wrapped("slots", f"{workspace.active_tasks} of {workspace.max_concurrent_tasks} in use", width)
    yield from _wrapped("queue", f"{workspace.queue_depth:,} wait", width)
    yield from _wrapped("works on", workspace.current_task or UNKNOWN, width)
    yield from _wrapped("heartbeat", UNKNOWN if beat is None else f"{facts.age(beat)} ago", width)
    yield from _wrapped("uptime", UNKNOWN if up is None else exact(up * 1000), width)
    yield from _wrapped("errors", errors(workspace), width)
    if workspace.runtime_state:
        yield from _wrapped("runtime", workspace.runtime_state, width)
    yield from _wrapped("role", workspace.role or UNKNOWN, width)
    yield from _wrapped("url", workspace.url or UNKNOWN, width)
    yield from _wrapped("id", workspace.id, width)


def _card(row: AgentRow, width: int) -> Iterator[Spans]:
    yield ()
    card = row.card
    if card is None:
        yield (("no card was read of it yet", Tone.FAINT),)
        return
    yield (("Its card", Tone.ACCENT),)
    yield from _wrapped("name", card.name or UNKNOWN, width)
    yield from _wrapped("version", card.version or UNKNOWN, width)
    yield from _wrapped("speaks", row.dialect, width)
    yield from _wrapped("streams", _said(card), width)
    yield from _wrapped("about", card.description or UNKNOWN, width)
    for number, skill in enumerate(card.skills[:_MOST_SKILLS]):
        yield from _wrapped("skills" if not number else "", skill, width)
    if len(card.skills) > _MOST_SKILLS:
        yield from _wrapped("", f"and {len(card.skills) - _MOST_SKILLS} more", width, Tone.FAINT)


def _said(card: AgentCard) -> str:
    return UNKNOWN if card.streaming is None else "yes" if card.streaming else "no"


def _wrapped(label: str, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Spans]:
    """A label and its text, which goes on below itself."""
    head: Span = (label.ljust(_LABEL), Tone.FAINT)
    for number, line in enumerate(wrap(text, max(2, width - _LABEL))):
        yield (head if not number else (" " * _LABEL, Tone.FAINT), (one_line(line), tone))
