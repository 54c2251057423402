"""Cancel reaches the work: proved from outside, by a process whose log of work steps stops."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from headway.agents.agent import Incoming
from headway.agents.journal import Entry, Kind, read_journal
from headway.agents.task import Dialect
from headway.net.clock import SystemClock
from support.agents import CANCEL, DIALECTS, STREAM, Wire, events, eventually, message_params, state_of, task_of


@dataclass(frozen=True)
class AgentProcess:
    process: asyncio.subprocess.Process
    url: str
    log: Path

    def steps(self) -> list[Entry]:
        return [entry for entry in read_journal(self.log) if entry.event is Kind.STEP]


@asynccontextmanager
async def agent_process(log: Path, *arguments: str) -> AsyncIterator[AgentProcess]:
    command = [sys.executable, "-m", "headway.agents", "--name", "worker", "--port", "0", "--log", str(log), *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            line = (await process.stdout.readline()).decode().strip()
        assert line.startswith("listening on http://127.0.0.1:"), line
        yield AgentProcess(process, line.removeprefix("listening on "), log)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def steps_after(agent: AgentProcess, count: int) -> None:
    await eventually(lambda: len(agent.steps()) >= count)


@pytest.mark.req("A14")
async def test_the_work_stops_within_a_second_of_a_cancel(tmp_path: Path) -> None:
    async with agent_process(tmp_path / "log.jsonl") as agent:
        wire = Wire(agent.url)
        for dialect in DIALECTS:
            before = len(agent.steps())
            async with wire.open(STREAM[dialect], message_params(dialect, "steps=10000 delay=0.02")) as response:
                stream = events(response)
                task_id = task_of((await anext(stream))["result"])["id"]
                await steps_after(agent, before + 3)
                canceled = await wire.result(CANCEL[dialect], {"id": task_id})
                last = [event["result"] async for event in stream][-1]
            assert state_of(canceled) == state_of(last) == "canceled"
            entries = [entry for entry in read_journal(agent.log) if entry.task_id == task_id]
            asked = next(entry for entry in entries if entry.event is Kind.CANCEL)
            assert entries[-1].event is Kind.STOPPED
            assert entries[-1].at_ms - asked.at_ms < 1_000
            await steps_of_another_task_go_on(agent, wire, task_id)
        await wire.aclose()


async def steps_of_another_task_go_on(agent: AgentProcess, wire: Wire, canceled: str) -> None:
    """Work of 10 steps, during which the canceled task would have made as many."""
    of_canceled = [entry for entry in agent.steps() if entry.task_id == canceled]
    await wire.result("message/send", message_params("0.3", "steps=10 delay=0.02"))
    assert [entry for entry in agent.steps() if entry.task_id == canceled] == of_canceled


async def test_a_waiting_task_is_canceled_without_any_work(serve) -> None:
    _, wire = await serve("asking")
    task = await wire.result("message/send", message_params("0.3", "steps=2 delay=0"))
    assert state_of(task) == "input-required"
    assert state_of(await wire.result("tasks/cancel", {"id": task["id"]})) == "canceled"


async def test_two_cancels_at_once_both_answer_canceled(serve) -> None:
    server, wire = await serve()
    task_id = await wire.start("0.3", "steps=1000 delay=0.02")
    answers = await asyncio.gather(*(wire.call("tasks/cancel", {"id": task_id}) for _ in range(2)))
    outcomes = [state_of(a["result"]) if "result" in a else a["error"]["code"] for a in answers]
    assert set(outcomes) <= {"canceled", -32002}
    assert "canceled" in outcomes
    assert len(server.agent.journal.of(Kind.STOPPED, task_id)) == 1


async def test_the_log_proves_how_often_a_message_was_delivered(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    async with agent_process(log, "--behavior", "busy", "--slots", "1") as agent:
        wire = Wire(agent.url)
        first = await wire.start("0.3", "steps=1000 delay=0.05", message_id="m-once")
        refused = await wire.post(
            {"method": "message/send", "params": message_params("0.3", "x", message_id="m-refused")}
        )
        assert refused.status_code == 503
        await steps_after(agent, 1)
        agent.process.kill()
        await agent.process.wait()
        await wire.aclose()
    entries = read_journal(log)
    assert [(e.message_id, e.task_id) for e in entries if e.event is Kind.SEND] == [("m-once", first)]
    assert [e.message_id for e in entries if e.event is Kind.REFUSED] == ["m-refused"]
    assert {e.agent for e in entries} == {"worker"}
    assert not [e for e in entries if e.event is Kind.STOPPED]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_cleanly_with_streams_open(tmp_path: Path, number: signal.Signals) -> None:
    async with agent_process(tmp_path / "log.jsonl") as agent:
        wire = Wire(agent.url)
        async with wire.open("message/stream", message_params("0.3", "steps=10000 delay=0.02")) as response:
            stream = events(response)
            await anext(stream)
            agent.process.send_signal(number)
            async with asyncio.timeout(10):
                states = {state_of(event["result"]) async for event in stream}
                assert await agent.process.wait() == 0
        await wire.aclose()
    assert states <= {None, "working"}
    assert read_journal(agent.log)[-1].event is Kind.STOPPED


async def test_a_port_in_use_ends_the_process_with_a_message(serve, tmp_path: Path) -> None:
    server, _ = await serve()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "headway.agents", "--port", str(server.port)), stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(20):
        _, error = await process.communicate()
    assert process.returncode == 1
    assert error.decode().startswith("the agent was not started: ")
    assert "Traceback" not in error.decode()


async def test_a_cancel_before_the_work_began_frees_its_slot(serve) -> None:
    server, wire = await serve("busy", slots=1)
    job = server.agent.send(Incoming("steps=5", Dialect.V0_3, "m1"))
    await server.agent.cancel(job.task_id)
    assert not server.agent.journal.of(Kind.STEP)
    assert len(server.agent.journal.of(Kind.STOPPED, job.task_id)) == 1
    assert state_of(await wire.result("message/send", message_params("0.3", "steps=1 delay=0"))) == "completed"


class BrokenClock(SystemClock):
    async def sleep(self, seconds: float) -> None:
        raise OSError("the clock stopped")


async def test_work_that_breaks_fails_its_task_and_frees_its_slot(serve) -> None:
    server, wire = await serve("busy", slots=1, clock=BrokenClock())
    for _ in range(2):
        reply = await wire.call("message/send", message_params("0.3", "steps=3"))
        assert reply["error"]["code"] == -32603
        assert "the clock stopped" in reply["error"]["message"]
    assert [entry.detail for entry in server.agent.journal.of(Kind.STOPPED)] == ["failed", "failed"]
