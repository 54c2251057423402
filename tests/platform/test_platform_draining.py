"""Q2, Q5, Q6, Q8, Q9: what drains a queue, in which order, and how what waited is told from what did not."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.agents import CANCEL, SEND, Wire, envelope, message_params, task_of
from support.platforms import eventually, platform, silent_target


@pytest.mark.req("Q8")
async def test_what_waited_completes_by_way_of_the_queue_and_what_did_not_directly(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        first = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(first, "in_progress")
        waiting = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(waiting, "queued")
        await served.cancel(first)
        record = await served.until_status(waiting, "completed")
        assert (record["via"], record["tries"]) == ("queue_drain", 0)
        [complete] = [seen for seen in served.log.of(waiting) if seen.type == "DELEGATION_COMPLETE"]
        assert complete.data["via"] == "queue_drain"
        direct = await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        assert (direct["via"], direct["queued_at"]) == ("direct", None)


@pytest.mark.req("Q5")
async def test_a_heartbeat_with_spare_capacity_drains_the_queue_and_one_without_does_not(
    tmp_path: Path,
) -> None:
    async with platform(tmp_path, busy_pause=600) as served, silent_target(served) as target:
        delegation_id = await served.delegate(target.workspace, "look")
        await target.received(1)
        target.busy = {"busy": True}
        target.answer(1)
        await served.until_status(delegation_id, "queued")
        await served.heartbeat(target.workspace, active_tasks=1)
        other = await served.delegate(target.workspace, "look too")
        await served.until_status(other, "queued")
        assert len(target.bodies) == 1
        await served.heartbeat(target.workspace, active_tasks=0)
        await target.received(2)
        assert [body["params"]["message"]["messageId"] for body in target.bodies] == [delegation_id] * 2
        assert (await served.record(delegation_id))["attempt"] == 2


@pytest.mark.req("Q5")
async def test_a_heartbeat_drains_one_for_each_slot_that_is_free(tmp_path: Path) -> None:
    """Four slots, of which the heartbeat says that others hold one: three of the nine that wait go out."""
    async with platform(tmp_path) as served, silent_target(served, slots=4) as target:
        await served.heartbeat(target.workspace, active_tasks=4)
        ids = [await served.delegate(target.workspace, "look") for _ in range(9)]
        for delegation_id in ids:
            await served.until_status(delegation_id, "queued")
        assert not target.bodies
        await served.heartbeat(target.workspace, active_tasks=1)
        await target.received(3)
        for _ in range(3):
            await served.heartbeat(target.workspace, active_tasks=4)
        assert sorted(body["params"]["message"]["messageId"] for body in target.bodies) == sorted(ids[:3])
        assert [(await served.record(one))["status"] for one in ids] == ["dispatched"] * 3 + ["queued"] * 6


@pytest.mark.req("Q2", "Q6", "Q9")
async def test_two_hundred_for_one_slot_all_complete_in_order_and_each_is_delivered_once(tmp_path: Path) -> None:
    """Others use the agent, too, and again and again it refuses ours; whatever is refused keeps its place."""
    async with platform(tmp_path, busy_pause=0.01) as served, serve_agent("coder", slots=1) as agent:
        target = await served.workspace("coder", agent.url)
        wire, journal = Wire(agent.url), agent.agent.journal
        other = await wire.start("1.0", "steps=1 delay=600")
        sent = [served.delegate(target, "steps=1 delay=0", priority=(50, 10, 100, 50)[at % 4]) for at in range(200)]
        ids = await asyncio.gather(*sent)
        for refusals in range(1, 6):
            await eventually(lambda goal=refusals: len(journal.of(Kind.REFUSED)) >= goal)
            await wire.result(CANCEL["1.0"], {"id": other})
            await served.heartbeat(target, active_tasks=0)
            if refusals < 5:
                goal = 30 * refusals
                await eventually(lambda goal=goal: len(journal.of(Kind.SEND)) >= goal)
                other = await _occupy(wire)
        for delegation_id in ids:
            await served.log.until(lambda one=delegation_id: served.log.rows[one].status.is_terminal, within=60)
        arrived = [seen.data for seen in served.log.events if seen.type == "DELEGATION_SENT"]
        wanted = [data["delegation_id"] for data in sorted(arrived, key=lambda data: -data["priority"])]
        assert [entry.message_id for entry in journal.of(Kind.SEND) if entry.message_id in set(ids)] == wanted
        records = [await served.record(one) for one in ids]
        assert {(record["status"], record["via"], record["tries"]) for record in records} == {
            ("completed", "queue_drain", 0)
        }


async def _occupy(wire: Wire) -> str:
    """Get the agent's one slot between two of ours, for as long as it takes; the task's id."""
    while True:
        params = message_params("1.0", "steps=1 delay=600", configuration={"returnImmediately": True})
        answer = await wire.post(envelope(SEND["1.0"], params), version="1.0")
        if answer.status_code == 200:
            return str(task_of(answer.json()["result"])["id"])
        await asyncio.sleep(0)


@pytest.mark.req("Q9")
async def test_drains_at_once_hand_each_out_once(tmp_path: Path) -> None:
    async with platform(tmp_path, claim_batch=3) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=8)
        await served.heartbeat(target, active_tasks=8)
        ids = await asyncio.gather(*(served.delegate(target, "steps=1 delay=0.01") for _ in range(40)))
        for delegation_id in ids:
            await served.until_status(delegation_id, "queued")
        await asyncio.gather(*(served.heartbeat(target, active_tasks=0) for _ in range(20)))
        for delegation_id in ids:
            await served.until_status(delegation_id, "completed")
        assert Counter(entry.message_id for entry in agent.agent.journal.of(Kind.SEND)) == Counter(ids)
        assert {(await served.record(one))["attempt"] for one in ids} == {1}
