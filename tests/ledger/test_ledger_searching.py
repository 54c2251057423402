"""Searches against looking at every record, whether the index of texts knows them, knew them or never will."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from headway.core.delegation import Status
from headway.ledger import searching, text_index
from headway.ledger.ledger import Ledger
from headway.ledger.records import Completion, Failure, NewDelegation, NewWorkspace, Retention
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from support.ledgers import Clockwork, dispatched, numbered_ids

if TYPE_CHECKING:
    from headway.core.delegation import Delegation

TEXTS: Final = st.sampled_from(["Straße", "STRASSE", 'quo"te', "a b c", "ab", "abc", "xabcx", "aabbcc", "ﬁle", "été"])
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(["delegate", "complete", "fail", "again", "index", "evict"]), TEXTS), max_size=12
)


async def everything(ledger: Ledger) -> list[Delegation]:
    return (await ledger.records(limit=500)).delegations


async def found(ledger: Ledger, search: str, **named: Status) -> list[str]:
    """What all pages of a search hold."""
    ids: list[str] = []
    before = None
    while True:
        page = await ledger.records(search=search, limit=2, before=before, **named)
        ids += [one.delegation_id for one in page.delegations]
        before = page.next
        if before is None:
            return ids


def expected(records: list[Delegation], search: str) -> list[str]:
    folded = search.casefold()
    said = {one.delegation_id: (one.task, one.result, one.error) for one in records}
    return [key for key, texts in said.items() if any(folded in (each or "").casefold() for each in texts)]


async def step(ledger: Ledger, what: str, said: str) -> None:
    records = await everything(ledger)
    waiting = [one.delegation_id for one in records if one.status is Status.PENDING]
    match what:
        case "delegate":
            await ledger.delegate(NewDelegation("s", "t", said))
        case "complete" if waiting:
            [claimed, *_] = await ledger.claim("t", 1)
            await ledger.settle(claimed.delegation.delegation_id, None, Completion(said if len(said) > 3 else ""))
        case "fail" if waiting:
            await ledger.settle(waiting[0], None, Failure(said))
        case "again":
            for one in records:
                if one.status is Status.COMPLETED:
                    await ledger.settle(one.delegation_id, None, Completion(said))
        case "index":
            await ledger.index_texts()
        case "evict":
            await ledger.evict(Retention(finished=1))


@pytest.mark.req("C14")
@settings(max_examples=40, deadline=None)
@given(steps=STEPS, search=TEXTS, span=st.sampled_from([2, 1_000]))
def test_a_search_finds_what_looking_at_every_record_finds(
    steps: list[tuple[str, str]], search: str, span: int
) -> None:
    async def check(path: Path) -> None:
        async with Ledger.open(path, clock=Clockwork(), new_id=numbered_ids()) as ledger:
            for what, said in steps:
                await step(ledger, what, said)
            assert await found(ledger, search) == expected(await everything(ledger), search)
            await ledger.index_texts()
            assert await found(ledger, search) == expected(await everything(ledger), search)

    with tempfile.TemporaryDirectory(prefix="headway-search-") as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(searching, "SPAN", span)
        patched.setattr(searching, "FEW", 2)
        asyncio.run(check(Path(folder) / "ledger.db"))


@pytest.mark.req("C14")
async def test_what_is_indexed_is_found_by_its_workspace_its_id_and_its_status_too(ledger: Ledger) -> None:
    coder = await ledger.add_workspace(NewWorkspace("Coder"))
    ids = [
        (await ledger.delegate(NewDelegation("s", target, "read it"))).delegation.delegation_id
        for target in (coder.id, "t", "t")
    ]
    await ledger.settle(ids[0], None, Failure("no"))
    await ledger.settle(ids[1], None, Failure("no"))
    assert await ledger.index_texts() == 2
    assert await ledger.index_texts() == 0
    assert await found(ledger, "coDer") == [ids[0]]
    assert await found(ledger, ids[1][:8]) == [ids[1]]
    assert await found(ledger, "READ", status=Status.FAILED) == [ids[1], ids[0]]
    assert await found(ledger, "READ", status=Status.PENDING) == [ids[2]]


async def test_a_text_is_indexed_up_to_its_bound_and_many_in_bounded_parts(ledger: Ledger, path: Path) -> None:
    long = "x" * text_index.TEXT_LIMIT
    for task in (f"{long} tail", "head " + long, "short"):
        made = await ledger.delegate(NewDelegation("s", "t", task))
        await ledger.settle(made.delegation.delegation_id, None, Failure("no"))
    before = ledger.commits.operations
    assert await ledger.index_texts() == 3
    assert ledger.commits.operations - before == 3  # two long ones, each a part of its own, and the end
    assert len(await found(ledger, "head")) == 1
    assert await found(ledger, " tail") == []


async def test_the_index_keeps_nothing_of_what_was_evicted(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        for number in range(20):
            made = await ledger.delegate(NewDelegation("s", "t", f"needle {number}"))
            await ledger.settle(made.delegation.delegation_id, None, Failure("no"))
        await ledger.index_texts()
        await ledger.evict(Retention(finished=0))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM texts WHERE texts MATCH '\"nee\"'")).scalar_one() == 0
    engine.dispose()


async def test_what_ended_before_there_was_an_index_is_taken_into_it(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        made = await ledger.delegate(NewDelegation("s", "t", "an old needle"))
        await ledger.settle(made.delegation.delegation_id, None, Failure("no"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        for undone in (
            "DROP TABLE texts",
            "DROP INDEX delegations_unsearched",
            "ALTER TABLE delegations DROP COLUMN searched",
            "ALTER TABLE delegations DROP COLUMN told",
            "ALTER TABLE events DROP COLUMN previous",
            "CREATE INDEX events_history ON events (delegation_id, seq)",
            "UPDATE alembic_version SET version_num = '0004'",
        ):
            conn.execute(text(undone))
    engine.dispose()
    async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
        assert len(await found(ledger, "needle")) == 1
        assert await ledger.index_texts() == 1
        assert len(await found(ledger, "needle")) == 1


async def test_what_comes_late_to_one_that_is_indexed_is_found(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    await ledger.settle(one.delegation_id, 1, Completion(""))
    assert await ledger.index_texts() == 1
    await ledger.settle(one.delegation_id, 1, Completion("a late needle"))
    for indexed in (1, 0):
        assert await found(ledger, "late needle") == [one.delegation_id]
        assert await ledger.index_texts() == indexed
