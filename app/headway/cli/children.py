"""Processes that a command starts: the platform and the demo's agents. What was started is stopped, nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

STOP_SECONDS = 10


async def start(arguments: Sequence[str], *, log: Path, pass_fds: Sequence[int] = ()) -> asyncio.subprocess.Process:
    """Start `headway …` in a session of its own, so that ctrl+c at the terminal is not its business.

    It can be told to end with this process by `--end-with-parent`: its stdin is a pipe that closes then.
    """
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "headway",
            *arguments,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask a child to end, and end it where it does not within `STOP_SECONDS`."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
