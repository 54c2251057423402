"""Group commit: alone undone, together durable, in order; and what happens when the disk says no."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from headway.ledger import engines
from headway.ledger.errors import LedgerLocked, LedgerUnavailable, NotFound
from headway.ledger.ledger import Ledger
from headway.ledger.records import Failure, NewDelegation
from sqlalchemy.exc import OperationalError
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.ledger.records import StoredEvent

NEW = NewDelegation("s", "t", "task")


class Gate:
    """A disk that can be held up, and that can fail: called before each commit, in the writer's thread."""

    def __init__(self) -> None:
        self.commits = 0
        self.reached = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.failure: Exception | None = None

    def __call__(self) -> None:
        self.reached.set()
        assert self.free.wait(30)
        self.commits += 1
        if self.failure:
            raise self.failure

    async def close(self) -> None:
        """Hold the next commit up, and return when it is at the gate."""
        self.free.clear()
        self.reached.clear()

    async def until_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 30)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.free.set()


@pytest.fixture
async def gated(path: Path, clock: Clockwork, gate: Gate) -> object:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids(), before_commit=gate) as ledger:
        yield ledger


async def test_what_waits_shares_one_commit_and_one_failure_hurts_no_other(gated: Ledger, gate: Gate) -> None:
    heard: list[list[StoredEvent]] = []
    gated.subscribe(lambda events: heard.append(list(events)))
    await gate.close()
    first = asyncio.ensure_future(gated.delegate(NEW))
    await gate.until_reached()
    rest = [asyncio.ensure_future(gated.delegate(NEW)) for _ in range(20)]
    bad = asyncio.ensure_future(gated.settle("nothing", None, Failure("no")))
    half = asyncio.ensure_future(gated.update_workspace("nothing", {}))
    after = asyncio.ensure_future(gated.delegate(NEW))
    await asyncio.sleep(0)
    gate.free.set()
    made = [(await one).delegation for one in (first, *rest, after)]
    for failed in (bad, half):
        with pytest.raises(NotFound):
            await failed
    assert gate.commits == 2
    assert [one.seq for one in made] == list(range(1, 23))
    assert [len(group) for group in heard] == [1, 21]
    assert [event.seq for group in heard for event in group] == list(range(1, 23))


async def test_an_operation_that_fails_halfway_leaves_nothing(gated: Ledger, gate: Gate) -> None:
    """It has written rows, events and counters by the time it fails."""

    def halfway(transaction: object) -> None:
        from headway.ledger import sending

        sending.delegate(transaction, NEW)  # type: ignore[arg-type]
        raise ZeroDivisionError

    await gate.close()
    first = asyncio.ensure_future(gated.delegate(NEW))
    await gate.until_reached()
    broken = asyncio.ensure_future(gated._engine.write(halfway))
    last = asyncio.ensure_future(gated.delegate(NEW))
    await asyncio.sleep(0)
    gate.free.set()
    with pytest.raises(ZeroDivisionError):
        await broken
    await first
    assert (await last).delegation.seq == 2
    assert len(await gated.replay(0, 10)) == 2
    assert sum((await gated.totals()).values()) == len((await gated.snapshot()).delegations) == 2


async def test_an_acknowledged_write_is_on_the_disk(ledger: Ledger) -> None:
    """A power cut cannot be made here; that SQLite waits for the disk can be asked."""

    def setting(name: str) -> object:
        return lambda transaction: transaction.conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()

    full = 2
    assert await ledger._engine.write(setting("synchronous")) == full  # type: ignore[arg-type]
    assert await ledger._engine.write(setting("journal_mode")) == "wal"  # type: ignore[arg-type]


async def test_a_caller_that_goes_away_takes_nothing_back(gated: Ledger, gate: Gate) -> None:
    heard: list[StoredEvent] = []
    gated.subscribe(heard.extend)
    await gate.close()
    leaving = asyncio.ensure_future(gated.delegate(NEW))
    await gate.until_reached()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    gate.free.set()
    assert (await gated.delegate(NEW)).delegation.seq == 2
    assert len((await gated.snapshot()).delegations) == 2
    assert [event.seq for event in heard] == [1, 2]


async def test_a_commit_that_fails_is_told_to_everyone_and_the_next_one_works(gated: Ledger, gate: Gate) -> None:
    heard: list[StoredEvent] = []
    gated.subscribe(heard.extend)
    gate.failure = OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
    for told in await asyncio.gather(*(gated.delegate(NEW) for _ in range(3)), return_exceptions=True):
        assert isinstance(told, LedgerUnavailable)
        assert "disk is full" in str(told)
    assert heard == []
    gate.failure = None
    assert (await gated.delegate(NEW)).delegation.seq == 1
    await gated.check_writable()


async def test_readers_see_what_was_acknowledged_while_a_write_is_held_up(gated: Ledger, gate: Gate) -> None:
    made = (await gated.delegate(NEW)).delegation
    await gate.close()
    held = asyncio.ensure_future(gated.delegate(NEW))
    await gate.until_reached()
    assert await gated.get(made.delegation_id) == made
    assert len((await gated.snapshot()).delegations) == 1
    gate.free.set()
    await held


