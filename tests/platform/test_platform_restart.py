"""C12 in its plain case, C11: what kill -9 leaves, and what a restart makes of it; and how `serve` ends and begins."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from headway.agents.fleet import AgentFleet, AgentSpec, serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Status
from headway.core.events import DelegationPayload, Event, read_payload
from headway.core.projection import apply
from headway.platform.dispatcher import Dispatcher
from support.platforms import Api, Serve, connected, eventually, platform, serve, start_serve
from support.sdk_agents import sdk_agent


@pytest.mark.req("C12")
async def test_kill_9_with_twenty_in_flight_each_ends_as_its_agent_says_and_is_delivered_once(tmp_path: Path) -> None:
    async with AgentFleet([AgentSpec("coder"), AgentSpec("researcher")]) as fleet:
        async with serve(tmp_path) as process, connected(process.url, process.folder) as served:
            source = served.source
            coder = await served.workspace("coder", fleet.urls["coder"], slots=4)
            researcher = await served.workspace("researcher", fleet.urls["researcher"], slots=3)
            tasks = {
                coder: ["steps=40 delay=0.03", "steps=2 delay=0.5", "steps=30 delay=0.02 fail=disk_full"],
                researcher: ["steps=3 delay=0.6 behavior=non-streaming", "steps=20 delay=0.05", "steps=1 delay=1"],
            }
            ids = {
                await served.delegate(target, tasks[target][number % 3]): tasks[target][number % 3]
                for number in range(10)
                for target in tasks
            }
            await served.log.until(lambda: _count(served, ids, Status.IN_PROGRESS) >= 5)
            await process.kill()
        before = [entry.message_id for entry in fleet.journal.of(Kind.SEND)]
        assert 5 <= len(before) < 20
        async with platform(tmp_path, source=source, ask_pause=0.05) as served:
            snapshot = await served.get("/snapshot")
            for delegation_id, task in ids.items():
                await eventually_ended(served, delegation_id)
                record = await served.record(delegation_id)
                if "fail=" in task:
                    assert (record["status"], record["error"]) == ("failed", "disk full"), record
                else:
                    assert record["status"] == "completed", record
                    steps = int(task.split()[0].partition("=")[2])
                    assert record["result"] == "".join(f"chunk {step}\n" for step in range(1, steps + 1))
                    assert record["progress_text"] == record["result"]
        assert sum(snapshot["totals"].values()) == 20
        assert Counter(entry.message_id for entry in fleet.journal.of(Kind.SEND)) == Counter(list(ids))


def _count(served: Api, ids: dict[str, str], status: Status) -> int:
    return sum(served.log.rows[one].status is status for one in ids if one in served.log.rows)


async def eventually_ended(served: Api, delegation_id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            # Counted before the record is read: what ends it after that is still to come.
            seen = len(served.log.events)
            if Status((await served.record(delegation_id))["status"]).is_terminal:
                return
            await served.log.until(lambda goal=seen: len(served.log.events) > goal)


@pytest.mark.req("C12")
async def test_an_agent_that_forgot_the_task_fails_it_with_the_outcome_unknown(tmp_path: Path) -> None:
    async with AsyncExitStack() as agents:
        agent = await agents.enter_async_context(serve_agent("coder"))
        async with serve(tmp_path) as process, connected(process.url, process.folder) as served:
            source = served.source
            target = await served.workspace("coder", agent.url)
            running = await served.delegate(target, "steps=1 delay=60")
            await served.until_status(running, "in_progress")
            await process.kill()
        port = agent.port
    async with serve_agent("coder", port=port) as new, platform(tmp_path, source=source) as served:
        await eventually_ended(served, running)
        record = await served.record(running)
        assert record["status"] == "failed"
        assert record["error"] == "interrupted by a platform restart; outcome unknown"
        assert not new.agent.journal.of(Kind.SEND)


@pytest.mark.req("C12")
async def test_a_cancel_that_was_asked_for_is_seen_through_after_a_restart(tmp_path: Path) -> None:
    async with sdk_agent("--steps", "1", "--delay", "60", "--cancel", "works") as agent:
        async with platform(tmp_path) as served:
            source = served.source
            target = await served.workspace("sdk", agent.url)
            running = await served.delegate(target, "look")
            await served.until_status(running, "in_progress")
        _ask_for_cancel(tmp_path, running)
        async with platform(tmp_path, source=source) as served:
            await eventually_ended(served, running)
            assert (await served.record(running))["status"] == "canceled"
        assert agent.calls("cancel")


def _ask_for_cancel(folder: Path, delegation_id: str) -> None:
    """What a platform leaves that was killed between the cancel's commit and the call to the agent."""
    connection = sqlite3.connect(folder / "headway.db")
    connection.execute("UPDATE delegations SET status = 'canceling' WHERE delegation_id = ?", (delegation_id,))
    connection.execute("UPDATE counters SET count = count - 1 WHERE status = 'in_progress'")
    connection.execute("INSERT INTO counters VALUES ('canceling', 1) ON CONFLICT DO UPDATE SET count = count + 1")
    connection.commit()
    connection.close()


