"""B1 to B10 with a real platform and real agents: what comes back, and what the platform and its board know of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.text import clean
from headway.tools.delegations import WATCH_EVERY
from support import processes
from support.agents import ManualClock
from support.delegating import OddPlatform, begun, delegating, lead, until, until_ended
from support.platforms import NOBODY, eventually, platform
from support.scripted_http import scripted_server
from support.sdk_agents import sdk_agent
from support.tools import held, until_held


@pytest.mark.req("B1", "B4", "B7")
async def test_a_task_is_handed_over_at_once_and_its_result_comes_later(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        answer = await tools.delegate_to_workspace(target, "steps=2 delay=0")
        task_id = answer["task_id"]
        assert answer.keys() == {"success", "task_id", "status", "message"}
        assert (answer["success"], answer["status"]) == (True, "delegated")
        assert task_id in answer["message"]
        assert await until_ended(tools, task_id) == {
            "task_id": task_id,
            "workspace_id": target,
            "status": "completed",
            "task": "steps=2 delay=0",
            "result": "chunk 1\nchunk 2\n",
        }
        record = await served.until_status(task_id, "completed")
        assert (record["recorded"], record["source_id"]) == (True, served.source)
        assert record["result"] == "chunk 1\nchunk 2\n"
        [sent] = agent.agent.journal.of(Kind.SEND)
        assert sent.message_id == f"msg-{task_id}"
        assert await tools.check_delegation_status("nobody\x1b") == {
            "error": "No delegation found with task_id nobody\ufffd"
        }
        async with asyncio.timeout(30):
            path = f"/workspaces/{served.source}/activity"
            while not (notices := await served.get(path, type="delegation_complete")):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        [notice] = notices
        assert (notice["target_id"], notice["status"]) == (target, "ok")


@pytest.mark.req("B1", "B4", "B7", "E1")
async def test_a_board_sees_it_live(tmp_path: Path) -> None:
    """One agent delegates to another with its own token; a new snapshot, and the stream, show how it comes along."""
    async with platform(tmp_path) as served:
        gate = tmp_path / "go"
        async with sdk_agent("--steps", "2", "--gate", str(gate)) as agent:
            target = await served.workspace("coder", agent.url)
            issued = await served.http.post(
                "/registry/register",
                json={"id": served.source, "url": "http://127.0.0.1:9/", "agent_card": {"name": "lead"}},
            )
            token = issued.json()["auth_token"]
            async with delegating(tmp_path / "tools", served.url, served.source, token) as tools:
                task_id = await begun(tools, target, "write it")
                await served.log.until(lambda: task_id in served.log.rows)
                await served.log.until(lambda: served.log.rows[task_id].progress_percent == 50)
                [row] = (await served.get("/snapshot"))["delegations"]
                assert (row["delegation_id"], row["status"], row["recorded"]) == (task_id, "in_progress", True)
                assert "chunk 1" in row["progress"]["text"]
                assert row["progress_percent"] == 50
                working = await tools.check_delegation_status(task_id)
                assert (working["status"], working["progress_percent"]) == ("in_progress", 50)
                gate.touch()
                done = await until_ended(tools, task_id)
                await served.until_status(task_id, "completed")
                [row] = (await served.get("/snapshot"))["delegations"]
                assert (row["status"], row["result_preview"]) == ("completed", done["result"])
        assert served.log.statuses[task_id][0] == "dispatched"


@pytest.mark.req("B1", "B10")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_agents_of_the_sdk_of_either_version_and_without_streams(tmp_path: Path, dialect: str) -> None:
    async with (
        platform(tmp_path, discover="direct") as served,
        lead(served, tmp_path) as tools,
        sdk_agent("--dialect", dialect) as one,
        sdk_agent("--dialect", dialect, "--no-streaming") as two,
    ):
        for number, agent in enumerate((one, two)):
            target = await served.workspace(f"sdk {number}", agent.url)
            task_id = await begun(tools, target, "go")
            done = await until_ended(tools, task_id)
            assert (done["status"], "chunk 2" in done["result"]) == ("completed", True), done
            [sent] = agent.calls("sent")
            assert sent["message_id"] == f"msg-{task_id}"


@pytest.mark.req("B10")
async def test_hostile_text_comes_back_clean(tmp_path: Path) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("evil", BehaviorName.HOSTILE) as agent,
        lead(served, tmp_path) as tools,
    ):
        target = await served.workspace("evil", agent.url)
        done = await until_ended(tools, await begun(tools, target, "steps=3 delay=0"))
        assert done["status"] == "completed"
        assert done["result"] == clean(done["result"])
        assert done["result"]


@pytest.mark.req("B5", "B7")
async def test_what_the_agent_refuses_is_failed_here_and_there_in_its_own_words(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        task_id = await begun(tools, target, "steps=0")
        failed = await until_ended(tools, task_id)
        record = await served.until_status(task_id, "failed")
        assert failed["error"] == record["error"]
        assert "nothing was accepted" in failed["error"]
        nowhere = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert nowhere["error"] == "Discovery failed: HTTP 404"
        no_url = await served.workspace("no agent yet")
        assert (await until_ended(tools, await begun(tools, no_url, "look")))["status"] == "failed"


@pytest.mark.req("B6")
@pytest.mark.parametrize("ending", ["completed", "failed", "canceled"])
async def test_a_busy_peer_is_queued_and_its_answer_comes_later(tmp_path: Path, ending: str) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("coder", slots=1) as agent,
        lead(served, tmp_path) as tools,
    ):
        target = await served.workspace("coder", agent.url)
        holding = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(holding, "in_progress")
        task = "behavior=failing steps=1 delay=0" if ending == "failed" else "steps=1 delay=0"
        task_id = await begun(tools, target, task)
        await until(tools, task_id, lambda answer: answer["status"] == "queued")
        if ending == "canceled":
            answer = await tools.cancel_delegation(task_id, "not needed")
            assert (answer["success"], answer["status"]) == (True, "canceled")
            record = await served.until_status(task_id, "canceled")
            assert record["cancel_reason"] == "not needed"
        await served.cancel(holding)
        ended = await until_ended(tools, task_id)
        record = await served.until_status(task_id, ending)
        assert ended["status"] == ending
        assert ended.get("result") == record["result"]
        assert ended.get("error") == record["error"]
        assert "warnings" not in ended
        sends = [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)]
        assert sends == ([holding] if ending == "canceled" else [holding, f"msg-{task_id}"])


@pytest.mark.req("C9")
async def test_cancel_stops_the_agents_work_and_the_platform_knows(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        task_id = await begun(tools, target, "steps=2 delay=60")
        await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
        answer = await tools.cancel_delegation(task_id, "enough")
        assert answer.keys() == {"success", "task_id", "status", "confirmed", "message"}
        assert (answer["success"], answer["status"], answer["confirmed"]) == (True, "canceled", True)
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        record = await served.until_status(task_id, "canceled")
        assert (record["status_message"], record["cancel_reason"]) == ("the agent confirmed the cancel", "enough")
        again = await tools.cancel_delegation(task_id)
        assert (again["success"], again["status"]) == (False, "canceled")
        assert "ended already" in again["error"]
        assert (await tools.cancel_delegation("nobody"))["success"] is False
        checked = await tools.check_delegation_status(task_id)
        assert (checked["status"], checked["message"]) == ("canceled", "the agent confirmed the cancel")


@pytest.mark.req("C9")
async def test_an_agent_that_does_not_listen_is_told_of_as_such(tmp_path: Path) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("deaf", BehaviorName.IGNORE_CANCEL) as agent,
        lead(served, tmp_path, cancel_seconds=0.3) as tools,
    ):
        target = await served.workspace("deaf", agent.url)
        task_id = await begun(tools, target, "steps=2 delay=60")
        await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
        answer = await tools.cancel_delegation(task_id)
        assert (answer["status"], answer["confirmed"]) == ("canceled", False)
        assert "did not confirm" in answer["message"]
        record = await served.until_status(task_id, "canceled")
        assert "may still be working" in record["status_message"]


@pytest.mark.req("C9")
async def test_what_is_canceled_on_the_board_is_stopped_at_its_agent(tmp_path: Path) -> None:
    """The platform cannot ask: only whoever sent it knows the agent's task. Its next word is refused, and it looks."""
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        task_id = await begun(tools, target, "steps=2000 delay=0.05")
        await served.until_status(task_id, "in_progress")
        assert (await served.cancel(task_id, reason="wrong one")).status_code == 202
        ended = await until_ended(tools, task_id)
        assert ended["status"] == "canceled"
        assert "canceled on the platform" in ended["message"]
        await eventually(lambda: bool(agent.agent.journal.of(Kind.CANCEL)))


