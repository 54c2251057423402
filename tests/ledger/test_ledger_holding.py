"""The gateway's queue in the ledger: one entry for one message, whoever brings it, and how often."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from headway.core.delegation import Status
from headway.ledger.ledger import Ledger
from headway.ledger.records import Completion, Message, NewDelegation
from support.ledgers import dispatched

MESSAGE = Message("s", "t", "m1", task="look", request='{"message":{"messageId":"m1"}}', priority=70)


@pytest.mark.req("Q3")
async def test_one_message_held_by_many_at_once_is_one_delegation(ledger: Ledger) -> None:
    """As many replicas would: nothing but the ledger stands between them."""
    held = await asyncio.gather(*(ledger.hold(MESSAGE) for _ in range(50)))
    assert len({one.queue_id for one in held}) == 1
    assert (await ledger.totals())[Status.QUEUED] == 1
    others = [replace(MESSAGE, source_id="s2"), replace(MESSAGE, target_id="t2"), replace(MESSAGE, message_id="m2")]
    assert len({(await ledger.hold(other)).queue_id for other in others} | {held[0].queue_id}) == 4


@pytest.mark.req("Q3")
async def test_the_message_is_known_until_it_is_done_with(ledger: Ledger) -> None:
    first = await ledger.hold(MESSAGE)
    [claimed] = await ledger.claim("t", 10)
    assert claimed.request == {"message": {"messageId": "m1"}}
    assert claimed.delegation.delegation_id == first.delegation_id
    on_its_way = await ledger.hold(MESSAGE)
    assert (on_its_way.queue_id, on_its_way.status) == (first.queue_id, Status.DISPATCHED)
    assert not await ledger.claim("t", 10)
    await ledger.settle(first.delegation_id, claimed.delegation.attempt, Completion("done"))
    assert await ledger.held_message("s", "t", "m1") is None
    again = await ledger.hold(MESSAGE)
    assert again.queue_id != first.queue_id
    done = await ledger.queued(first.queue_id)
    assert done is not None
    assert (done.status, done.response, done.position) == (Status.COMPLETED, "done", 0)


async def test_only_what_surely_is_not_at_the_target_is_taken_by_its_name(ledger: Ledger) -> None:
    running = await dispatched(ledger, source="s", target="t")
    finished = await ledger.delegate(NewDelegation("s", "t", "x"))
    await ledger.request_cancel(finished.delegation.delegation_id)
    foreign = await ledger.record("other", "t", "x", "foreign")
    elsewhere = await ledger.record("s", "t2", "x", "elsewhere")
    for number, named in enumerate((running, finished.delegation, foreign.delegation, elsewhere.delegation)):
        message = replace(MESSAGE, message_id=f"m{number}", delegation_id=named.delegation_id)
        assert (await ledger.hold(message)).delegation_id != named.delegation_id
        unchanged = await ledger.get(named.delegation_id)
        assert unchanged is not None
        assert (unchanged.queue_id, unchanged.seq) == (None, named.seq if named is running else unchanged.seq)
    pending = await ledger.delegate(NewDelegation("s", "t", "x", priority=10))
    taken = await ledger.hold(replace(MESSAGE, message_id="p", delegation_id=pending.delegation.delegation_id))
    assert (taken.delegation_id, taken.priority) == (pending.delegation.delegation_id, 70)


@pytest.mark.req("Q2")
async def test_places_count_by_priority_and_then_by_arrival(ledger: Ledger) -> None:
    low = await ledger.hold(replace(MESSAGE, message_id="a", priority=10))
    high = await ledger.hold(replace(MESSAGE, message_id="b", priority=100))
    same = await ledger.hold(replace(MESSAGE, message_id="c", priority=10))
    found = [await ledger.queued(one.queue_id) for one in (low, high, same)]
    assert [one.position for one in found if one] == [2, 1, 3]
    assert {one.depth for one in found if one} == {3}
    claimed = [one.delegation.delegation_id for _ in range(3) for one in await ledger.claim("t", 1)]
    assert claimed == [high.delegation_id, low.delegation_id, same.delegation_id]
