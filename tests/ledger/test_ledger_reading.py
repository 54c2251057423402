"""Lists, snapshots, replays, and that none of them reads more than it needs."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.core.progress import ProgressText, Splice
from headway.ledger import reading
from headway.ledger.errors import CursorGone
from headway.ledger.records import Completion, Failure, NewDelegation, NewWorkspace, Observation, Retention
from sqlalchemy import event
from sqlalchemy.engine import Engine
from support.ledgers import Clockwork, dispatched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.ledger.ledger import Ledger


async def make(ledger: Ledger, source: str = "s", target: str = "t", task: str = "task") -> str:
    return (await ledger.delegate(NewDelegation(source, target, task))).delegation.delegation_id


async def test_pages_are_stable_while_others_write(ledger: Ledger) -> None:
    made = [await make(ledger) for _ in range(7)]
    seen: list[str] = []
    before = None
    while page := await ledger.list_(source_id="s", limit=3, before=before):
        seen += [item.row.delegation_id for item in page]
        before = seen[-1]
        await make(ledger)
        await ledger.settle(seen[0], None, Failure("no")) if len(seen) == 3 else None
    assert seen == made[::-1]
    assert await ledger.list_(before="nothing") == []


async def test_lists_filter_and_cut(ledger: Ledger) -> None:
    await make(ledger, "s", "u")
    one = await dispatched(ledger, source="s", target="t", task="x" * 500)
    await ledger.settle(one.delegation_id, 1, Completion("é" * 500))
    await make(ledger, "z", "t")
    [item] = await ledger.list_(source_id="s", target_id="t", status=Status.COMPLETED)
    assert item.summary == "x" * 200
    assert item.response_preview == "é" * 300
    assert len(await ledger.list_(source_id="s")) == 2
    assert len(await ledger.list_(target_id="t")) == 2
    assert len(await ledger.list_(status=Status.PENDING)) == 2
    assert len(await ledger.list_(limit=2)) == 2


async def test_a_prefix_finds_the_ids_that_begin_with_it(ledger: Ledger) -> None:
    for name in ("abc-1", "abc-2", "abd", "a%", "a_"):
        await ledger.record("s", "t", "task", name)
    assert await ledger.find("abc") == ["abc-1", "abc-2"]
    assert await ledger.find("abc-2") == ["abc-2"]
    assert await ledger.find("a%") == ["a%"]
    assert await ledger.find("x") == []


async def test_a_snapshot_holds_the_active_and_the_newest_finished(ledger: Ledger, clock: Clockwork) -> None:
    active = await dispatched(ledger)
    text = "".join(f"{number:06d}" for number in range(3_000))
    await ledger.append(active.delegation_id, 1, Observation(splice=Splice(0, text)))
    ended = []
    for _ in range(3):
        one = await make(ledger)
        await ledger.settle(one, None, Failure("no"))
        ended.append(one)
        clock.ms += 1
    taken = await ledger.snapshot(finished=2, tail=100)
    assert taken.epoch == ledger.epoch
    assert taken.seq == ledger.head
    rows = {row.delegation_id: row for row in taken.delegations}
    assert rows.keys() == {active.delegation_id, *ended[1:]}
    assert rows[active.delegation_id].progress == ProgressText.of(text[-100:], start=len(text) - 100)
    assert (await ledger.snapshot(finished=0, tail=0)).delegations[0].progress.end == len(text)


async def test_pages_of_older_finished_ones_go_on_from_a_snapshot(ledger: Ledger, clock: Clockwork) -> None:
    """Several end in one moment, and some end while pages are asked for: none is missing, none comes twice."""
    await dispatched(ledger)
    ended = []
    for number in range(23):
        one = await make(ledger)
        await ledger.settle(one, None, Failure("no"))
        ended.append(one)
        clock.ms += number % 3 == 0
    taken = await ledger.snapshot(finished=4)
    seen = [row for row in taken.delegations if row.status.is_terminal]
    while page := await ledger.finished_before(seen[-1].delegation_id, 5):
        seen += page
        await ledger.settle(await make(ledger), None, Failure("no"))
    assert [row.delegation_id for row in seen] == ended[::-1]
    assert await ledger.finished_before("nobody", 5) == []
    assert await ledger.finished_before(await make(ledger), 5) == []
    whole = {row.delegation_id: row for row in (await ledger.snapshot()).delegations}
    assert all(whole[row.delegation_id] == row for row in seen)


async def test_a_snapshot_is_of_one_moment(ledger: Ledger) -> None:
    """Rows, totals and seq agree in every snapshot that is taken while others write."""

    async def write() -> None:
        for _ in range(30):
            one = await make(ledger)
            await ledger.settle(one, None, Failure("no"))

    writers = [asyncio.ensure_future(write()) for _ in range(3)]
    taken = 0
    while not all(writer.done() for writer in writers):
        one = await ledger.snapshot()
        taken += 1
        assert sum(one.totals.values()) == len(one.delegations)
        assert max([0, *(row.seq for row in one.delegations)]) == one.seq
    await asyncio.gather(*writers)
    assert taken > 1


async def test_a_replay_goes_on_from_its_cursor(ledger: Ledger) -> None:
    await make(ledger, "s", "t")
    await make(ledger, "other", "s")
    await make(ledger, "other", "t")
    assert [event.seq for event in await ledger.replay(1, 10)] == [2, 3]
    assert [event.seq for event in await ledger.replay(0, 2)] == [1, 2]
    assert [event.seq for event in await ledger.replay(0, 10, "s")] == [1, 2]
    assert all("s" in (event.workspace_id, event.target_id) for event in await ledger.replay(0, 10, "s"))
    assert await ledger.replay(3, 10) == []
    with pytest.raises(CursorGone, match="take a new snapshot"):
        await ledger.replay(4, 10)


async def test_what_had_not_ended_is_there_for_a_start_to_take_up(ledger: Ledger) -> None:
    first = await dispatched(ledger)
    second = await make(ledger)
    await ledger.settle(await make(ledger), None, Failure("no"))
    found = await ledger.unfinished()
    assert [one.delegation_id for one in found] == [first.delegation_id, second]
    assert found[0].task == "task"


@pytest.fixture
def statements() -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Every SELECT that any connection runs."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(_conn: object, _cursor: object, sql: str, params: tuple[object, ...], *_: object) -> None:
        if sql.lstrip().startswith("SELECT"):
            seen.append((sql, params))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("few", "index"), [(reading.FEW, "delegations_status"), (0, "delegations_target")])
async def test_a_list_begins_with_what_is_rarer_and_is_the_same(
    ledger: Ledger,
    path: Path,
    statements: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    index: str,
) -> None:
    monkeypatch.setattr(reading, "FEW", few)
    ended = [await make(ledger, target=target) for target in ("t", "t", "other")]
    for one in ended:
        await ledger.settle(one, None, Failure("no"))
    statements.clear()
    listed = await ledger.list_(target_id="t", status=Status.FAILED)
    assert [one.row.delegation_id for one in listed] == [ended[1], ended[0]]
    with sqlite3.connect(path) as conn:
        plans = [step[3] for sql, params in statements for step in conn.execute(f"EXPLAIN QUERY PLAN {sql}", params)]
    assert any(index in plan for plan in plans), plans


async def test_no_question_reads_the_whole_table(
    ledger: Ledger, path: Path, statements: list[tuple[str, tuple[object, ...]]]
) -> None:
    last = await make(ledger)
    one = await dispatched(ledger, target="t")
    await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "text")))
    workspace = await ledger.add_workspace(NewWorkspace("t"))
    statements.clear()
    for source, target, status in ((None, None, None), ("s", None, None), (None, "t", None), (None, None, "queued")):
        found = Status(status) if status else None
        await ledger.list_(source_id=source, target_id=target, status=found, before=last)
    await ledger.claim("t", 1)
    await ledger.delegate(NewDelegation("s", "t", "task", idempotency_key="k"))
    await ledger.get(last)
    await ledger.find("00")
    await ledger.records(before=last)
    await ledger.records(status=Status.QUEUED, search="task")
    await ledger.stats()
    await ledger.figures()
    await ledger.undelivered_replies()
    await ledger.unfinished()
    await ledger.waiting()
    await ledger.snapshot()
    await ledger.replay(0, 10)
    await ledger.mark_stuck(0)
    await ledger.fail_overdue()
    await ledger.evict(Retention())
    await ledger.workspace(workspace.id)
    await ledger.remove_workspace(workspace.id)
    small = ("SCAN CONSTANT ROW", "SCAN meta", "SCAN counters", "SCAN workspaces", "SCAN anon_1")
    sorts_a_few = (
        "FROM workspaces",
        "GROUP BY delegations.target_id",
        "WHERE delegations.status IN ('canceling'",
        "finished_at > ? GROUP BY coalesce",
    )
    # Walking an index from its end until the limit is met reads no more than a page.
    walks = (
        "SCAN delegations USING INDEX delegations_finished",
        "SCAN delegations USING COVERING INDEX delegations_wait",
    )
    with sqlite3.connect(path) as conn:
        plans = {
            (sql, step[3]) for sql, params in statements for step in conn.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        }
    wasteful = {
        (step, sql)
        for sql, step in plans
        if (step.startswith("SCAN") and not step.startswith((*small, *walks)))
        or (step.startswith("USE TEMP B-TREE") and not any(few in sql for few in sorts_a_few))
        or ("(target_id=?)" in step and "IN ('pending', 'queued')" in sql and "delegations_waiting" not in step)
    }
    assert len(plans) > 15
    assert not wasteful
