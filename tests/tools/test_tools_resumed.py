"""The registry survives kill -9 at any moment: what runs goes on, nothing is sent twice, what has ended is kept."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from support import processes
from support.agents import eventually
from support.scripted_http import Exchange, scripted_server
from support.sdk_agents import sdk_agent
from support.tools import tools_in, until, until_ended
from support.tools_child import child


def sends(log: Path) -> Counter[str]:
    return Counter(line["message_id"] for line in processes.journal(log, "send"))


@pytest.mark.req("A17")
@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_random_moments_every_task_ends_and_none_is_sent_twice(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    log = tmp_path / "agent.jsonl"
    with processes.agent(log) as agent:
        work = {f"t{n}": f"steps=20 delay=0.05 echo=answer-{n}" for n in range(15)}
        asked: list[str] = []
        acknowledged: set[str] = set()
        waiting = list(work)
        for _ in range(3):
            async with child(tmp_path) as tools:
                await tools.line()
                batch = [waiting.pop() for _ in range(min(len(waiting), rng.randint(2, 5)))]
                for task_id in batch:
                    await tools.order("send", task_id, agent.url, *work[task_id].split())
                    asked.append(task_id)
                # Killed at a line of its own, or at a step of the agent's: moments that hurt, not moments of a clock.
                for _ in range(rng.randint(0, len(batch))):
                    await tools.line()
                steps = len(processes.journal(log, "step")) + rng.choice([0, 0, 1, 3, 6])
                await eventually(lambda steps=steps: len(processes.journal(log, "step")) >= steps)
                await tools.kill()
                sent = [line for line in tools.lines if line.get("verb") == "send"]
                acknowledged |= {line["id"] for line in sent if line["answer"]["success"]}
        async with child(tmp_path) as tools:
            ended = {task_id: await tools.until_ended(task_id) for task_id in asked}
            told = [line["told"] for line in tools.lines if "told" in line]
        counted = sends(log)
    assert all(count == 1 for count in counted.values()), counted
    for task_id, answer in ended.items():
        if "No task found" in answer.get("error", ""):
            # It was never acknowledged, so it may not have been taken on; then it was not sent either.
            assert task_id not in acknowledged
            assert f"msg-{task_id}" not in counted
        elif answer["state"] == "failed":
            # Killed after the journal had it as sent and before it was: said so, and left to its caller.
            assert "no task of this message, which was not sent again" in answer["error"]
            assert f"msg-{task_id}" not in counted
        else:
            assert (answer["state"], counted[f"msg-{task_id}"]) == ("completed", 1)
            assert answer["text"].endswith(f"answer-{task_id[1:]}\n")
            assert answer["context"] == {"n": task_id}
    assert len(told) == len(set(told))


@pytest.mark.req("A17")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_running_ones_go_on_and_finished_ones_are_told_once_more_at_most(tmp_path: Path, dialect: str) -> None:
    gate = tmp_path / "gate"
    async with sdk_agent("--dialect", dialect, "--steps", "3", "--gate", str(gate)) as agent:
        async with child(tmp_path) as tools:
            assert (await tools.line()) == {"ready": 0}
            await tools.ask("send", "a", agent.url, "go")
            await tools.until("a", lambda answer: "chunk 1" in answer["text"])
            await tools.kill()
        async with child(tmp_path) as tools:
            assert (await tools.line()) == {"ready": 1}
            running = await tools.ask("check", "a")
            assert running["state"] == "running"
            assert running["context"] == {"n": "a"}
            gate.touch()
            answer = await tools.until_ended("a")
            assert answer["text"] == "chunk 1\nchunk 2\nchunk 3\n"
            while not any("told" in line for line in tools.lines):
                await tools.line()
            await tools.kill()
        async with child(tmp_path) as tools:
            assert (await tools.line()) == {"ready": 0}
            assert (await tools.ask("check", "a"))["text"] == answer["text"]
            again = await tools.ask("send", "a", agent.url, "go")
            assert "is in use" in again["error"]
        assert len(agent.calls("sent")) == 1


@pytest.mark.req("A17")
@pytest.mark.parametrize("phase", ["accepted", "sending"])
async def test_what_was_not_sent_is_sent_and_what_may_have_been_is_asked_after(tmp_path: Path, phase: str) -> None:
    """The journal as a kill leaves it between two of its commits."""
    log = tmp_path / "agent.jsonl"
    with processes.agent(log) as agent:
        async with tools_in(tmp_path) as tools:
            await tools.a2a_send_async(agent.url, "steps=1 delay=0 echo=first", task_id="a")
            await until_ended(tools, "a")
            path = tools.session.journal.path
        _rewind(path, "a", new_id="b", sending=phase == "sending")
        async with tools_in(tmp_path) as tools:
            answer = await until_ended(tools, "b")
        if phase == "accepted":
            assert (answer["state"], answer["text"]) == ("completed", "chunk 1\nfirst\n")
            assert sends(log) == {"msg-a": 1, "msg-b": 1}
        else:
            assert answer["state"] == "failed"
            assert "the agent has no task of this message, which was not sent again" in answer["error"]
            assert sends(log) == {"msg-a": 1}


def _rewind(path: Path, task_id: str, *, new_id: str, sending: bool) -> None:
    with sqlite3.connect(path) as db:
        db.execute(
            "UPDATE direct_task SET task_id = ?, session_id = ?, state = 'running', sending = ?, remote_task_id = NULL,"
            " dialect = NULL, finished_at = NULL, text = '' WHERE task_id = ?",
            (new_id, new_id, sending, task_id),
        )
    db.close()


@pytest.mark.req("A17")
async def test_a_cancel_that_was_asked_for_is_seen_through_by_the_next_process(tmp_path: Path) -> None:
    log = tmp_path / "agent.jsonl"
    with processes.agent(log, "--behavior", str(BehaviorName.IGNORE_CANCEL)) as agent:
        async with child(tmp_path) as tools:
            await tools.line()
            await tools.ask("send", "a", agent.url, "steps=2", "delay=1000")
            await eventually(lambda: bool(processes.journal(log, "send")))
            await tools.order("cancel", "a")
            await eventually(lambda: bool(processes.journal(log, "cancel")))
            await tools.kill()
        cancels = len(processes.journal(log, "cancel"))
        async with child(tmp_path) as tools:
            answer = await tools.until_ended("a")
            assert answer["state"] == "canceled"
            assert "did not confirm the cancel within 2 s" in answer["error"]
        assert len(processes.journal(log, "cancel")) > cancels


@pytest.mark.req("A17")
async def test_an_agent_that_is_gone_after_the_restart_leaves_a_truthful_failure(tmp_path: Path) -> None:
    async with sdk_agent("--behavior", "silent") as agent, child(tmp_path) as tools:
        await tools.line()
        await tools.ask("send", "a", agent.url, "go")
        await tools.until("a", lambda answer: "starting" in answer["text"])
        await tools.kill()
    async with child(tmp_path) as tools:
        answer = await tools.until_ended("a")
        assert answer["state"] == "failed"
        assert "the outcome is unknown" in answer["error"]


@pytest.mark.req("A17")
async def test_two_tasks_of_one_session_are_not_taken_for_each_other(tmp_path: Path) -> None:
    log = tmp_path / "agent.jsonl"
    with processes.agent(log) as agent:
        async with tools_in(tmp_path) as tools:
            for task_id in ("a", "b"):
                await tools.a2a_send_async(
                    agent.url, f"steps=1 delay=0 echo={task_id}", task_id=task_id, session_id="s"
                )
                await until_ended(tools, task_id)
            path = tools.session.journal.path
        with sqlite3.connect(path) as db:
            # As a kill leaves the first one: sent, and its answer never heard.
            db.execute(
                "UPDATE direct_task SET state = 'running', remote_task_id = NULL, finished_at = NULL, sending = 1 "
                "WHERE task_id = 'a'"
            )
        db.close()
        async with tools_in(tmp_path) as tools:
            answer = await until_ended(tools, "a")
            assert answer["state"] == "failed"
            assert "the outcome is unknown, and the message was not sent again" in answer["error"]
        assert sends(log) == {"msg-a": 1, "msg-b": 1}


@pytest.mark.req("A17")
async def test_a_session_that_is_closed_leaves_its_tasks_to_the_next(tmp_path: Path) -> None:
    async def silent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, status=404)
        else:
            await exchange.head()
            status = {"state": "TASK_STATE_WORKING"}
            await exchange.result({"statusUpdate": {"taskId": "t", "contextId": "c", "status": status}})
            await exchange.gone.wait()

    async with scripted_server(silent) as agent:
        async with tools_in(tmp_path) as tools:
            await tools.a2a_send_async(agent.url, "go", task_id="a")
            await eventually(lambda: len(agent.methods()) >= 1)
        async with tools_in(tmp_path) as tools:
            answer = await until(tools, "a", lambda answer: True)
            assert answer["state"] == "running"
            await eventually(lambda: len(agent.methods()) >= 2)
        assert agent.methods().count("SendStreamingMessage") == 1
