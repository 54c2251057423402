"""How delegations go on and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import ACTIVE, Status, Via
from headway.core.progress import Splice
from headway.ledger.errors import AlreadyFinished, IllegalMove, NotFound, StaleAttempt
from headway.ledger.records import (
    Beat,
    Cancellation,
    Completion,
    Failure,
    NewDelegation,
    NewWorkspace,
    Observation,
    Undelivered,
)
from support.ledgers import Clockwork, dispatched

if TYPE_CHECKING:
    from headway.ledger.ledger import Ledger

WORKING = Observation(status=Status.IN_PROGRESS)


async def types(ledger: Ledger, after: int = 0) -> list[str]:
    return [event.type.removeprefix("DELEGATION_") for event in await ledger.replay(after, 100)]


async def test_an_observation_becomes_a_status_and_a_progress_event(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    clock.ms += 5
    row = await ledger.append(
        one.delegation_id,
        1,
        Observation(Status.IN_PROGRESS, "reading", 25.0, Splice(0, "first"), "remote-1", "context-1", "1.0"),
    )
    assert await types(ledger, one.seq) == ["STATUS", "PROGRESS"]
    assert (row.status, row.status_message, row.progress_percent) == (Status.IN_PROGRESS, "reading", 25.0)
    assert row.last_activity_at == clock.ms
    kept = await ledger.get(one.delegation_id)
    assert kept is not None
    assert (kept.remote_task_id, kept.context_id, kept.dialect) == ("remote-1", "context-1", "1.0")
    assert (kept.progress_offset, kept.progress_text, kept.seq) == (0, "first", row.seq)


async def test_what_says_nothing_new_writes_nothing(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    seen = Observation(Status.IN_PROGRESS, "reading", 25.0, Splice(0, "first"))
    before = await ledger.append(one.delegation_id, 1, seen)
    clock.ms += 1_000
    for repeated in (seen, WORKING, Observation(status=Status.DISPATCHED), Observation(splice=Splice(2, "rst"))):
        assert await ledger.append(one.delegation_id, 1, repeated) == before
    assert ledger.head == before.seq


async def test_text_alone_is_a_sign_of_work(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    row = await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "hello")))
    assert row.status is Status.IN_PROGRESS


async def test_input_required_stays_until_the_agent_goes_on(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    await ledger.append(one.delegation_id, 1, Observation(Status.INPUT_REQUIRED, "which one?"))
    row = await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "pick one")))
    assert (row.status, row.status_message) == (Status.INPUT_REQUIRED, "which one?")
    row = await ledger.append(one.delegation_id, 1, WORKING)
    assert (row.status, row.status_message) == (Status.IN_PROGRESS, None)


async def test_a_stuck_one_comes_back_by_news_and_not_by_an_unchanged_working(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    await ledger.append(one.delegation_id, 1, WORKING)
    clock.ms += 1_000
    assert await ledger.mark_stuck(clock.ms) == [one.delegation_id]
    stuck = await ledger.append(one.delegation_id, 1, WORKING)
    assert stuck.status is Status.STUCK
    row = await ledger.append(one.delegation_id, 1, Observation(splice=Splice(0, "back")))
    assert (row.status, row.last_activity_at) == (Status.IN_PROGRESS, clock.ms)


async def test_a_heartbeat_that_names_it_brings_a_stuck_one_back(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    clock.ms += 1_000
    await ledger.mark_stuck(clock.ms)
    await ledger.add_workspace(NewWorkspace("target", id="t"))
    await ledger.heartbeat("t", Beat(current_task=one.delegation_id), clock.ms)
    row = await ledger.get(one.delegation_id)
    assert row is not None
    assert (row.status, row.last_activity_at) == (Status.IN_PROGRESS, clock.ms)
    assert await ledger.mark_stuck(clock.ms) == []


async def test_one_that_never_answered_comes_back_with_its_first_working(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    clock.ms += 1
    await ledger.mark_stuck(clock.ms)
    assert (await ledger.append(one.delegation_id, 1, WORKING)).status is Status.IN_PROGRESS


async def test_a_late_answer_of_an_earlier_attempt_is_refused(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    await ledger.put_back(one.delegation_id, 1, Undelivered("busy", 0))
    await ledger.claim("t", 1)
    with pytest.raises(StaleAttempt, match="attempt 1 says is refused"):
        await ledger.append(one.delegation_id, 1, WORKING)
    with pytest.raises(StaleAttempt):
        await ledger.settle(one.delegation_id, 1, Completion("late"))
    row = await ledger.settle(one.delegation_id, 2, Completion("in time"))
    assert row.result_preview == "in time"


@pytest.mark.parametrize("status", sorted(ACTIVE - {Status.IN_PROGRESS, Status.INPUT_REQUIRED, Status.DISPATCHED}))
async def test_an_agent_cannot_be_seen_doing_what_only_we_decide(ledger: Ledger, status: Status) -> None:
    one = await dispatched(ledger)
    with pytest.raises(IllegalMove):
        await ledger.append(one.delegation_id, 1, Observation(status=status))


async def test_what_waits_has_nothing_to_observe(ledger: Ledger) -> None:
    made = (await ledger.delegate(NewDelegation("s", "t", "task"))).delegation
    with pytest.raises(IllegalMove):
        await ledger.append(made.delegation_id, 0, WORKING)
    with pytest.raises(IllegalMove):
        await ledger.settle(made.delegation_id, 0, Completion("never sent"))
    with pytest.raises(NotFound):
        await ledger.append("nothing", None, WORKING)


async def test_the_first_terminal_status_wins(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    done = await ledger.settle(one.delegation_id, 1, Completion("x" * 500, Via.RESUME))
    assert (done.status, done.result_preview, done.via) == (Status.COMPLETED, "x" * 200, Via.RESUME)
    for outcome in (Failure("late"), Cancellation(confirmed=True, message="late")):
        with pytest.raises(AlreadyFinished) as refused:
            await ledger.settle(one.delegation_id, 1, outcome)
        assert refused.value.status is Status.COMPLETED
    with pytest.raises(AlreadyFinished):
        await ledger.append(one.delegation_id, 1, WORKING)
    assert await ledger.settle(one.delegation_id, 1, Completion("another")) == done
    kept = await ledger.get(one.delegation_id)
    assert kept is not None
    assert kept.result == "x" * 500
    assert ledger.head == done.seq


async def test_a_replay_that_brings_the_missing_result_is_kept(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    done = await ledger.settle(one.delegation_id, 1, Completion())
    clock.ms += 5_000
    row = await ledger.settle(one.delegation_id, None, Completion("the answer", Via.QUEUE_DRAIN))
    assert (row.result_preview, row.via) == ("the answer", Via.QUEUE_DRAIN)
    assert (row.finished_at, row.updated_at) == (done.finished_at, done.updated_at)
    kept = await ledger.get(one.delegation_id)
    assert kept is not None
    assert kept.result == "the answer"


async def test_cancel_of_one_that_waits_is_at_once(ledger: Ledger) -> None:
    made = (await ledger.delegate(NewDelegation("s", "t", "task"))).delegation
    row = await ledger.request_cancel(made.delegation_id, "no longer needed")
    assert (row.status, row.status_message) == (Status.CANCELED, "canceled before it was sent to the agent")
    payload = (await ledger.replay(made.seq, 1))[0].decode().payload
    assert payload.reason == "no longer needed"  # type: ignore[attr-defined]
    assert await ledger.claim("t", 1) == []


async def test_cancel_of_one_that_runs_waits_for_its_agent(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    clock.ms += 10
    asked = await ledger.request_cancel(one.delegation_id, "too slow")
    assert asked.status is Status.CANCELING
    clock.ms += 10
    assert await ledger.request_cancel(one.delegation_id, "again") == asked
    row = await ledger.append(one.delegation_id, 1, Observation(Status.IN_PROGRESS, "busy", 50.0, Splice(0, "more")))
    assert (row.status, row.progress_percent, row.status_message) == (Status.CANCELING, 50.0, asked.status_message)
    ended = await ledger.settle(one.delegation_id, 1, Cancellation(confirmed=True, message="the agent confirmed"))
    assert (ended.status, ended.status_message) == (Status.CANCELED, "the agent confirmed")
    kept = await ledger.get(one.delegation_id)
    assert kept is not None
    assert (kept.cancel_requested_at, kept.progress_text) == (one.updated_at + 10, "more")
    payload = (await ledger.replay(ended.seq - 1, 1))[0].decode().payload
    assert (payload.confirmed, payload.reason) == (True, "too slow")  # type: ignore[attr-defined]
    with pytest.raises(AlreadyFinished, match="already canceled"):
        await ledger.request_cancel(one.delegation_id)


async def test_one_that_finished_before_the_cancel_reached_it_says_so(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    await ledger.request_cancel(one.delegation_id)
    row = await ledger.settle(one.delegation_id, 1, Completion("done all the same"))
    assert row.status is Status.COMPLETED


async def test_a_source_updates_its_own_only(ledger: Ledger) -> None:
    await ledger.record("s", "t", "task", "mine")
    with pytest.raises(NotFound):
        await ledger.update("other", "mine", Status.COMPLETED)
    assert (await ledger.update("s", "mine", Status.DISPATCHED)).status is Status.DISPATCHED
    assert (await ledger.update("s", "mine", Status.IN_PROGRESS)).status is Status.IN_PROGRESS
    row = await ledger.update("s", "mine", Status.COMPLETED, response_preview="all done")
    assert (row.status, row.result_preview) == (Status.COMPLETED, "all done")
    with pytest.raises(AlreadyFinished):
        await ledger.update("s", "mine", Status.FAILED, error="no")
    with pytest.raises(AlreadyFinished):
        await ledger.update("s", "mine", Status.QUEUED)
    with pytest.raises(IllegalMove):
        await ledger.update("s", "mine", Status.STUCK)


async def test_a_clock_that_goes_back_takes_no_row_with_it(ledger: Ledger, clock: Clockwork) -> None:
    one = await dispatched(ledger)
    clock.ms -= 60_000
    row = await ledger.append(one.delegation_id, 1, WORKING)
    assert row.updated_at == one.updated_at
