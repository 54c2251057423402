"""How delegations begin: idempotency, records, the queue's order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.ledger.errors import (
    AlreadyFinished,
    Conflict,
    IdempotencyConflict,
    IllegalMove,
    NotFound,
    StaleAttempt,
)
from headway.ledger.records import Cancellation, Completion, Failure, NewDelegation, Observation, Undelivered
from support.ledgers import Clockwork, dispatched

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from headway.core.delegation import Delegation
    from headway.ledger.ledger import Ledger

BUSY = Undelivered("agent is busy", 0)


async def make(ledger: Ledger, task: str = "task", **how: object) -> Delegation:
    return (await ledger.delegate(NewDelegation("s", "t", task, **how))).delegation  # type: ignore[arg-type]


def ids(delegations: list[Delegation]) -> list[str]:
    return [one.delegation_id for one in delegations]


async def claim(ledger: Ledger, target: str, limit: int) -> list[Delegation]:
    return [one.delegation for one in await ledger.claim(target, limit)]


async def test_a_delegation_begins_pending_with_its_own_context(ledger: Ledger, clock: Clockwork) -> None:
    made = await make(ledger, "x" * 150, deadline=clock.ms + 5, expires_at=clock.ms + 9, traceparent="00-1-2-01")
    assert (made.status, made.attempt, made.priority) == (Status.PENDING, 0, 50)
    assert made.context_id == made.delegation_id
    assert (made.created_at, made.updated_at, made.last_activity_at) == (clock.ms,) * 3
    assert (made.deadline, made.expires_at, made.traceparent) == (clock.ms + 5, clock.ms + 9, "00-1-2-01")
    [event] = await ledger.replay(0, 10)
    assert event.type == "DELEGATION_SENT"
    assert (event.workspace_id, event.target_id, event.delegation_id) == ("s", "t", made.delegation_id)
    assert event.decode().payload.task_preview == "x" * 100  # type: ignore[attr-defined]


async def test_fifty_requests_with_one_key_make_one_delegation(ledger: Ledger) -> None:
    new = NewDelegation("s", "t", "task", idempotency_key="k")
    made = await asyncio.gather(*(ledger.delegate(new) for _ in range(50)))
    assert sum(one.created for one in made) == 1
    assert len({one.delegation.delegation_id for one in made}) == 1
    assert (await ledger.totals())[Status.PENDING] == 1


async def test_a_key_is_its_sources_and_outlives_a_restart(open_ledger: Callable[[], Awaitable[Ledger]]) -> None:
    ledger = await open_ledger()
    new = NewDelegation("s", "t", "task", idempotency_key="k")
    first = await ledger.delegate(new)
    assert (await ledger.delegate(NewDelegation("other", "t", "task", idempotency_key="k"))).created
    ledger = await open_ledger()
    again = await ledger.delegate(new)
    assert not again.created
    assert again.delegation == first.delegation


@pytest.mark.parametrize(("target", "task"), [("t", "other task"), ("other target", "task")])
async def test_a_key_cannot_stand_for_something_else(ledger: Ledger, target: str, task: str) -> None:
    first = await make(ledger, idempotency_key="k")
    with pytest.raises(IdempotencyConflict, match=first.delegation_id):
        await ledger.delegate(NewDelegation("s", target, task, idempotency_key="k"))


@pytest.mark.parametrize("outcome", [Failure("no"), Cancellation(confirmed=False, message="stopped")])
async def test_a_failed_or_canceled_one_frees_its_key(ledger: Ledger, outcome: Failure | Cancellation) -> None:
    first = await make(ledger, idempotency_key="k")
    await ledger.settle(first.delegation_id, None, outcome)
    assert (await ledger.delegate(NewDelegation("s", "t", "other", idempotency_key="k"))).created


async def test_a_completed_one_holds_its_key(ledger: Ledger) -> None:
    first = await make(ledger, idempotency_key="k")
    await claim(ledger, "t", 1)
    await ledger.settle(first.delegation_id, 1, Completion("done"))
    again = await ledger.delegate(NewDelegation("s", "t", "task", idempotency_key="k"))
    assert not again.created
    assert again.delegation.result == "done"


async def test_recording_twice_is_once_and_another_sources_id_is_refused(ledger: Ledger) -> None:
    first = await ledger.record("s", "t", "task", "mine")
    assert first.created
    assert (first.delegation.status, first.delegation.recorded) == (Status.DISPATCHED, True)
    again = await ledger.record("s", "t", "task", "mine")
    assert not again.created
    assert again.delegation == first.delegation
    with pytest.raises(Conflict, match="another workspace"):
        await ledger.record("other", "t", "task", "mine")
    assert len(await ledger.replay(0, 10)) == 1


async def test_claims_go_by_priority_then_arrival(ledger: Ledger) -> None:
    made = [await make(ledger, priority=priority) for priority in (10, 50, 100, 50)]
    claimed = await claim(ledger, "t", 3)
    assert ids(claimed) == ids([made[2], made[1], made[3]])
    assert {(one.status, one.attempt) for one in claimed} == {(Status.DISPATCHED, 1)}
    assert ids(await claim(ledger, "t", 3)) == ids([made[0]])
    assert await claim(ledger, "t", 3) == []


async def test_racing_claims_take_each_once(ledger: Ledger) -> None:
    made = await asyncio.gather(*(make(ledger) for _ in range(30)))
    taken = await asyncio.gather(*(claim(ledger, "t", 4) for _ in range(10)))
    assert sorted(id_ for claimed in taken for id_ in ids(claimed)) == sorted(ids(made))


async def test_what_goes_back_to_the_queue_keeps_its_place_and_counts_attempts(ledger: Ledger) -> None:
    first = await dispatched(ledger)
    await make(ledger)
    row = await ledger.put_back(first.delegation_id, 1, BUSY)
    assert (row.status, row.attempt, row.status_message) == (Status.QUEUED, 1, "agent is busy")
    [claimed] = await claim(ledger, "t", 1)
    assert (claimed.delegation_id, claimed.attempt) == (first.delegation_id, 2)
    with pytest.raises(StaleAttempt):
        await ledger.put_back(first.delegation_id, 1, BUSY)


async def test_back_off_keeps_one_from_being_claimed_too_soon(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    await ledger.put_back(one.delegation_id, 1, Undelivered("agent is busy", 0, clock.ms + 1_000))
    assert await claim(ledger, "t", 1) == []
    assert await ledger.waiting() == {"t": 1}
    clock.ms += 1_000
    assert ids(await claim(ledger, "t", 1)) == [one.delegation_id]


async def test_what_has_run_out_or_is_recorded_is_not_claimed(ledger: Ledger, clock: Clockwork) -> None:
    await make(ledger, expires_at=clock.ms)
    await make(ledger, deadline=clock.ms)
    await ledger.record("s", "t", "task", "mine")
    await ledger.update("s", "mine", Status.QUEUED)
    assert await claim(ledger, "t", 9) == []


async def test_the_queue_refuses_what_cannot_wait(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await ledger.put_back("nothing", 1, BUSY)
    one = await dispatched(ledger)
    await ledger.append(one.delegation_id, 1, Observation(status=Status.IN_PROGRESS))
    with pytest.raises(IllegalMove, match="in_progress and cannot become queued"):
        await ledger.put_back(one.delegation_id, 1, BUSY)
    await ledger.settle(one.delegation_id, 1, Completion())
    with pytest.raises(AlreadyFinished, match="already completed"):
        await ledger.put_back(one.delegation_id, 1, BUSY)


async def test_waiting_is_counted_by_target(ledger: Ledger) -> None:
    await make(ledger)
    await make(ledger)
    await ledger.delegate(NewDelegation("s", "u", "task"))
    assert await ledger.waiting() == {"t": 2, "u": 1}
    await claim(ledger, "t", 1)
    assert await ledger.waiting() == {"t": 1, "u": 1}