@pytest.mark.req("C11")
async def test_kill_9_at_any_moment_leaves_no_row_without_its_event(tmp_path: Path) -> None:
    """The rows in the file are exactly what `apply` makes of the events in the file."""
    async with (
        serve_agent("coder") as agent,
        serve(tmp_path) as process,
        connected(process.url, process.folder) as served,
    ):
        target = await served.workspace("coder", agent.url, slots=20)
        load = asyncio.create_task(_keep_delegating(served, target))
        await served.log.until(lambda: len(served.log.events) > 150)
        await process.kill()
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
    connection = sqlite3.connect(tmp_path / "headway.db")
    rows: dict[str, tuple[str, int, int]] = {}
    folded = {}
    for seq, kind, timestamp, payload in connection.execute(
        "SELECT seq, type, timestamp, payload FROM events ORDER BY seq"
    ):
        event = Event(seq, kind, timestamp, read_payload(kind, json.loads(payload)))
        if isinstance(event.payload, DelegationPayload):
            one = event.payload.delegation_id
            folded[one] = apply(event, folded.get(one))
    for one, status, attempt, seq in connection.execute("SELECT delegation_id, status, attempt, seq FROM delegations"):
        rows[one] = (status, attempt, seq)
    counted = {status: count for status, count in connection.execute("SELECT status, count FROM counters") if count}
    connection.close()
    assert len(rows) > 5
    assert rows == {one: (str(row.status), row.attempt, row.seq) for one, row in folded.items() if row}
    assert counted == Counter(status for status, _, _ in rows.values())


async def _keep_delegating(served: Api, target: str) -> None:
    while True:
        await served.delegate(target, "steps=3 delay=0.005")


async def test_sigterm_ends_serve_within_seconds_with_streams_open_and_work_in_flight(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent, serve(tmp_path) as process:
        async with connected(process.url, process.folder) as served, served.events() as other:
            target = await served.workspace("coder", agent.url)
            running = await served.delegate(target, "steps=1 delay=60")
            await served.until_status(running, "in_progress")
            assert json.loads((tmp_path / "platform.json").read_text())["url"] == process.url
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert await process.end(signal.SIGTERM) == 0
            assert loop.time() - began < 5
            await other.until(lambda: other.ended)
        assert not (tmp_path / "platform.json").exists()
        assert await _errors(process) == ""


async def test_a_second_serve_on_a_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with serve(tmp_path) as process:
        second = await start_serve(tmp_path)
        async with asyncio.timeout(15):
            out, error = await second.communicate()
        assert second.returncode not in (0, None)
        assert out == b""
        assert "is open in another process" in error.decode()
        assert "Nothing was started" in error.decode()
        async with connected(process.url, process.folder) as served:
            assert (await served.http.get("/health")).json()["status"] == "ok"
        assert json.loads((tmp_path / "platform.json").read_text())["url"] == process.url


async def test_the_admin_token_is_made_once_for_this_account_only(tmp_path: Path) -> None:
    async with platform(tmp_path / "data") as served:
        first = served.token
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        assert served.folder.token_file.stat().st_mode & 0o777 == 0o600
        source = served.source
    async with platform(tmp_path / "data", source=source) as served:
        assert served.token == first
        stored = (tmp_path / "data" / "headway.db").read_bytes() + (tmp_path / "data" / "headway.db-wal").read_bytes()
        assert first.encode() not in stored


async def _errors(process: Serve) -> str:
    assert process.process.stderr is not None
    lines = (await process.process.stderr.read()).decode().splitlines()
    return "\n".join(line for line in lines if "WAL-reset" not in line)


async def test_a_platform_that_ends_lets_its_agents_work_on(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent:
        async with platform(tmp_path) as served:
            source, target = served.source, await served.workspace("coder", agent.url)
            running = await served.delegate(target, "steps=3 delay=0.2")
            await served.until_status(running, "in_progress")
        assert not agent.agent.journal.of(Kind.CANCEL)
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        async with platform(tmp_path, source=source) as served:
            await eventually_ended(served, running)
            record = await served.record(running)
            assert (record["status"], record["via"]) == ("completed", "resume")
            assert record["result"] == "chunk 1\nchunk 2\nchunk 3\n"


async def test_a_fault_of_the_dispatcher_ends_the_platform_in_place_of_leaving_it_deaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that accepts and does not dispatch helps nobody; what it accepted is dispatched at its next start."""

    async def broken(self: Dispatcher, target_id: str) -> None:
        raise RuntimeError("a defect")

    async def hand_over(agent_url: str, patched: pytest.MonkeyPatch) -> None:
        async with platform(tmp_path) as served:
            target = await served.workspace("coder", agent_url)
            patched.setattr(Dispatcher, "_dispatch", broken)
            accepted.update(source=served.source, delegation_id=await served.delegate(target, "steps=1 delay=0"))
            await served.log.until(lambda: served.log.ended)

    accepted: dict[str, str] = {}
    async with serve_agent("coder") as agent:
        with monkeypatch.context() as patched, pytest.raises(ExceptionGroup) as raised:
            await hand_over(agent.url, patched)
        assert raised.group_contains(RuntimeError, match="a defect")
        assert not (tmp_path / "platform.json").exists()
        async with platform(tmp_path, source=accepted["source"]) as served:
            await eventually_ended(served, accepted["delegation_id"])
            assert (await served.record(accepted["delegation_id"]))["status"] == "completed"
