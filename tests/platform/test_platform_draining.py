"""Q5, Q6, Q8: what drains a queue, in which order, and how what waited is told from what did not."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from support.platforms import Api, platform, silent_target


async def heartbeat(served: Api, workspace_id: str, **facts: object) -> None:
    answer = await served.http.post("/registry/heartbeat", json={"workspace_id": workspace_id, **facts})
    assert answer.status_code == 200, answer.text


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
        await heartbeat(served, target.workspace, active_tasks=1)
        other = await served.delegate(target.workspace, "look too")
        await served.until_status(other, "queued")
        assert len(target.bodies) == 1
        await heartbeat(served, target.workspace, active_tasks=0)
        await target.received(2)
        assert [body["params"]["message"]["messageId"] for body in target.bodies] == [delegation_id] * 2
        assert (await served.record(delegation_id))["attempt"] == 2
