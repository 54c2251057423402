"""Processes that a command starts: the platform and the demo's agents. What was started is stopped, nothing else."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

STOP_SECONDS = 10


@contextmanager
def listening_socket(host: str = "127.0.0.1") -> Iterator[tuple[socket.socket, str]]:
    """A bound, listening socket for a child to serve on, and its URL.

    Whoever connects before the child is up waits instead of being refused, so a board can open at once. Close it (by
    leaving the block) once the child has it: then a child that dies is noticed.
    """
    with socket.create_server((host, 0), backlog=1_024) as listener:
        listener.set_inheritable(True)
        yield listener, f"http://{host}:{listener.getsockname()[1]}"


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


@asynccontextmanager
async def child(
    arguments: Sequence[str], *, log: Path, pass_fds: Sequence[int] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child for as long as the block runs."""
    process = await start([*arguments, "--end-with-parent"], log=log, pass_fds=pass_fds)
    try:
        yield process
    finally:
        await stop(process)
