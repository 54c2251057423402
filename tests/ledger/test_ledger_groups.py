"""Operations that share a transaction: rows that wait to be written, rows that are remembered, and the history."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
from headway.core.delegation import Status
from headway.core.progress import Splice
from headway.ledger import hot, rows, schema, sending, text_index
from headway.ledger.errors import Conflict, LedgerError, LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.ledger.records import (
    Cancellation,
    Completion,
    Delegated,
    Failure,
    Message,
    NewDelegation,
    Observation,
    Retention,
    Undelivered,
)
from sqlalchemy import create_engine, text
from support.ledgers import Clockwork, dispatched, numbered_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from headway.ledger.transaction import Transaction

Step = tuple[str, tuple[Any, ...]]
TABLES = (
    "meta",
    "counters WHERE count <> 0 ORDER BY status",
    "delegations",
    "bodies",
    "progress",
    "events",
)


def histories(rng: random.Random, count: int) -> list[Step]:
    """Made-up operations on few delegations, so that many of them meet the same rows and many are refused."""
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(1, 13)]

    def one() -> Step:
        named, attempt = rng.choice(ids), rng.choice([1, 1, 1, 2, None])
        outcomes = [Completion("done"), Failure("no route"), Cancellation(True, "stopped")]
        return rng.choice(
            [
                ("delegate", (NewDelegation("s", "t", "task", idempotency_key=rng.choice([None, "k", "l"])),)),
                ("delegate", (NewDelegation("s", "t", "refused", refusal=rng.choice([None, "no"])),)),
                ("claim", ("t", rng.randrange(1, 4))),
                ("enqueue_pending", ("t",)),
                ("_write", (sending.enqueue, named)),
                ("append", (named, attempt, Observation(status_message=f"step {rng.randrange(5)}"))),
                ("append", (named, attempt, Observation(splice=Splice(rng.randrange(4), "text"), remote_task_id="r"))),
                ("append", (named, attempt, Observation(Status.INPUT_REQUIRED))),
                ("settle", (named, attempt, rng.choice(outcomes))),
                ("request_cancel", (named,)),
                ("put_back", (named, 1, Undelivered("away", rng.randrange(3)))),
                ("retry", ("s", named)),
                ("reply", (named, "an answer")),
                ("hold", (Message("s", "t", rng.choice("mn"), "said", "{}", delegation_id=named),)),
                ("_write", (text_index.take_in,)),
            ]
        )

    return [one() for _ in range(count)]


async def told(done: Awaitable[object]) -> object:
    try:
        answer = await done
        return (answer.delegation, answer.created) if isinstance(answer, Delegated) else answer
    except LedgerError as refusal:
        return repr(refusal)


@pytest.mark.parametrize("seed", range(6))
async def test_a_group_leaves_what_its_operations_leave_one_by_one(seed: int, tmp_path: Path) -> None:
    steps = histories(random.Random(seed), 100)
    answers: list[list[object]] = []
    left: list[list[object]] = []
    for together in (1, 30):
        path = tmp_path / f"{together}.db"
        async with Ledger.open(path, clock=Clockwork(), new_id=numbered_ids()) as ledger:
            given: list[object] = []
            for at in range(0, len(steps), together):
                part = [getattr(ledger, name)(*arguments) for name, arguments in steps[at : at + together]]
                given += await asyncio.gather(*map(told, part))
            assert await ledger._engine.write(wrongly_remembered) == []
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as conn:
            left.append([list(conn.execute(text(f"SELECT * FROM {name}"))) for name in TABLES])
        engine.dispose()
        answers.append(given)
    assert answers[0] == answers[1]
    epochs = [tables[0][0][1] for tables in left]  # type: ignore[index]
    assert str(left[0]).replace(epochs[0], "") == str(left[1]).replace(epochs[1], "")


def wrongly_remembered(transaction: Transaction) -> list[str]:
    """The ids of delegations that the writer takes to be other than they are stored."""
    known = transaction.hot._held.items()
    return [one for one, found in known if rows.held(transaction.conn, one) != found]


class Gate:
    """Holds the first commit up until `free`, so that what comes meanwhile shares the second."""

    def __init__(self) -> None:
        self.reached, self.free = threading.Event(), threading.Event()
        self.commits = 0

    def __call__(self) -> None:
        self.commits += 1
        self.reached.set()
        assert self.free.wait(30)


async def share(ledger: Ledger, gate: Gate, *operations: Callable[[Transaction], object]) -> list[object]:
    """What operations of one transaction gave or raised."""
    first = asyncio.ensure_future(ledger.check_writable())
    assert await asyncio.to_thread(gate.reached.wait, 30)
    waiting = [asyncio.ensure_future(told(ledger._engine.write(one))) for one in operations]
    await asyncio.sleep(0)
    gate.free.set()
    await first
    return list(await asyncio.gather(*waiting, return_exceptions=True))


@pytest.mark.parametrize("reader_after", [True, False])
async def test_a_row_that_is_refused_late_is_refused_to_its_own_operation(
    path: Path, clock: Clockwork, reader_after: bool
) -> None:
    """Whoever makes it be written, another operation that reads or the commit, has no part in it."""
    gate = Gate()

    def good(transaction: Transaction) -> str:
        return sending.delegate(transaction, NewDelegation("s", "t", "task")).delegation.delegation_id

    def bad(transaction: Transaction) -> None:
        found = sending.insert(transaction, "the id", NewDelegation("s", "t", "task"), Status.PENDING)
        transaction.insert(schema.bodies, found.id + 1_000, {"id": found.id, "task": "", **dict.fromkeys(NULLS)})

    def reads(transaction: Transaction) -> int:
        return len(transaction.conn.exec_driver_sql("SELECT * FROM bodies").all())

    async with Ledger.open(path, clock=clock, new_id=numbered_ids(), before_commit=gate) as ledger:
        operations = (good, bad, reads, good) if reader_after else (good, bad, good)
        first, refused, *others, last = await share(ledger, gate, *operations)
        assert str(refused).startswith(Conflict.__name__)
        assert others == ([1] if reader_after else [])
        kept = [row.delegation_id for row in (await ledger.snapshot()).delegations]
        assert sorted(kept) == sorted([str(first), str(last)])
        assert [event.seq for event in await ledger.replay(0, 10)] == [1, 2]
        assert gate.commits == 2


NULLS = ("result", "traceparent", "request", "reply")


async def test_what_a_failed_commit_took_back_is_not_remembered(path: Path, clock: Clockwork) -> None:
    failing: list[Exception] = []

    def disk() -> None:
        if failing:
            raise failing.pop()

    async with Ledger.open(path, clock=clock, new_id=numbered_ids(), before_commit=disk) as ledger:
        one = await dispatched(ledger)
        failing.append(OSError("gone"))
        with pytest.raises(OSError, match="gone"):
            await ledger.append(one.delegation_id, 1, Observation(status_message="never said"))
        row = await ledger.append(one.delegation_id, 1, Observation(progress_percent=5.0))
        assert (row.seq, row.status_message) == (one.seq + 1, None)
        assert await ledger._engine.write(wrongly_remembered) == []


async def test_no_more_rows_are_remembered_than_are_allowed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot, "MOST", 3)
    for _ in range(8):
        await ledger.delegate(NewDelegation("s", "t", "task"))
    held = await ledger._engine.write(lambda transaction: len(transaction.hot._held))
    assert held == 2
    assert len(await ledger.claim("t", 8)) == 8


async def test_a_full_disk_refuses_rows_that_wait_and_blames_nobody(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:

        def fill(transaction: Transaction) -> None:
            pages = transaction.conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            transaction.conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        await ledger._engine.write(fill)
        big = NewDelegation("s", "t", "x" * 100_000)
        gathered = await asyncio.gather(*(ledger.delegate(big) for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in gathered] == [LedgerUnavailable] * 3
        assert await ledger.replay(0, 10) == []


async def test_the_history_of_one_leaves_out_what_it_put_out_and_ends_where_events_are_kept_no_longer(
    ledger: Ledger,
) -> None:
    other, one = await dispatched(ledger, task="other"), await dispatched(ledger)
    for step in range(3):
        await ledger.append(one.delegation_id, 1, Observation(splice=Splice(step, "x")))
        await ledger.append(other.delegation_id, 1, Observation(status_message=f"{step}"))
        await ledger.append(one.delegation_id, 1, Observation(status_message=f"step {step}"))
    await ledger.settle(one.delegation_id, 1, Completion("done"))
    every = [event for event in await ledger.replay(0, 100) if event.delegation_id == one.delegation_id]
    said = [event for event in every if event.type != "DELEGATION_PROGRESS"]
    assert await ledger.history(one.delegation_id, 100) == said
    assert await ledger.history(one.delegation_id, 2) == said[-2:]
    await ledger.evict(Retention(events=ledger.head - said[2].seq))
    assert await ledger.history(one.delegation_id, 100) == said[3:]
    assert await ledger.history("nothing", 100) == []


async def test_old_ledgers_are_given_the_chain_of_each_history(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        made = [await dispatched(ledger), await dispatched(ledger)]
        for one in (*made, *made):
            await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "x")))
            await ledger.append(one.delegation_id, 1, Observation(status_message=str(ledger.head)))
        before = [await ledger.history(one.delegation_id, 100) for one in made]
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        for undone in (
            "ALTER TABLE delegations DROP COLUMN told",
            "ALTER TABLE events DROP COLUMN previous",
            "CREATE INDEX events_history ON events (delegation_id, seq) "
            "WHERE delegation_id IS NOT NULL AND type <> 'DELEGATION_PROGRESS'",
            "UPDATE alembic_version SET version_num = '0005'",
        ):
            conn.execute(text(undone))
    engine.dispose()
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        assert [await ledger.history(one.delegation_id, 100) for one in made] == before
