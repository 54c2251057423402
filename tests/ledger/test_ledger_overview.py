"""Pages across workspaces while others write and evict, searching, counts, replies and retries in the ledger."""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.ledger import overview, searching
from headway.ledger.errors import Conflict, StaleAttempt
from headway.ledger.ledger import Ledger
from headway.ledger.records import Completion, Failure, Message, NewDelegation, NewWorkspace, Observation, Retention
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from support.ledgers import Clockwork, dispatched, numbered_ids

if TYPE_CHECKING:
    from headway.core.delegation import Delegation

WRITES = st.lists(st.sampled_from(["delegate", "finish", "evict", "claim", "index"]), max_size=4)


async def write(ledger: Ledger, clock: Clockwork, what: str) -> None:
    clock.ms += 1
    match what:
        case "delegate":
            await ledger.delegate(NewDelegation("s", "t", "a later task"))
        case "claim":
            await ledger.claim("t", 1)
        case "finish":
            for one in (await ledger.records(status=Status.DISPATCHED, limit=1)).delegations:
                await ledger.settle(one.delegation_id, None, Completion("done"))
        case "index":
            await ledger.index_texts()
        case "evict":
            await ledger.evict(Retention(finished=0))


async def walk(
    ledger: Ledger, clock: Clockwork, limit: int, search: str | None, between: list[list[str]]
) -> list[Delegation]:
    """Every page, others writing between one and the next."""
    seen: list[Delegation] = []
    page = await ledger.records(limit=limit, search=search)
    while True:
        seen += page.delegations
        assert len(page.delegations) <= limit
        if page.next is None:
            return seen
        for what in between.pop() if between else []:
            await write(ledger, clock, what)
        page = await ledger.records(limit=limit, search=search, before=page.next)


@pytest.mark.req("C14")
@settings(max_examples=30, deadline=None)
@example(begun=[False, True, True], limit=1, search=None, between=[["evict"]])
@given(
    begun=st.lists(st.booleans(), max_size=12),
    limit=st.integers(1, 5),
    search=st.none() | st.just("FIRST"),
    between=st.lists(WRITES, max_size=12),
)
def test_pages_hold_each_once_in_order_whatever_is_written_between(
    begun: list[bool], limit: int, search: str | None, between: list[list[str]]
) -> None:
    async def check(path: Path) -> None:
        clock = Clockwork()
        async with Ledger.open(path, clock=clock, new_id=numbered_ids()) as ledger:
            for number, ended in enumerate(begun):
                clock.ms += 1
                made = await ledger.delegate(NewDelegation("s", "t", f"first task {number}"))
                if ended:
                    await ledger.settle(made.delegation.delegation_id, None, Failure("no"))
            known = {one.delegation_id for one in (await ledger.records(limit=100)).delegations}
            seen = [one.delegation_id for one in await walk(ledger, clock, limit, search, between)]
            left = {one.delegation_id for one in (await ledger.records(limit=100)).delegations}
            assert seen == sorted(set(seen), reverse=True)
            assert known & left <= set(seen) <= known

    with tempfile.TemporaryDirectory(prefix="headway-pages-") as folder:
        asyncio.run(check(Path(folder) / "ledger.db"))


@pytest.mark.req("C14")
async def test_a_search_finds_whatever_the_case_and_wherever_it_stands(ledger: Ledger) -> None:
    coder = await ledger.add_workspace(NewWorkspace("Straße"))
    by_task = (await ledger.delegate(NewDelegation("s", "t", "fix the PÄRSER"))).delegation.delegation_id
    by_result = (await dispatched(ledger)).delegation_id
    await ledger.settle(by_result, None, Completion("the Pärser is fixed"))
    by_error = (await dispatched(ledger, target="u")).delegation_id
    await ledger.settle(by_error, None, Failure("no pärser"))
    by_name = (await ledger.delegate(NewDelegation("s", coder.id, "other"))).delegation.delegation_id

    async def found(search: str, **more: Status) -> list[str]:
        return [one.delegation_id for one in (await ledger.records(search=search, **more)).delegations]

    assert await found("pÄrser") == [by_error, by_result, by_task]
    assert await found("pärser", status=Status.FAILED) == [by_error]
    assert await found("STRASSE") == [by_name]
    assert await found(by_task[:8]) == [by_task]
    assert await found("%") == await found("_") == await found("nothing like it") == []


