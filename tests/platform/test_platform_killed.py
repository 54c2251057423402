"""C12: kill -9 in every state that a delegation can be in; what the next run makes of it, and what agents were sent."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from headway.agents.fleet import AgentFleet, AgentSpec, serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Status
from headway.platform.dispatcher import Dispatcher
from support.agents import ManualClock
from support.fronts import Front, Instead, front
from support.platforms import Api, Json, connected, eventually, free_url, platform, serve


async def ended(served: Api, delegation_id: str) -> Json:
    """The record once it has ended, whether this run's stream tells of that or not."""
    while True:
        seen = len(served.log.events)
        record = await served.record(delegation_id)
        if Status(record["status"]).is_terminal:
            return record
        await served.log.until(lambda goal=seen: len(served.log.events) > goal)


async def deliver_to(served: Api, proxy: Front, answer: Instead | None, task: str, name: str) -> str:
    """Delegate to a workspace of its own behind the proxy; returns when the proxy has the message."""
    if answer is not None:
        proxy.instead.append(answer)
    target = await served.workspace(name, proxy.url)
    delegation_id = await served.delegate(target, task)
    await eventually(lambda: delegation_id in proxy.sent)
    return delegation_id


@pytest.mark.req("C12", "Q12")
async def test_kill_9_in_every_state_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    no_word, agents_time = Instead(None), ManualClock()
    async with (
        AgentFleet([AgentSpec("coder"), AgentSpec("planner")], clock=agents_time) as fleet,
        front(fleet.urls["coder"]) as proxy,
    ):
        async with serve(tmp_path) as process, connected(process.url, process.folder) as served:
            source = served.source
            coder = await served.workspace("coder", fleet.urls["coder"])
            planner = await served.workspace("planner", fleet.urls["planner"])
            running = await served.delegate(coder, "steps=1 delay=60")
            await served.until_status(running, "in_progress")
            queued = await served.delegate(coder, "steps=1 delay=0")
            await served.until_status(queued, "queued")
            asking = await served.delegate(planner, "steps=2 delay=0 ask=which_file")
            await served.until_status(asking, "input_required")
            waiting = await served.delegate(await served.workspace("gone", await free_url()), "steps=1 delay=0")
            await served.until_status(waiting, "queued")
            pausing = await deliver_to(served, proxy, Instead(502), "steps=1 delay=0", "pausing")
            arrived = await deliver_to(served, proxy, Instead(None, delivered=True), "steps=1 delay=0", "arrived")
            lost = await deliver_to(served, proxy, no_word, "steps=1 delay=0", "lost")
            canceling = await deliver_to(served, proxy, None, "steps=1 delay=60 behavior=ignore-cancel", "canceling")
            await served.until_status(canceling, "in_progress")
            assert (await served.cancel(canceling)).json()["status"] == "canceling"
            await eventually(lambda: "SendStreamingMessage" in proxy.methods and not proxy.instead)
            await process.kill()
        assert _stored(tmp_path) == Counter(in_progress=1, queued=2, input_required=1, dispatched=3, canceling=1)
        _let_tries_come(tmp_path)
        settings = {"cancel_deadline": 0.3, "cancel_retry": 0.05, "ask_pause": 0.05, "retry_pause": 0.05}
        async with platform(tmp_path, source=source, **settings) as served:
            for delegation_id in (lost, pausing):
                record = await ended(served, delegation_id)
                assert (record["status"], record["error"]) == (
                    "failed",
                    "interrupted by a platform restart; outcome unknown",
                )
            assert (await ended(served, waiting))["error"].startswith("failed to reach workspace agent: ")
            assert (await ended(served, canceling))["status"] == "canceled"
            agents_time.advance(60)
            completed = [await ended(served, one) for one in (running, queued, arrived)]
            assert [record["status"] for record in completed] == ["completed"] * 3
            assert [record["via"] for record in completed] == ["resume", "queue_drain", "resume"]
            record = await served.record(asking)
            assert (record["status"], record["status_message"]) == ("input_required", "which file")
            answer = await served.ask(f"delegations/{asking}/reply", {"text": "that one"})
            assert answer.status_code == 202, answer.text
            assert (await ended(served, asking))["status"] == "completed"
        sent = Counter(entry.message_id for entry in fleet.journal.of(Kind.SEND) if entry.detail != "reply")
        assert sent == Counter([running, queued, asking, arrived, canceling])
        assert Counter(proxy.sent) == Counter([pausing, arrived, lost, canceling])


@pytest.mark.req("C12")
async def test_a_pending_one_is_dispatched_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_agent("coder") as agent:
        with monkeypatch.context() as patched:
            patched.setattr(Dispatcher, "nudge", lambda self, target_id: None)
            async with platform(tmp_path) as served:
                source, target = served.source, await served.workspace("coder", agent.url)
                delegation_id = await served.delegate(target, "steps=1 delay=0")
                assert (await served.record(delegation_id))["status"] == "pending"
        async with platform(tmp_path, source=source) as served:
            record = await ended(served, delegation_id)
        assert (record["status"], record["attempt"], record["via"]) == ("completed", 1, "direct")
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]


@pytest.mark.req("C12")
async def test_kill_9_again_and_again_while_a_queue_drains_delivers_each_once(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent:
        ids: list[str] = []
        source = target = ""
        for kills in range(3):
            async with serve(tmp_path) as process, connected(process.url, process.folder, source=source) as served:
                source = served.source
                target = target or await served.workspace("coder", agent.url, slots=2)
                ids += await asyncio.gather(*(served.delegate(target, "steps=3 delay=0.03") for _ in range(8)))
                goal = 5 * (kills + 1)
                await eventually(lambda goal=goal: len(agent.agent.journal.of(Kind.SEND)) >= goal)
                await process.kill()
        async with platform(tmp_path, source=source, ask_pause=0.05) as served:
            records = [await ended(served, delegation_id) for delegation_id in ids]
        sent = Counter(entry.message_id for entry in agent.agent.journal.of(Kind.SEND))
        assert max(sent.values()) == 1
        # One that was claimed and not yet on its way when the platform was killed is failed, and never sent by itself.
        lost = {record["delegation_id"] for record in records if record["status"] == "failed"}
        assert {record["error"] for record in records if record["status"] == "failed"} <= {
            "interrupted by a platform restart; outcome unknown"
        }
        assert set(sent) | lost == set(ids)
        assert not set(sent) & lost


def _stored(folder: Path) -> Counter[str]:
    with closing(sqlite3.connect(folder / "headway.db")) as connection:
        return Counter(dict(connection.execute("SELECT status, count(*) FROM delegations GROUP BY status")))


def _let_tries_come(folder: Path) -> None:
    """Bring the time of the next tries to now, as if the platform had been away for long."""
    with closing(sqlite3.connect(folder / "headway.db")) as connection, connection:
        connection.execute("UPDATE delegations SET not_before = 0 WHERE not_before IS NOT NULL")
