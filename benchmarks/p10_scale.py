"""P10: a ledger of a million delegations beside one of a thousand: lists, searches, snapshot, start, dispatch, cancel.

What has ended is written straight into the tables of a new ledger, its texts indexed; a thousand that have not ended
are handed over as always, in both. Lists are asked of the ledger as the API asks them, one after the other, from
places all over it; beside each figure is the CPU time of the slowest hundredth, which is the same on a busy machine.
Start is the opening of everything that must be there before a platform listens. Dispatch and cancel are durable
writes, one after the other, in both ledgers in turn. The folder is removed afterwards. An argument is the number of
delegations, for a quick look.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from statistics import median
from typing import Any, Final

from _measure import percentile, print_bar, print_limit
from headway.core.delegation import Status
from headway.ledger.ledger import Ledger
from headway.ledger.records import NewDelegation, NewWorkspace, Retention
from headway.net.clock import SystemClock
from headway.net.guard import Guard
from headway.platform.folder import DataFolder
from headway.platform.platform import Platform
from headway.platform.settings import Settings

MANY: Final = 1_000_000
FEW: Final = 1_000
TARGETS: Final = 20
ACTIVE: Final = 1_000
"""Delegations that have not ended, in each of the two; what is active is not what grows."""
ASKED: Final = 200
WRITES: Final = 300
PAIRS: Final = 5
_WORDS: Final = [
    *("read", "filings", "last", "three", "years", "list", "changed", "between", "quarter", "review", "parser"),
    *("deploy", "archive", "invoice", "customer", "error", "retry", "plan", "scrape", "summary", "report"),
    *("server", "agent", "code", "write", "tests", "find", "every", "broken", "link", "translate", "the", "of"),
]


def _open(path: Path) -> Any:
    return Ledger.open(path, clock=SystemClock(), new_id=lambda: str(uuid.uuid4()))


async def found(path: Path) -> list[str]:
    """Make an empty ledger with workspaces; their ids."""
    async with _open(path) as ledger:
        made = [await ledger.add_workspace(NewWorkspace(f"agent {number}")) for number in range(TARGETS)]
    return [one.id for one in made]


def fill(path: Path, many: int, parties: list[str], rng: random.Random) -> None:
    """Write so many that have ended, a second apart, and index their texts. Their events are no longer kept."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA cache_size = -262144")
        indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        now, texts = SystemClock().now_ms(), [" ".join(rng.choices(_WORDS, k=12)) for _ in range(5_000)]
        first = db.execute("SELECT head_seq FROM meta").fetchone()[0] + 1

        def rows() -> Iterator[tuple[Any, ...]]:
            for number in range(many):
                at = now - (many - number) * 1_000
                made = str(uuid.UUID(int=rng.getrandbits(128), version=4))
                task, failed = f"{rng.choice(texts)} {number:07d}", number % 5 == 0
                outcome = (None, "the agent gave no answer") if failed else (f"done: {rng.choice(texts)}", None)
                source, target = rng.choice(parties), rng.choice(parties)
                status = Status.FAILED if failed else Status.COMPLETED
                yield (first + number, made, source, target, status.value, at, task, *outcome)

        db.execute(
            "CREATE TEMP TABLE made (id INTEGER PRIMARY KEY, did, source, target, status, at, task, result, error)"
        )
        db.executemany("INSERT INTO made VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows())
        db.execute(
            "INSERT INTO delegations (id, delegation_id, source_id, target_id, status, priority, attempt, created_at,"
            " updated_at, last_activity_at, seq, recorded, task_preview, result_preview, error, finished_at,"
            " context_id, progress_start, progress_end, progress_chunk, searched)"
            " SELECT id, did, source, target, status, 50, 1, at, at, at, id, 0, task, result, error, at,"
            " did, 0, 0, 0, 1"
            " FROM made ORDER BY id"
        )
        db.execute("INSERT INTO bodies (id, task, result) SELECT id, task, result FROM made ORDER BY id")
        db.execute(
            "INSERT INTO texts (rowid, text)"
            " SELECT id, task || char(10) || coalesce(result, error) FROM made ORDER BY id"
        )
        db.execute("INSERT INTO counters SELECT status, count(*) FROM made GROUP BY status")
        db.execute("UPDATE meta SET head_seq = head_seq + ?", (many,))
        db.execute("DELETE FROM events")
        db.execute("UPDATE meta SET lowest_seq = head_seq + 1, event_bytes = 0")
        for _, sql in indexes:
            db.execute(sql)


async def keep_busy(ledger: Ledger, parties: list[str], rng: random.Random) -> None:
    """Hand over what is active in both ledgers, a half of it dispatched."""

    async def hand_over(number: int) -> None:
        await ledger.delegate(NewDelegation(rng.choice(parties), rng.choice(parties), f"{rng.choice(_WORDS)} {number}"))

    await asyncio.gather(*(hand_over(number) for number in range(ACTIVE)))
    for party in parties:
        await ledger.claim(party, ACTIVE // TARGETS // 2)


async def seconds(work: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """On the wall, and of the processor."""
    begun, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - begun, time.process_time() - cpu


def questions(parties: list[str], many: int, rng: random.Random) -> dict[str, Callable[[Ledger], Awaitable[Any]]]:
    """The lists that the API gives, each asked anew each time."""

    def before() -> str | None:
        return rng.choice([None, f"@{rng.randrange(1, many)}"])

    return {
        "records": lambda ledger: ledger.records(before=before()),
        "records by status": lambda ledger: ledger.records(status=rng.choice(list(Status)), before=before()),
        "list of a source": lambda ledger: ledger.list_(source_id=rng.choice(parties), before=before()),
        "list of a target by status": lambda ledger: ledger.list_(
            target_id=rng.choice(parties), status=rng.choice(list(Status)), before=before()
        ),
        "search: a word of many": lambda ledger: ledger.records(search=rng.choice(_WORDS), before=before()),
        "search: one delegation": lambda ledger: ledger.records(search=f"{rng.randrange(many):07d}"),
        "search: what is nowhere": lambda ledger: ledger.records(search="needle in the haystack"),
        "search: common, together nowhere": lambda ledger: ledger.records(search="servering"),
        "search: two characters": lambda ledger: ledger.records(search="zz", before=before()),
        "search: a workspace": lambda ledger: ledger.records(search="agent 1", before=before()),
        "search: part of an id": lambda ledger: ledger.records(search=f"{rng.getrandbits(16):04x}"),
    }


async def start(folder: Path, clock: SystemClock) -> float:
    """Seconds until everything that a platform needs before it listens is there."""
    begun = time.perf_counter()
    async with Platform.open(
        DataFolder(folder),
        clock=clock,
        new_id=lambda: str(uuid.uuid4()),
        rng=random.Random(1),  # noqa: S311 - jitter
        settings=Settings(retention=Retention(finished=None, finished_ms=None)),
        guard=Guard(()),
    ):
        return time.perf_counter() - begun


async def write(ledger: Ledger, parties: list[str], rng: random.Random) -> tuple[float, float]:
    """The median seconds of a dispatch and of a cancel, one after the other."""
    dispatches, cancels = [], []
    for _ in range(WRITES):
        new = NewDelegation(rng.choice(parties), rng.choice(parties), "a task that is canceled at once")
        begun = time.perf_counter()
        made = await ledger.delegate(new)
        between = time.perf_counter()
        await ledger.request_cancel(made.delegation.delegation_id)
        dispatches.append(between - begun)
        cancels.append(time.perf_counter() - between)
    return median(dispatches), median(cancels)


async def main(many: int) -> None:
    with tempfile.TemporaryDirectory(prefix="headway-scale-") as folder:
        rng, clock = random.Random(10), SystemClock()  # noqa: S311 - made-up data
        places = {count: Path(folder) / str(count) / DataFolder(Path()).ledger.name for count in (FEW, many)}
        parties = {}
        for count, path in places.items():
            path.parent.mkdir()
            parties[count] = await found(path)
            fill(path, count, parties[count], rng)
        ratios = await compare_writes(places, parties, many, rng)
        for what, (ours, few) in ratios.items():
            print_bar(
                "P10",
                f"{what} among {many:,}",
                ours=f"{ours * 1e6:,.0f} µs",
                peer=f"{few * 1e6:,.0f} µs",
                ratio=ours / few,
                at_most=1.3,
                peer_name=f"among {FEW:,}",
            )
        async with _open(places[many]) as ledger:
            for what, ask in questions(parties[many], many, rng).items():
                taken = [await seconds(lambda ask=ask: ask(ledger)) for _ in range(ASKED)]  # type: ignore[misc]
                times, cpu = zip(*taken, strict=True)
                more = f" (median {median(times) * 1e3:.1f} ms, CPU p99 {percentile(cpu, 99) * 1e3:.1f} ms)"
                say(f"{what}, p99", percentile(times, 99), 0.02, more)
            times, cpu = zip(*[await seconds(ledger.snapshot) for _ in range(11)], strict=True)
            say("snapshot, median", median(times), 0.3, f" (CPU {median(cpu) * 1e3:.1f} ms)")
        say("start", median([await start(places[many].parent, clock) for _ in range(3)]), 3)


async def compare_writes(
    places: dict[int, Path], parties: dict[int, list[str]], many: int, rng: random.Random
) -> dict[str, tuple[float, float]]:
    """Medians of dispatch and cancel in the big ledger and in the small one, which take turns."""
    async with AsyncExitStack() as stack:
        ledgers = {count: await stack.enter_async_context(_open(path)) for count, path in places.items()}
        for count, ledger in ledgers.items():
            await keep_busy(ledger, parties[count], rng)
            await write(ledger, parties[count], rng)
        taken: dict[int, list[tuple[float, float]]] = {count: [] for count in ledgers}
        for _ in range(PAIRS):
            for count, ledger in ledgers.items():
                taken[count].append(await write(ledger, parties[count], rng))
    medians = {count: [median(column) for column in zip(*rounds, strict=True)] for count, rounds in taken.items()}
    return {what: (medians[many][at], medians[FEW][at]) for at, what in enumerate(("dispatch", "cancel"))}


def say(what: str, took: float, limit: float, more: str = "") -> None:
    print_limit("P10", what, ours=f"{took * 1e3:,.1f} ms{more}", limit=f"< {limit * 1e3:g} ms", met=took < limit)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
