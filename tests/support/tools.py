"""Tools of one workspace for a test: a journal of its own, agents on loopback, and what must not be left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.core.clock import Clock
from headway.net.addresses import LOOPBACK
from headway.tools import Tools, ToolSettings, open_tools

WITHIN = 30.0
"""Seconds that anything awaited here may take."""
Answer = dict[str, Any]


@asynccontextmanager
async def tools_in(
    folder: Path, *, clock: Clock | None = None, agents: Any = None, on_result: Any = None, **settings: Any
) -> AsyncIterator[Tools]:
    """Tools whose journal is in this folder; `settings` are fields of `ToolSettings`."""
    given = ToolSettings(**{"allow": LOOPBACK, "data_folder": folder, "workspace_id": "ws", **settings})
    async with open_tools(given, clock=clock, rng=random.Random(1), agents=agents, on_result=on_result) as tools:
        yield tools


async def until(tools: Tools, task_id: str, condition: Callable[[Answer], bool]) -> Answer:
    """Check a task until its answer meets the condition."""
    async with asyncio.timeout(WITHIN):
        while True:
            if condition(answer := await tools.a2a_check_task(task_id)):
                return answer
            await asyncio.sleep(0.005)


async def until_ended(tools: Tools, task_id: str) -> Answer:
    """How a task ended."""
    return await until(tools, task_id, lambda answer: answer.get("state") != "running")


@dataclass(frozen=True, slots=True)
class Left:
    """What a process holds: asyncio tasks by name, open descriptors."""

    tasks: list[str]
    descriptors: int


def held() -> Left:
    """What this process holds now, after what is garbage has been collected."""
    gc.collect()
    names = sorted(task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task())
    return Left(names, len(os.listdir("/proc/self/fd")))


async def until_held(wanted: Left) -> None:
    """Wait until nothing more is held than then; fails with what is."""
    for _ in range(500):
        if (now := held()).tasks == wanted.tasks and now.descriptors <= wanted.descriptors:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"held {now}, before {wanted}")
