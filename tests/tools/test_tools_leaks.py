"""Nothing leaks: after success, failure, cancel, and a fault at any step, what is held is what was held.

Every fifth step has its fault; `make soak` strikes every single one (`FAULT_STRIDE`).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.tools import Outcome, Tools
from headway.tools import direct_table as table
from support import processes
from support.fault_steps import Injected, fault_at
from support.tools import WITHIN, held, tools_in, until_ended, until_held

STRIDE = int(os.environ.get("FAULT_STRIDE", "5"))
Scenario = Callable[[Tools, str], Awaitable[None]]


async def succeeds(tools: Tools, url: str) -> None:
    begun = await tools.a2a_send_async(url, "steps=2 delay=0")
    await until_ended(tools, begun["task_id"])


async def fails(tools: Tools, url: str) -> None:
    begun = await tools.a2a_send_async(url, "steps=2 delay=0 fail=on_purpose")
    await until_ended(tools, begun["task_id"])


async def is_canceled(tools: Tools, url: str) -> None:
    begun = await tools.a2a_send_async(url, "steps=2 delay=1000")
    await tools.a2a_cancel_task(begun["task_id"])


async def breaks_off(tools: Tools, url: str) -> None:
    begun = await tools.a2a_send_async(url, f"steps=3 delay=0 behavior={BehaviorName.HALF_STREAM}")
    await until_ended(tools, begun["task_id"])


async def waits(tools: Tools, url: str) -> None:
    await tools.a2a_send(url, "steps=2 delay=0")


async def stops_waiting(tools: Tools, url: str) -> None:
    heard = asyncio.Event()
    waiting = asyncio.create_task(
        tools.a2a_send(url, "steps=2 delay=0 behavior=hanging", on_progress=lambda _: heard.set())
    )
    hearing = asyncio.create_task(heard.wait())
    try:
        await asyncio.wait({waiting, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        hearing.cancel()
    await asyncio.wait({waiting, hearing})


SCENARIOS = [succeeds, fails, is_canceled, breaks_off, waits, stops_waiting]


async def settled(tools: Tools) -> None:
    """End what a fault in its caller has left running; then nothing may be left of it."""
    rows: list[table.DirectTask] = []
    for task in await tools.session.journal.run(table.running):
        await tools.a2a_cancel_task(task.task_id)
    clients = (tools.session.http, tools.session.outside)
    for attempt in range(1, 2_000):
        tasks = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(("a2a", "headway"))]
        busy = sum(client._transport._pool.open[0] for client in clients)  # type: ignore[attr-defined]
        if tasks == ["a2a sweep"] and not busy and tools.direct.count == 0:
            if not (rows := await tools.session.journal.run(table.running)):
                return
            # What could not be written down at once is written by the next sweep.
            await tools.direct.sweep()
        await asyncio.sleep(0.005 if attempt > 20 else 0)
    raise AssertionError(f"left: tasks {tasks}, rows {rows}, connections {busy}, places {tools.direct.count}")


@pytest.mark.req("A7")
@pytest.mark.parametrize("fault", [Injected, asyncio.CancelledError], ids=["raises", "canceled"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_nothing_leaks_when_any_step_fails(
    tmp_path: Path, scenario: Scenario, fault: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    told: list[Outcome] = []
    settings = {"task_limit": 1, "cancel_seconds": 2.0, "ask_patience": 0.2}
    before = held()
    with processes.agent(tmp_path / "agent.jsonl") as agent:
        async with tools_in(tmp_path, on_result=told.append, **settings) as tools:
            await succeeds(tools, agent.url)
            await settled(tools)
            opened = held()
            for step in itertools.count(0, STRIDE):
                with fault_at(step, fault) as walk:
                    calling = asyncio.create_task(scenario(tools, agent.url), name="caller")
                    await asyncio.wait({calling}, timeout=WITHIN)
                    assert calling.done(), f"step {step} left its caller waiting: struck {walk.struck}"
                    with suppress(Injected, asyncio.CancelledError):
                        calling.result()
                    await settled(tools)
                # Its place is free: with a limit of one, the next is taken on.
                answer = await tools.a2a_send(agent.url, "steps=1 delay=0")
                assert answer["success"] is True, (step, walk.struck, repr(answer))
                if not walk.struck:
                    break
            assert step > 10
            await settled(tools)
            assert len(held().tasks) == len(opened.tasks), (held(), opened)
    await until_held(before)
