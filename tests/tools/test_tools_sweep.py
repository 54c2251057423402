"""The sweep: who is silent for too long is ended with the reason; who lives is not, however old."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.tools import Tools
from support.agents import ManualClock, eventually, going_on
from support.scripted_http import Exchange, scripted_server
from support.tools import tools_in, until, until_ended

HOUR = 3_600.0


async def let_run(clock: ManualClock, seconds: float, *, step: float = 300.0) -> None:
    """The clock goes on, with time for everybody to do what is due."""
    while seconds > 0:
        clock.advance(min(step, seconds))
        seconds -= step
        for _ in range(3):
            await asyncio.sleep(0.002)


async def heard(tools: Tools, task_id: str) -> None:
    await until(tools, task_id, lambda answer: bool(answer["text"]))


@pytest.mark.req("A6")
async def test_one_silent_for_two_hours_is_ended_by_the_next_sweep_with_its_reason(tmp_path: Path) -> None:
    clock = ManualClock()
    async with serve_agent("agent", BehaviorName.HANGING) as agent, tools_in(tmp_path, clock=clock) as tools:
        task_id = (await tools.a2a_send_async(agent.url, "steps=2 delay=0"))["task_id"]
        await heard(tools, task_id)
        await let_run(clock, 2 * HOUR)
        assert (await tools.a2a_check_task(task_id))["state"] == "running"
        clock.advance(600)
        async with going_on(clock):
            answer = await until_ended(tools, task_id)
        assert answer["state"] == "failed"
        assert answer["error"].startswith("the agent was silent for more than 7,200 s; ")
        assert answer["text"] == "chunk 1\n"
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("A6")
async def test_silence_and_pause_can_be_set_and_an_agent_that_never_answers_is_ended_too(tmp_path: Path) -> None:
    clock = ManualClock()

    async def silent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, status=404)
        else:
            await exchange.gone.wait()

    settings = {"silence_limit": 60, "sweep_every": 10, "cancel_seconds": 5}
    async with scripted_server(silent) as agent, tools_in(tmp_path, clock=clock, **settings) as tools:
        task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
        await eventually(lambda: len(agent.methods()) == 1)
        await let_run(clock, 60, step=10)
        assert (await tools.a2a_check_task(task_id))["state"] == "running"
        async with going_on(clock):
            answer = await until_ended(tools, task_id)
        assert answer["error"].startswith("the agent was silent for more than 60 s")
        assert answer["error"].endswith("it may still be working")


@pytest.mark.req("A6")
async def test_age_alone_ends_nobody_unless_that_is_asked_for(tmp_path: Path) -> None:
    clock = ManualClock()
    gate = asyncio.Event()

    async def talkative(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, status=404)
            return
        await exchange.head()
        for number in range(1_000):
            await exchange.result(
                {"statusUpdate": {"taskId": "t", "contextId": "c", "status": _working(f"still at it, {number}")}}
            )
            gate.clear()
            await gate.wait()

    def _working(text: str) -> object:
        message = {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": text}]}
        return {"state": "TASK_STATE_WORKING", "message": message}

    async def talk(tools: Tools, task_id: str, hours: int) -> None:
        for number in range(hours):
            await until(tools, task_id, lambda answer, n=number: f", {n}" in answer["text"] or "error" in answer)
            await let_run(clock, HOUR, step=600)
            gate.set()

    async with scripted_server(talkative) as agent:
        async with tools_in(tmp_path / "one", clock=clock, idle_seconds=7_000) as tools:
            task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
            await talk(tools, task_id, 12)
            assert (await tools.a2a_check_task(task_id))["state"] == "running"
        async with tools_in(
            tmp_path / "two", clock=clock, idle_seconds=7_000, max_age=5 * HOUR, cancel_seconds=1
        ) as tools:
            task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
            await talk(tools, task_id, 6)
            await let_run(clock, 1_200, step=300)
            async with going_on(clock):
                answer = await until_ended(tools, task_id)
            assert answer["error"].startswith("the task took more than 18,000 s; ")
