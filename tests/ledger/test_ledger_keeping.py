"""Silence, deadlines, expiry, eviction."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.core.progress import Splice
from headway.ledger.errors import CursorGone
from headway.ledger.records import Completion, Evicted, NewDelegation, Observation, Retention
from support.ledgers import Clockwork, dispatched

if TYPE_CHECKING:
    from headway.ledger.ledger import Ledger


async def finished(ledger: Ledger, **who: str) -> str:
    one = await dispatched(ledger, **who)
    await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "progress")))
    await ledger.settle(one.delegation_id, 1, Completion("result"))
    return one.delegation_id


async def test_only_silence_makes_one_stuck(ledger: Ledger, clock: Clockwork) -> None:
    silent = await dispatched(ledger)
    talking = await dispatched(ledger)
    asking = await dispatched(ledger)
    canceling = await dispatched(ledger)
    await ledger.append(asking.delegation_id, 1, Observation(status=Status.INPUT_REQUIRED))
    await ledger.request_cancel(canceling.delegation_id)
    await ledger.delegate(NewDelegation("s", "t", "waits"))
    clock.ms += 600_000
    await ledger.append(talking.delegation_id, 1, Observation(splice=Splice(0, "here")))
    assert await ledger.mark_stuck(clock.ms - 1) == [silent.delegation_id]
    assert await ledger.mark_stuck(clock.ms - 1) == []


async def test_deadlines_and_expiry_fail_with_their_reason(ledger: Ledger, clock: Clockwork) -> None:
    due = (await ledger.delegate(NewDelegation("s", "t", "task", deadline=clock.ms + 1_000))).delegation
    await ledger.claim("t", 1)
    expiring = (await ledger.delegate(NewDelegation("s", "t", "task", expires_at=clock.ms + 1_000))).delegation
    sent = (await ledger.delegate(NewDelegation("s", "u", "task", expires_at=clock.ms + 1_000))).delegation
    await ledger.claim("u", 1)
    clock.ms += 999
    assert await ledger.fail_overdue() == []
    clock.ms += 1
    failed = {row.delegation_id: row.error or "" for row in await ledger.fail_overdue()}
    assert failed.keys() == {due.delegation_id, expiring.delegation_id}
    assert failed[due.delegation_id].startswith("deadline exceeded")
    assert failed[expiring.delegation_id].startswith("expired in the queue")
    kept = await ledger.get(sent.delegation_id)
    assert kept is not None
    assert kept.status is Status.DISPATCHED
    assert await ledger.fail_overdue() == []


async def test_eviction_takes_the_oldest_finished_with_all_that_is_theirs(ledger: Ledger, clock: Clockwork) -> None:
    gone = []
    for _ in range(3):
        gone.append(await finished(ledger))
        clock.ms += 1
    kept = await finished(ledger)
    active = await dispatched(ledger)
    assert await ledger.evict(Retention(finished=1, finished_ms=None, events=None, events_ms=None)) == Evicted(3, 0)
    assert [await ledger.get(one) for one in gone] == [None] * 3
    assert {row.delegation_id for row in (await ledger.snapshot()).delegations} == {kept, active.delegation_id}
    assert (await ledger.totals())[Status.COMPLETED] == 1
    [told] = [event for event in await ledger.replay(active.seq, 10) if event.type == "DELEGATION_EVICTED"]
    assert told.decode().payload.delegation_ids == tuple(gone)  # type: ignore[attr-defined]
    assert told.decode().payload.statuses == (Status.COMPLETED,) * 3  # type: ignore[attr-defined]


async def test_no_workspace_hears_of_anothers_eviction(ledger: Ledger) -> None:
    mine = await finished(ledger, source="s1", target="t1")
    theirs = await finished(ledger, source="s2", target="t2")
    head = ledger.head
    await ledger.evict(Retention(finished=0))
    for workspace, own, other in (("s1", mine, theirs), ("t2", theirs, mine)):
        [told] = await ledger.replay(head, 10, workspace)
        assert own in told.payload
        assert other not in told.payload


async def test_eviction_by_age_leaves_the_young_and_the_unfinished(ledger: Ledger, clock: Clockwork) -> None:
    active = await dispatched(ledger)
    await finished(ledger)
    clock.ms += 1_000
    young = await finished(ledger)
    await ledger.evict(Retention(finished=None, finished_ms=999))
    assert {row.delegation_id for row in (await ledger.snapshot()).delegations} == {active.delegation_id, young}


async def test_a_cursor_before_what_is_kept_is_told_so(ledger: Ledger, clock: Clockwork) -> None:
    for _ in range(4):
        await ledger.delegate(NewDelegation("s", "t", "task"))
    clock.ms += 1_000
    await ledger.delegate(NewDelegation("s", "t", "task"))
    assert (await ledger.evict(Retention(events=3, events_ms=None))).events == 2
    assert [event.seq for event in await ledger.replay(2, 10)] == [3, 4, 5]
    with pytest.raises(CursorGone) as refused:
        await ledger.replay(1, 10)
    assert (refused.value.lowest, refused.value.head) == (3, 5)
    await ledger.evict(Retention(events=None, events_ms=999))
    assert [event.seq for event in await ledger.replay(4, 10)] == [5]
    await ledger.evict(Retention(events=0))
    assert await ledger.replay(5, 10) == []
    with pytest.raises(CursorGone):
        await ledger.replay(6, 10)


async def test_events_are_bounded_in_bytes_too(ledger: Ledger) -> None:
    """An agent that rewrites a large artifact makes few events, and large ones."""
    one = await dispatched(ledger)
    for turn in range(10):
        await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "é" * 400_000 + str(turn))))
    last = await ledger.replay(ledger.head - 4, 100)
    kept = sum(len(event.payload.encode()) for event in last)
    unbounded = Retention(events=None, events_ms=None, event_bytes=None)
    assert (await ledger.evict(unbounded)).events == 0
    assert (await ledger.evict(replace(unbounded, event_bytes=kept))).events == ledger.head - 4
    assert await ledger.replay(ledger.head - 4, 100) == last
    assert (await ledger.evict(replace(unbounded, event_bytes=kept))).events == 0
    assert (await ledger.evict(replace(unbounded, event_bytes=kept - 1))).events == 1
    assert (await ledger.evict(replace(unbounded, event_bytes=0))).events == 3


async def test_eviction_works_through_more_than_a_batch(ledger: Ledger) -> None:
    made = await asyncio.gather(*(ledger.delegate(NewDelegation("s", "t", "task")) for _ in range(1_200)))
    await asyncio.gather(*(ledger.request_cancel(one.delegation.delegation_id) for one in made))
    result = await ledger.evict(Retention(finished=100, events=10, events_ms=None))
    assert result.delegations == 1_100
    assert (await ledger.totals())[Status.CANCELED] == 100
    assert len(await ledger.replay(ledger.head - 10, 100)) == 10
