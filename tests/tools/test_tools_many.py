"""256 tasks at once at agents in processes of their own: half canceled, some agents killed, nothing left behind."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from headway.a2a.transcript import Transcript
from headway.tools import Outcome, Progress, Tools
from headway.tools import direct_table as table
from headway.tools.reader import Reader
from headway.tools.reading import Reading
from headway.tools.running import Running
from support import processes
from support.agents import LeapingClock
from support.tools import WITHIN, held, tools_in, until_ended, until_held

AGENTS = 3
KILLED = 1
TASKS = 256
LONG = 100_000.0
"""Seconds that pass when the clock is put forward, and not on a machine that is only slow."""
NEVER = 1e12
OF_A_TASK = (Running, Reading, Reader, Transcript)
"""What is in memory for each task that runs, its text with it."""


async def begun(tools: Tools, urls: list[str], names: list[str]) -> None:
    """Return when every agent has said something of each of its tasks."""
    heard: set[str] = set()
    all_heard = asyncio.Event()

    def hear(progress: Progress) -> None:
        if progress.text:
            heard.add(progress.task_id)
        if len(heard) == len(names):
            all_heard.set()

    work = "steps=2 delay=0 size=4000 behavior=hanging"
    sends = [
        tools.a2a_send_async(urls[n % AGENTS], work, task_id=name, on_progress=hear) for n, name in enumerate(names)
    ]
    assert all(answer["success"] for answer in await asyncio.gather(*sends))
    await asyncio.wait_for(all_heard.wait(), 2 * WITHIN)


@pytest.mark.req("A4", "A5", "A7")
async def test_256_at_once_each_end_truthfully_and_leave_nothing(tmp_path: Path) -> None:
    before = held()
    clock = LeapingClock()
    # What an agent that answers may take is without bound here: how busy the machine is, is no news of the agent.
    limits = {"cancel_seconds": LONG, "idle_seconds": NEVER, "sweep_every": NEVER, "silence_limit": NEVER}
    told: list[Outcome] = []
    with ExitStack() as stack:
        logs = [tmp_path / f"{n}.jsonl" for n in range(AGENTS)]
        agents = [stack.enter_context(processes.agent(log)) for log in logs]
        urls = [agent.url for agent in agents]
        async with tools_in(tmp_path, clock=clock, on_result=told.append, ask_patience=0.5, **limits) as tools:
            # Once, so that what is loaded and kept only once is no part of the count.
            assert (await tools.a2a_send(urls[0], "steps=1 delay=0"))["success"] is True
            names = [f"t{n}" for n in range(TASKS)]
            await begun(tools, urls, names)
            assert "256 tasks are running" in (await tools.a2a_send_async(urls[0], "go"))["error"]

            lost = {name for n, name in enumerate(names) if n % AGENTS < KILLED}
            for agent in agents[:KILLED]:
                agent.kill()
            halved = [name for n, name in enumerate(names) if n // AGENTS % 2]
            living = [name for name in halved if name not in lost]
            canceled = dict(zip(living, await asyncio.gather(*map(tools.a2a_cancel_task, living)), strict=True))
            dying = [asyncio.create_task(tools.a2a_cancel_task(name), name=name) for name in halved if name in lost]
            while not all(cancel.done() for cancel in dying):
                clock.leap(LONG)
                await asyncio.sleep(0.1)
            canceled |= {cancel.get_name(): cancel.result() for cancel in dying}
            for name in lost - {*halved}:
                await until_ended(tools, name)
            rest = [name for name in names if name not in lost and name not in canceled]
            assert tools.direct.count == len(rest)
            canceled |= dict(zip(rest, await asyncio.gather(*map(tools.a2a_cancel_task, rest)), strict=True))

            ended = {name: await tools.a2a_check_task(name) for name in names}
            for name, answer in ended.items():
                if name not in lost:
                    assert (answer["state"], canceled[name]["agent_confirmed"]) == ("canceled", True), answer
                elif name in canceled:
                    assert canceled[name]["agent_confirmed"] is False
                    assert answer["state"] in ("canceled", "failed")
                else:
                    assert answer["state"] == "failed"
                    assert "the outcome is unknown" in answer["error"]
                assert "chunk 1" in answer["text"]
            assert tools.direct.count == 0
            assert await tools.session.journal.run(table.running) == []
            assert Counter(outcome.task_id for outcome in told) == Counter(names)
            for log in logs[KILLED:]:
                assert len(processes.journal(log, "stopped")) >= TASKS // AGENTS

            gc.collect()
            assert Counter(type(one) for one in gc.get_objects() if isinstance(one, OF_A_TASK)) == Counter()
    await until_held(before)
