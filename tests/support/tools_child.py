"""`tools_process.py` as a test sees it: orders and answers, and its end by SIGKILL."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support import tools_process
from support.tools import WITHIN


class Child:
    """The process, its lines as they come, and its end by SIGKILL."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[dict[str, Any]] = []

    async def order(self, *words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((" ".join(words) + "\n").encode())
        await self._process.stdin.drain()

    async def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), WITHIN)
        assert line, "the process has ended"
        self.lines.append(json.loads(line))
        return self.lines[-1]

    async def answer(self, verb: str, task_id: str) -> dict[str, Any]:
        while True:
            line = await self.line()
            if (line.get("verb"), line.get("id")) == (verb, task_id):
                return line["answer"]

    async def ask(self, verb: str, task_id: str, *rest: str) -> dict[str, Any]:
        await self.order(verb, task_id, *rest)
        return await self.answer(verb, task_id)

    async def until(self, task_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Check a task until its answer meets the condition."""
        async with asyncio.timeout(WITHIN):
            while True:
                if condition(answer := await self.ask("check", task_id)):
                    return answer
                await asyncio.sleep(0.02)

    async def until_ended(self, task_id: str) -> dict[str, Any]:
        return await self.until(task_id, lambda answer: answer.get("state") != "running")

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def child(folder: Path) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        tools_process.__file__,
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=8 * 1_048_576,
    )
    one = Child(process)
    try:
        yield one
    finally:
        if process.returncode is None:
            await one.kill()
