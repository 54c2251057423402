"""What the line on top says: platform, link in words, age of the data, agents and totals. Pure."""

from __future__ import annotations

from typing import Final

from headway.core.api import OFFLINE, OPERATOR
from headway.core.delegation import RUNNING, WAITING, Status
from headway.dashboard.cells import one_line
from headway.dashboard.columns import Span, Spans, Tone
from headway.dashboard.durations import coarse
from headway.dashboard.link import (
    CatchingUp,
    Connecting,
    LinkState,
    Live,
    NeedsToken,
    Reconnecting,
    Replaying,
    Resynced,
)
from headway.dashboard.store import Store

SILENT_AFTER: Final = 25.0
"""Seconds without a word on an open link after which it is not called live; a platform says something every 15."""


def link_spans(
    title: str, address: str, link: LinkState, data_age: float | None, now: float, *, read_only: bool = False
) -> list[Span]:
    """Where this is, whether it may act, and how the link stands; how old the data is, where it is not live."""
    symbol, tone = _sign(link)
    spans: list[Span] = [("headway", Tone.ACCENT), (f"  {one_line(title or address)}  ", Tone.PLAIN)]
    if read_only:
        spans.append(("read-only  ", Tone.WARN))
    is_open = isinstance(link, (Live, Resynced))
    if is_open and data_age is not None and data_age > SILENT_AFTER:
        is_open, symbol, tone, words = False, "○", Tone.WARN, "silent"
    else:
        words = one_line(link.words(now))
    spans.append((f"{symbol} {words}", tone))
    if data_age is not None and not is_open and not isinstance(link, Replaying):
        spans.append((f"  data {coarse(round(data_age * 1000))} old", Tone.FAINT))
    return spans


def _sign(link: LinkState) -> Span:
    match link:
        case Live() | Resynced():
            return ("●", Tone.GOOD)
        case Connecting() | CatchingUp():
            return ("◌", Tone.FAINT)
        case Reconnecting():
            return ("○", Tone.WARN)
        case Replaying():
            return ("▸", Tone.ACCENT)
        case NeedsToken():
            return ("✗", Tone.BAD)


def total_spans(store: Store, marked: int = 0) -> list[Spans]:
    """Agents and totals, the least important first; marks and the stuck last, as nothing may push them out."""
    agents = [one for one in store.workspaces.values() if one.role != OPERATOR]
    offline = sum(one.status == OFFLINE for one in agents)
    totals = store.totals
    queued = sum(totals[status] for status in WAITING)
    running = sum(totals[status] for status in RUNNING)
    done, failed, canceled = (totals[one] for one in (Status.COMPLETED, Status.FAILED, Status.CANCELED))
    stuck, asking = totals[Status.STUCK], totals[Status.INPUT_REQUIRED]
    parts: list[Spans] = [
        (
            (f"agents {len(agents):,}", Tone.FAINT),
            *([(f" ({offline:,} offline)", Tone.WARN)] if offline else []),
        ),
        (
            (f"done {done + failed + canceled:,}", Tone.FAINT),
            *([(f" ({failed:,} failed)", Tone.FAINT)] if failed else []),
        ),
        ((f"queued {queued:,}", Tone.FAINT),),
        ((f"running {running:,}", Tone.PLAIN),),
    ]
    if asking:
        parts.append(((f"? input {asking:,}", Tone.WARN),))
    if marked:
        parts.append(((f"◆ {marked:,} marked", Tone.ACCENT),))
    if stuck:
        parts.append(((f"! stuck {stuck:,}", Tone.ALARM),))
    return parts
