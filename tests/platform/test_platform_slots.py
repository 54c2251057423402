"""Slots: how many an agent is given at once, who comes next, and what a busy agent leads to."""

from __future__ import annotations

import asyncio
from pathlib import Path

from headway.agents.fleet import serve_agent
from headway.agents.journal import Entry, Kind
from support.platforms import Api, broken_ledger, eventually, platform, silent_target


def most_at_once(entries: list[Entry]) -> int:
    working: set[str] = set()
    most = 0
    for entry in entries:
        if entry.event is Kind.STARTED:
            working.add(entry.task_id)
        elif entry.event is Kind.STOPPED:
            working.discard(entry.task_id)
        most = max(most, len(working))
    return most


async def test_two_slots_and_ten_tasks_are_never_more_than_two_at_once(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=2)
        holding = [await served.delegate(target, "steps=1 delay=60") for _ in range(2)]
        ids = [await served.delegate(target, "steps=2 delay=0.03") for _ in range(8)]
        for delegation_id in ids:
            await served.until_status(delegation_id, "queued")
        seat = await served.get(f"/workspaces/{target}")
        assert (seat["active_tasks"], seat["queue_depth"]) == (2, 8)
        for delegation_id in holding:
            await served.cancel(delegation_id)
        for delegation_id in ids:
            await served.until_status(delegation_id, "completed")
            statuses = served.log.statuses[delegation_id]
            assert statuses[statuses.index("queued") + 1] == "dispatched"
        journal = agent.agent.journal
        assert most_at_once(list(journal.entries)) == 2
        assert sorted(sent.message_id for sent in journal.of(Kind.SEND)) == sorted(holding + ids)
        assert not journal.of(Kind.REFUSED)


async def test_what_comes_for_a_full_agent_is_queued_from_its_beginning(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        running = await served.delegate(target, "steps=1 delay=60")
        first = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(first, "queued")
        later = [await served.delegate(target, "steps=1 delay=0") for _ in range(3)]
        for delegation_id in later:
            record = await served.record(delegation_id)
            assert record["status"] == "queued"
            assert record["queued_at"] == record["created_at"]
        await served.cancel(running)
        for delegation_id in later:
            await served.until_status(delegation_id, "completed")
            sent = served.log.of(delegation_id)[0]
            assert (sent.type, sent.data["status"]) == ("DELEGATION_SENT", "queued")
            assert served.log.statuses[delegation_id][:2] == ["queued", "dispatched"]
        assert [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)] == [running, first, *later]


async def test_what_comes_for_one_that_was_full_and_is_removed_fails(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await served.heartbeat(target, active_tasks=1)
        await served.until_status(await served.delegate(target, "look"), "queued")
        assert (await served.http.delete(f"/workspaces/{target}")).is_success
        record = await served.until_status(await served.delegate(target, "look"), "failed")
        assert record["error"] == "unknown target workspace"


async def test_priority_comes_first_and_then_arrival(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        first = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(first, "in_progress")
        order = {}
        for name, priority in (("a", 50), ("info", 10), ("b", 50), ("critical", 100), ("c", 50)):
            order[name] = await served.delegate(target, "steps=1 delay=0", priority=priority)
            await served.until_status(order[name], "queued")
        await served.cancel(first)
        for delegation_id in order.values():
            await served.until_status(delegation_id, "completed")
        sent = [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)]
        assert sent[1:] == [order[name] for name in ("critical", "a", "b", "c", "info")]


async def test_a_busy_agent_leads_back_to_the_queue_and_each_is_delivered_once(tmp_path: Path) -> None:
    """The agent has one slot and says 503 busy; the platform believes that there are four."""
    async with platform(tmp_path) as served, serve_agent("coder", slots=1) as agent:
        target = await served.workspace("coder", agent.url, slots=4)
        ids = [await served.delegate(target, "steps=1 delay=0.05") for _ in range(5)]
        records = [await served.until_status(delegation_id, "completed") for delegation_id in ids]
        journal = agent.agent.journal
        assert sorted(sent.message_id for sent in journal.of(Kind.SEND)) == sorted(ids)
        assert journal.of(Kind.REFUSED)
        assert most_at_once(list(journal.entries)) == 1
        refused = {entry.message_id for entry in journal.of(Kind.REFUSED)}
        for record in records:
            statuses = served.log.statuses[record["delegation_id"]]
            again = record["delegation_id"] in refused
            assert (record["attempt"] > 1) is again
            assert ("queued" in statuses[statuses.index("dispatched") :]) is again


async def test_an_agent_that_says_busy_again_before_it_is_tried_again_is_still_tried(tmp_path: Path) -> None:
    """Its second word moves the moment of the next try past the one that was set; that one may not be the last."""
    async with platform(tmp_path) as served, silent_target(served, slots=2) as target:
        ids = [await served.delegate(target.workspace, "look") for _ in range(2)]
        await target.received(2)
        target.busy = {"busy": True, "retry_after": 0.3}
        for answered in (1, 2):
            target.answer(1)
            await served.log.until(lambda goal=answered: _said(served, ids, "queued", 1) == goal)
        await target.received(4)
        await served.log.until(lambda: _said(served, ids, "dispatched", 2) == 2)
        assert [(await served.record(delegation_id))["attempt"] for delegation_id in ids] == [2, 2]


def _said(served: Api, ids: list[str], status: str, attempt: int) -> int:
    wanted = {"status": status, "attempt": attempt}
    return sum(wanted.items() <= seen.data.items() for one in ids for seen in served.log.of(one))


async def test_two_agents_of_one_name_are_two(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as one, serve_agent("coder") as two:
        targets = [await served.workspace("coder", agent.url) for agent in (one, two)]
        ids = [await served.delegate(target, "the same task steps=1 delay=0") for target in targets]
        for delegation_id in ids:
            await served.until_status(delegation_id, "completed")
        sent = [[entry.message_id for entry in agent.agent.journal.of(Kind.SEND)] for agent in (one, two)]
        assert sent == [[ids[0]], [ids[1]]]


async def test_an_outage_of_the_ledger_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """While nothing can be written agents go on; what they said is written afterwards."""
    async with platform(tmp_path, ledger_retry=0.05) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=4)
        ids = [await served.delegate(target, f"steps={8 + number} delay=0.03") for number in range(8)]
        await served.until_status(ids[3], "in_progress")
        with broken_ledger(tmp_path):
            assert (await served.http.get("/health")).status_code in (200, 503)
            journal = agent.agent.journal
            await eventually(lambda: bool(journal.of(Kind.STOPPED)))
        for number, delegation_id in enumerate(ids):
            record = await served.until_status(delegation_id, "completed")
            assert record["result"].count("chunk") == 8 + number
            assert record["progress_text"] == record["result"]
        assert sorted(sent.message_id for sent in journal.of(Kind.SEND)) == sorted(ids)


async def test_more_than_a_batch_of_free_slots_is_filled(tmp_path: Path) -> None:
    async with platform(tmp_path, claim_batch=7) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=150)
        ids = await asyncio.gather(*(served.delegate(target, "steps=1 delay=60") for _ in range(40)))
        for delegation_id in ids:
            await served.until_status(delegation_id, "in_progress")
        assert (await served.get(f"/workspaces/{target}"))["active_tasks"] == 40
