"""Processes that a command starts: the platform and the demo's agents. What was started is stopped, nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

STOP_SECONDS = 10
END_WITH_PARENT = "--end-with-parent"
"""The child ends when this process does, however that ends: its stdin is a pipe that closes then."""


def start(arguments: Sequence[str], *, log: Path, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start `headway …` in a session of its own, so that ctrl+c at the terminal is not its business.

    It is told everything by its arguments and reads no configuration, which a person may be editing.
    """
    with open(log, "ab", opener=_private) as output:
        return subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "headway", *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=tuple(pass_fds),
            env={**os.environ, "HEADWAY_CONFIG": os.devnull},
            start_new_session=True,
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a child to end, and end it where it does not within `STOP_SECONDS`."""
    process.terminate()
    try:
        await asyncio.to_thread(process.wait, STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)
