"""P8: durable transitions of delegations, 50 in flight, against aiosqlite that commits each.

A transition is what an agent's progress does: the row moves on and its event is stored, both or neither, on the disk
(synchronous FULL) before the caller goes on. Ours is `Ledger.append` with all its rules; the naive side is what a good
engineer writes first: one connection, `UPDATE`, `INSERT`, `commit`. The slow disk is a wait of one millisecond before
each commit, on both sides. The sides take turns; each figure is the median of its rounds. `--quick` is one short round.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

import aiosqlite
from _measure import print_bar
from headway.ledger.ledger import Ledger
from headway.ledger.records import NewDelegation, Observation
from headway.net.clock import SystemClock

IN_FLIGHT: Final = 50
WARM_UP: Final = 500
ROUNDS: Final = 5
SLOW_SYNC: Final = 0.001
"""Seconds that each commit takes longer on the slow disk."""
TASK: Final = "Read the filings of the last three years and list what changed between them, quarter by quarter. " * 2

Move = Callable[[int, int], Awaitable[None]]
"""Moves one of the delegations on, to a step."""


@asynccontextmanager
async def ours(path: Path, sync: float) -> AsyncGenerator[Move]:
    never = threading.Event()
    async with Ledger.open(
        path / "ours.db",
        clock=SystemClock(),
        new_id=lambda: str(uuid.uuid4()),
        before_commit=(lambda: never.wait(sync) and None) if sync else None,
    ) as ledger:
        for _ in range(IN_FLIGHT):
            await ledger.delegate(NewDelegation("source", "target", TASK))
        held = [one.delegation.delegation_id for one in await ledger.claim("target", IN_FLIGHT)]

        async def move(number: int, step: int) -> None:
            await ledger.append(held[number], 1, Observation(status_message=f"step {step}"))

        yield move


_TABLES: Final = """
CREATE TABLE delegations (
    id TEXT PRIMARY KEY, source_id TEXT, target_id TEXT, task TEXT, status TEXT, status_message TEXT, updated_at INTEGER
);
CREATE INDEX by_status ON delegations (status, updated_at);
CREATE INDEX by_target ON delegations (target_id, updated_at);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, delegation_id TEXT, type TEXT, timestamp INTEGER, data TEXT
);
CREATE INDEX by_delegation ON events (delegation_id);
"""


@asynccontextmanager
async def naive(path: Path, sync: float, ended: int = 0) -> AsyncGenerator[Move]:
    """`ended` delegations are there already, each with an event."""
    async with aiosqlite.connect(path / "naive.db") as db:
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA synchronous = FULL")
        await db.executescript(_TABLES)
        await db.executemany(
            "INSERT INTO delegations VALUES (?, 'source', 'target', ?, 'completed', NULL, ?)",
            ((str(uuid.uuid4()), TASK, at) for at in range(ended)),
        )
        await db.execute(
            "INSERT INTO events (delegation_id, type, timestamp, data)"
            " SELECT id, 'DELEGATION_COMPLETE', updated_at, '{}' FROM delegations"
        )
        held = [str(uuid.uuid4()) for _ in range(IN_FLIGHT)]
        rows = [(one, "source", "target", TASK, "dispatched", None, 0) for one in held]
        await db.executemany("INSERT INTO delegations VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        await db.commit()
        transaction = asyncio.Lock()

        async def move(number: int, step: int) -> None:
            now, said = int(time.time() * 1e3), f"step {step}"
            data = json.dumps({"delegation_id": held[number], "status": "in_progress", "status_message": said})
            async with transaction:
                await db.execute(
                    "UPDATE delegations SET status = ?, status_message = ?, updated_at = ? WHERE id = ?",
                    ("in_progress", said, now, held[number]),
                )
                await db.execute(
                    "INSERT INTO events (delegation_id, type, timestamp, data) VALUES (?, ?, ?, ?)",
                    (held[number], "DELEGATION_STATUS", now, data),
                )
                if sync:
                    await asyncio.sleep(sync)
                await db.commit()

        yield move


async def rate(move: Move, transitions: int) -> float:
    """Transitions a second, `IN_FLIGHT` at a time."""

    async def one(number: int) -> None:
        for step in range(transitions // IN_FLIGHT):
            await move(number, step)

    begun = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(IN_FLIGHT)))
    return transitions / (time.perf_counter() - begun)


async def compare(
    what: str, *, sync: float, at_least: float, transitions: tuple[int, int], rounds: int = ROUNDS
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with ours(Path(folder), sync) as our_move, naive(Path(folder), sync) as naive_move:
            sides = list(zip((our_move, naive_move), transitions, strict=True))
            for move, _ in sides:
                await rate(move, WARM_UP)
            figures = [[await rate(move, count) for move, count in sides] for _ in range(rounds)]
    our_rate, naive_rate = (median(column) for column in zip(*figures, strict=True))
    print_bar(
        "P8",
        what,
        ours=f"{our_rate:,.0f}/s",
        peer=f"{naive_rate:,.0f}/s",
        ratio=our_rate / naive_rate,
        at_least=at_least,
    )


async def main(*, quick: bool) -> None:
    rounds, sizes = (1, (5_000, 500)) if quick else (ROUNDS, (10_000, 2_000))
    await compare("durable transitions, 50 in flight", sync=0.0, at_least=5, transitions=sizes, rounds=rounds)
    await compare("the same with a sync of 1 ms", sync=SLOW_SYNC, at_least=20, transitions=(10_000, 500), rounds=rounds)


if __name__ == "__main__":
    asyncio.run(main(quick="--quick" in sys.argv))