async def test_a_listener_that_fails_or_ends_hurts_no_other(gated: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[StoredEvent] = []

    def broken(_events: object) -> None:
        raise ZeroDivisionError

    gated.subscribe(broken)
    unsubscribe = gated.subscribe(heard.extend)
    await gated.delegate(NEW)
    assert len(heard) == 1
    assert "a listener of the ledger failed" in caplog.text
    unsubscribe()
    unsubscribe()
    await gated.delegate(NEW)
    assert len(heard) == 1


async def test_closing_finishes_what_was_asked_for(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        waiting = [asyncio.ensure_future(ledger.delegate(NEW)) for _ in range(5)]
        await asyncio.sleep(0)
    assert [(await one).created for one in waiting] == [True] * 5
    for refused in (ledger.delegate(NEW), ledger.get("x")):
        with pytest.raises(LedgerUnavailable, match="closed"):
            await refused


async def test_a_second_opener_is_refused_and_told_who_is_first(path: Path, clock: Clockwork) -> None:
    import os

    async with Ledger.open(path, clock=clock, new_id=numbered_ids()):
        with pytest.raises(LedgerLocked, match=f"pid {os.getpid()}"):
            async with Ledger.open(path, clock=clock, new_id=numbered_ids()):
                pass
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        await ledger.delegate(NEW)


async def test_what_is_no_database_is_left_alone(path: Path, clock: Clockwork) -> None:
    path.write_bytes(b"a letter to someone\n" * 100)
    with pytest.raises(LedgerUnavailable, match="cannot be used as a ledger"):
        async with Ledger.open(path, clock=clock, new_id=numbered_ids()):
            pass
    assert path.read_bytes() == b"a letter to someone\n" * 100


async def test_a_place_that_cannot_be_written_is_named(path: Path, clock: Clockwork) -> None:
    path.write_text("")
    with pytest.raises(LedgerUnavailable, match="choose another place"):
        async with Ledger.open(path / "ledger.db", clock=clock, new_id=numbered_ids()):
            pass


def test_an_old_sqlite_is_warned_of_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for version, warnings in (((3, 51, 2), 1), ((3, 51, 3), 0)):
        engines._warn_once_of_old_sqlite.cache_clear()
        caplog.clear()
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        with caplog.at_level(logging.WARNING):
            engines._warn_once_of_old_sqlite()
            engines._warn_once_of_old_sqlite()
        assert len(caplog.records) == warnings


WRITES_UNTIL_KILLED = """
import asyncio, sys, uuid
from pathlib import Path
from headway.ledger.ledger import Ledger
from headway.ledger.records import Failure, NewDelegation
from headway.net.clock import SystemClock

async def write(ledger, name):
    while True:
        made = (await ledger.delegate(NewDelegation("s", "t", "task"))).delegation
        row = await ledger.settle(made.delegation_id, None, Failure(f"by {name}"))
        print(row.delegation_id, row.seq, flush=True)

async def main():
    async with Ledger.open(Path(sys.argv[1]), clock=SystemClock(), new_id=lambda: str(uuid.uuid4())) as ledger:
        await asyncio.gather(*(write(ledger, name) for name in range(8)))

asyncio.run(main())
"""


async def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(path: Path, clock: Clockwork) -> None:
    acknowledged: dict[str, int] = {}
    for _turn in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _line in range(200):
                delegation_id, seq = process.stdout.readline().split()
                acknowledged[delegation_id] = int(seq)
            process.kill()
            rest = process.stdout.read()
        complete = [line.split() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        acknowledged.update({delegation_id: int(seq) for delegation_id, seq in complete})
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        taken = await ledger.snapshot(finished=1_000_000)
        rows = {row.delegation_id: row.seq for row in taken.delegations}
        assert acknowledged.items() <= rows.items()
        assert sum(taken.totals.values()) == len(rows)
        events = await ledger.replay(0, 10_000_000)
        assert [event.seq for event in events] == list(range(1, taken.seq + 1))


FILLS_ITS_DISK = """
import asyncio, resource, signal, sys, uuid
from pathlib import Path
from headway.ledger.errors import LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.ledger.records import NewDelegation
from headway.net.clock import SystemClock

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with Ledger.open(Path(sys.argv[1]), clock=SystemClock(), new_id=lambda: str(uuid.uuid4())) as ledger:
        new = NewDelegation("s", "t", "x" * 100_000)
        for _ in range(3):
            await ledger.delegate(new)
        _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        made = 3
        try:
            while True:
                await ledger.delegate(new)
                made += 1
        except LedgerUnavailable as told:
            print(told)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await ledger.delegate(new)
        taken = await ledger.snapshot()
        print(made + 1 == len(taken.delegations) == taken.seq)

asyncio.run(main())
"""


def test_a_full_disk_is_said_and_survived(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FILLS_ITS_DISK, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    told, kept = ran.stdout.splitlines()
    assert told.startswith("the ledger cannot be written")
    assert kept == "True"