@pytest.mark.req("C14")
async def test_a_search_stops_at_its_bound_and_says_where_to_go_on(
    ledger: Ledger, clock: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = (await ledger.delegate(NewDelegation("s", "t", "needle"))).delegation.delegation_id
    for number in range(9):
        await ledger.delegate(NewDelegation("s", "t", f"hay {number}" * 10))
    monkeypatch.setattr(searching, "PART", 3)
    monkeypatch.setattr(clock, "monotonic", itertools.count().__next__)
    for stage in ("waiting", "ended", "indexed"):
        if stage == "ended":
            for one in await ledger.unfinished():
                await ledger.settle(one.delegation_id, None, Failure("no"))
        if stage == "indexed":
            assert await ledger.index_texts() == 10
            monkeypatch.setattr(searching, "SPAN", 3)
        page = await ledger.records(search="needle")
        pages = 1
        while not page.delegations:
            assert page.next is not None
            page = await ledger.records(search="needle", before=page.next)
            pages += 1
        assert [one.delegation_id for one in page.delegations] == [wanted]
        assert pages > 2


async def test_a_page_of_records_is_one_question(ledger: Ledger) -> None:
    for number in range(20):
        await ledger.delegate(NewDelegation("s", "t", f"task {number}"))
    selects: list[str] = []

    def note(_conn: object, _cursor: object, sql: str, *_: object) -> None:
        selects.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        page = await ledger.records(limit=20)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert [one.task for one in page.delegations] == [f"task {number}" for number in reversed(range(20))]
    assert len([sql for sql in selects if sql.lstrip().startswith("SELECT")]) == 1


@pytest.mark.req("C14")
async def test_stats_count_what_the_rows_say(ledger: Ledger, clock: Clockwork) -> None:
    oldest = clock.ms
    for number in range(6):
        await ledger.delegate(NewDelegation("s", f"t{number % 2}", "task"))
        clock.ms += 10_000
    [first] = await ledger.claim("t1", 1)
    await ledger.settle(first.delegation.delegation_id, None, Failure("no"))
    stats = await ledger.stats()
    counted = Counter(one.status for one in (await ledger.records()).delegations)
    assert stats.total == 6
    assert {status: count for status, count in stats.by_status.items() if count} == counted
    assert stats.active_by_target == {"t0": {Status.PENDING: 3}, "t1": {Status.PENDING: 2}}
    assert (stats.oldest_waiting_at, stats.seq) == (oldest, ledger.head)
    assert stats.finished_last_minute == {Status.CANCELED: 0, Status.COMPLETED: 0, Status.FAILED: 1}
    clock.ms += overview.RECENT_MS
    assert (await ledger.stats()).finished_last_minute[Status.FAILED] == 0


@pytest.mark.req("C10")
async def test_a_reply_takes_over_from_the_stream_before_it(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    asks = Observation(status=Status.INPUT_REQUIRED, status_message="which?", remote_task_id="r1")
    await ledger.append(one.delegation_id, 1, asks)
    row, reply = await ledger.reply(one.delegation_id, "this one")
    assert (row.status, row.attempt) == (Status.IN_PROGRESS, 2)
    assert await ledger.undelivered_replies() == {one.delegation_id: reply}
    for late in (ledger.append(one.delegation_id, 1, asks), ledger.settle(one.delegation_id, 1, Completion("late"))):
        with pytest.raises(StaleAttempt):
            await late
    with pytest.raises(Conflict, match="is in_progress and asks for no input"):
        await ledger.reply(one.delegation_id, "that one")
    row = await ledger.reply_not_delivered(one.delegation_id, 2, "lost")
    assert (row.status, row.status_message) == (Status.INPUT_REQUIRED, "lost")
    assert await ledger.undelivered_replies() == {}
    await ledger.reply(one.delegation_id, "again")
    with pytest.raises(StaleAttempt):
        await ledger.reply_not_delivered(one.delegation_id, 2, "lost")
    await ledger.reply_delivered(one.delegation_id, 3)
    assert await ledger.undelivered_replies() == {}
    await ledger.request_cancel(one.delegation_id)
    assert (await ledger.reply_not_delivered(one.delegation_id, 3, "lost")).status is Status.CANCELING


@pytest.mark.req("C10")
async def test_a_reply_needs_a_task_that_can_be_named(ledger: Ledger) -> None:
    one = await dispatched(ledger)
    await ledger.append(one.delegation_id, 1, Observation(status=Status.INPUT_REQUIRED))
    with pytest.raises(Conflict, match="has named no task"):
        await ledger.reply(one.delegation_id, "this one")


@pytest.mark.req("C10")
async def test_a_retry_of_a_queued_message_is_that_message_under_an_id_of_its_own(ledger: Ledger) -> None:
    asked = {
        "message": {"messageId": "m1", "parts": [{"data": {"x": 1}}], "contextId": "c1"},
        "metadata": {"parent_task_id": "p1"},
    }
    queued = await ledger.hold(Message("s", "t", "m1", "look", request=json.dumps(asked)))
    await ledger.settle(queued.delegation_id, None, Failure("no"))
    retried = (await ledger.retry("s", queued.delegation_id)).delegation
    [claimed] = await ledger.claim("t", 10)
    assert claimed.delegation.delegation_id == retried.delegation_id
    assert claimed.request is not None
    message = dict(claimed.request["message"])
    assert message.pop("messageId") == message.pop("metadata")["delegation_id"] == retried.delegation_id
    assert message == {"parts": [{"data": {"x": 1}}], "contextId": "c1"}
    assert claimed.request["metadata"] == {"parent_task_id": "p1"}
    assert claimed.delegation.context_id is None
    # Its own message may come again meanwhile, and is another one.
    again = await ledger.hold(Message("s", "t", "m1", "look", request=json.dumps(asked)))
    assert again.delegation_id not in (queued.delegation_id, retried.delegation_id)