@pytest.mark.req("C9")
async def test_a_cancel_on_the_board_reaches_an_agent_that_has_gone_quiet(tmp_path: Path) -> None:
    """It says nothing, so no word about it is refused: the tools look by themselves."""
    clock = ManualClock()
    async with platform(tmp_path) as served, serve_agent("coder", BehaviorName.HANGING) as agent:
        async with lead(served, tmp_path, clock=clock) as tools:
            task_id = await begun(tools, await served.workspace("coder", agent.url), "steps=2 delay=0")
            await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
            await served.until_status(task_id, "in_progress")
            assert (await served.cancel(task_id, reason="wrong one")).status_code == 202
            # The platform answers before it has asked the agent; only then is there something to see.
            await served.until_status(task_id, "canceled")
            clock.advance(WATCH_EVERY)
            ended = await until_ended(tools, task_id)
        assert (ended["status"], "canceled on the platform" in ended["message"]) == ("canceled", True)
        # Once or twice: a report that is refused tells of the cancel, too.
        assert agent.agent.journal.of(Kind.CANCEL)


async def test_nothing_is_left_when_the_tools_are_closed(tmp_path: Path) -> None:
    odd = OddPlatform()
    with processes.agent(tmp_path / "agent.log") as agent:
        odd.agent_url = agent.url
        async with scripted_server(odd.handle) as server:
            before = held()
            async with delegating(tmp_path / "tools", server.url, odd.workspace) as tools:
                running = [await begun(tools, NOBODY, "steps=1 delay=60") for _ in range(5)]
                for task_id in running:
                    await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
                for _ in range(5):
                    await until_ended(tools, await begun(tools, NOBODY, "steps=1 delay=0"))
                assert (await tools.cancel_delegation(running[0]))["confirmed"] is True
            await until_held(before)
