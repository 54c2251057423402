"""C8: deadline, expiry, stuck and back; and what becomes of delegations when their agent is removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.fronts import front
from support.platforms import eventually, platform


@pytest.mark.req("C8")
async def test_a_running_one_past_its_deadline_is_failed_and_its_agent_told(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=1 delay=60", deadline_seconds=1)
        record = await served.until_status(delegation_id, "failed")
        assert record["error"] == f"deadline exceeded: it was due at {record['deadline']}"
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")


@pytest.mark.req("C8", "Q4")
async def test_a_queued_one_past_its_deadline_or_expiry_is_failed_and_never_sent(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await served.until_status(await served.delegate(target, "steps=1 delay=60"), "in_progress")
        late = await served.delegate(target, "late", deadline_seconds=1)
        expired = await served.delegate(target, "expired", expires_in_seconds=1)
        assert (await served.until_status(late, "failed"))["error"].startswith("deadline exceeded: ")
        assert (await served.until_status(expired, "failed"))["error"].startswith("expired in the queue at ")
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("Q4")
async def test_the_reason_of_an_expiry_names_what_it_was_waited_for(tmp_path: Path) -> None:
    async with platform(tmp_path, retry_pause=600) as served:
        async with serve_agent("coder") as agent:
            target = await served.workspace("coder", agent.url)
        expired = await served.delegate(target, "expired", expires_in_seconds=1)
        record = await served.until_status(expired, "failed")
        assert record["error"].startswith(
            f"expired in the queue at {record['expires_at']}, before its agent took it on"
        )
        assert "could not reach the agent: refused" in record["error"]


async def test_a_runtime_says_for_how_long_its_agent_may_be_silent(tmp_path: Path) -> None:
    """After that the agent is asked how its task stands, where it would otherwise be left alone for minutes."""
    async with platform(tmp_path) as served, serve_agent("coder") as agent, front(agent.url) as proxy:
        target = await served.workspace("coder", proxy.url)
        body = {"workspace_id": target, "active_tasks": 0, "runtime_metadata": {"idle_timeout_seconds": 0.2}}
        assert (await served.http.post("/registry/heartbeat", json=body)).status_code == 200
        delegation_id = await served.delegate(target, "steps=2 delay=0 at=1 behavior=hanging")
        await served.until_status(delegation_id, "in_progress")
        await eventually(lambda: "GetTask" in proxy.methods)
        assert (await served.record(delegation_id))["status"] == "in_progress"


@pytest.mark.req("C8", "C4")
async def test_silence_makes_it_stuck_and_a_sign_of_life_brings_it_back(tmp_path: Path) -> None:
    async with platform(tmp_path, stuck_after=0.25) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0.8")
        record = await served.until_status(delegation_id, "completed")
        assert served.log.statuses[delegation_id][0] == "pending"
        seen = [status for status in served.log.statuses[delegation_id] if status in ("stuck", "in_progress")]
        turns = [status for status, before in zip(seen, [None, *seen], strict=False) if status != before]
        assert turns == ["in_progress", "stuck", "in_progress", "stuck", "in_progress"]
        assert record["result"] == "chunk 1\nchunk 2\n"


@pytest.mark.req("C8")
async def test_an_unchanged_answer_to_a_poll_is_no_sign_of_life(tmp_path: Path) -> None:
    async with platform(tmp_path, stuck_after=0.3) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0 at=1 behavior=hanging")
        await served.until_status(delegation_id, "stuck")
        polled = (await served.ask(f"delegations/{delegation_id}/poll")).json()
        assert polled["status"] == "stuck"
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        await served.until_status(delegation_id, "canceled")


async def test_removing_a_workspace_fails_what_runs_and_waits_there(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        running = await served.delegate(target, "steps=1 delay=60")
        waiting = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(running, "in_progress")
        await served.until_status(waiting, "queued")
        assert (await served.http.delete(f"/workspaces/{target}")).status_code == 204
        for delegation_id in (running, waiting):
            assert (await served.until_status(delegation_id, "failed"))["error"] == "workspace coder was removed"
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        late = await served.until_status(await served.delegate(target, "look"), "failed")
        assert late["error"] == "unknown target workspace"
        assert (await served.http.delete(f"/workspaces/{target}")).status_code == 404
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


async def test_deadlines_pass_while_tasks_are_being_claimed(tmp_path: Path) -> None:
    """Slots are given back whatever ends a delegation, at whatever moment."""
    async with platform(tmp_path, sweep_every=0.01) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=3)
        # Half of them have time enough however slow the machine is, and there is not enough for all of the others.
        ids = await asyncio.gather(
            *(served.delegate(target, "steps=1 delay=0.4", deadline_seconds=limit) for limit in (1, 60) * 15)
        )
        for delegation_id in ids:
            await served.log.until(lambda one=delegation_id: served.log.rows[one].status.is_terminal)
        ends = [served.log.rows[one].status for one in ids]
        assert "completed" in ends
        assert "failed" in ends
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        await served.until_free(target)
