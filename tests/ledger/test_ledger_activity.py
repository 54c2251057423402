"""What is logged of workspaces, what of it is kept, and results that are left with the settle or not at all."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.ledger.errors import LedgerUnavailable, NotFound
from headway.ledger.ledger import Ledger
from headway.ledger.records import Completion, NewActivity, NewWorkspace, Retention
from support.ledgers import Clockwork, dispatched, numbered_ids

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_ELSE = {"finished": None, "finished_ms": None, "events": None, "events_ms": None}


async def test_entries_beyond_count_and_age_are_forgotten_oldest_first(ledger: Ledger, clock: Clockwork) -> None:
    made = await ledger.add_workspace(NewWorkspace("scout"))
    for number in range(1_203):
        clock.ms += 1
        await ledger.log_activity(NewActivity(made.id, "agent_log", request_body=number))
    by_count = await ledger.evict(Retention(**NOTHING_ELSE, activity=3, activity_ms=None))
    assert by_count.activity == 1_200
    assert [one.request_body for one in await ledger.activity(made.id)] == [1_202, 1_201, 1_200]
    by_age = await ledger.evict(Retention(**NOTHING_ELSE, activity=None, activity_ms=1))
    assert by_age.activity == 1
    assert (await ledger.evict(Retention(**NOTHING_ELSE, activity=None, activity_ms=None))).activity == 0
    with pytest.raises(NotFound):
        await ledger.log_activity(NewActivity("nobody", "agent_log"))


@pytest.mark.req("C7")
async def test_a_result_is_left_in_the_inbox_with_the_settle_or_neither_is(path: Path, clock: Clockwork) -> None:
    async with Ledger.open(path, clock=clock, new_id=numbered_ids(), inbox_push=True) as ledger:
        running = await dispatched(ledger)
        other = sqlite3.connect(path, timeout=10)
        other.execute("ALTER TABLE activity RENAME TO activity_away")
        with pytest.raises(LedgerUnavailable):
            await ledger.settle(running.delegation_id, 1, Completion("found it"))
        other.execute("ALTER TABLE activity_away RENAME TO activity")
        other.close()
        still = await ledger.get(running.delegation_id)
        assert still is not None
        assert still.status is Status.DISPATCHED
        await ledger.settle(running.delegation_id, 1, Completion("x" * 40_000))
        [left] = await ledger.activity("s")
        assert left.response_body["text"].endswith("[cut: 40,000 characters]")
        assert len(left.response_body["text"]) <= 32_768
