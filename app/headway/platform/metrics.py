"""What `GET /metrics` says, in Prometheus' text format 0.0.4 (spec: platform-api)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import headway
from headway.ledger.commits import BOUNDS, CommitFigures
from headway.ledger.records import Figures
from headway.platform.platform import Platform

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
QUEUES: Final = 100
"""Workspaces whose queue has a line of its own, the deepest first; the others share one."""
OTHERS: Final = "_others"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its samples: the suffix of the name, the labels and the value of each."""

    name: str
    kind: str
    help: str
    samples: Iterable[tuple[str, Mapping[str, str], float]]

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.kind}"
        for suffix, labels, value in self.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{suffix}{{{pairs}}} {value!r}" if pairs else f"{self.name}{suffix} {value!r}"


async def exposition(platform: Platform) -> str:
    """Every metric, read now. Raises LedgerUnavailable."""
    figures = await platform.ledger.figures()
    families = (*_service(platform), *_ledger(figures, platform.ledger.commits), *_streams(platform))
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _service(platform: Platform) -> Iterator[Family]:
    yield _one("headway_build_info", "The version that runs.", 1, version=headway.__version__)
    started = platform.started_ms / 1000
    yield _one("process_start_time_seconds", "When the platform was started, in Unix seconds.", started)
    yield _one("headway_in_flight", "Tasks that hold a slot of their agent.", platform.slots.total)


def _ledger(figures: Figures, commits: CommitFigures) -> Iterator[Family]:
    yield Family(
        "headway_delegations",
        "gauge",
        "Delegations that are kept, by status.",
        [("", {"status": status.value}, count) for status, count in figures.by_status.items()],
    )
    yield Family(
        "headway_queue_depth",
        "gauge",
        f"Delegations that wait for their agent, by its workspace; beyond {QUEUES} workspaces the rest is {OTHERS}.",
        [("", {"workspace": name}, count) for name, count in _deepest(figures.waiting)],
    )
    yield _one("headway_events_total", "Events ever stored; the seq of the newest.", figures.head, kind="counter")
    yield _one("headway_events_lowest_seq", "The lowest seq that is still kept.", figures.lowest)
    yield _histogram("headway_ledger_commit_duration_seconds", "How long commits took.", commits)
    yield _one(
        "headway_ledger_commit_failures_total", "Commits that failed; nothing of them was written.",
        commits.failed, kind="counter",
    )  # fmt: skip
    yield _one(
        "headway_ledger_operations_total", "Operations that were committed, many in one commit.",
        commits.operations, kind="counter",
    )  # fmt: skip


def _streams(platform: Platform) -> Iterator[Family]:
    ring = platform.ring
    yield _one("headway_event_streams", "Event streams that are open.", ring.readers)
    yield _one("headway_ring_bytes", "Encoded events held in memory for readers.", ring.size)
    yield _one("headway_ring_limit_bytes", "How many bytes of them are held at most.", platform.settings.ring_bytes)


def _one(name: str, help_: str, value: float, *, kind: str = "gauge", **labels: str) -> Family:
    return Family(name, kind, help_, [("", labels, value)])


def _histogram(name: str, help_: str, figures: CommitFigures) -> Family:
    bounds = [*map(repr, BOUNDS), "+Inf"]
    counts = [*figures.buckets, figures.count]
    buckets = [("_bucket", {"le": le}, count) for le, count in zip(bounds, counts, strict=True)]
    return Family(name, "histogram", help_, [*buckets, ("_sum", {}, figures.seconds), ("_count", {}, figures.count)])


def _deepest(waiting: Mapping[str, int]) -> list[tuple[str, int]]:
    ranked = sorted(waiting.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[QUEUES:])
    return [*ranked[:QUEUES], *([(OTHERS, rest)] if rest else [])]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
