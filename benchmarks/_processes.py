"""What the benchmarks of whole processes share: a platform, programs in a terminal, the time that a process takes."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

HEADWAY: Final = (sys.executable, "-m", "headway")
SIZE: Final = (120, 36)
_WITHIN: Final = 120.0
"""Seconds that anything awaited here may take on a machine that others use too."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that something took: of the processors, and of the clock on the wall."""

    cpu: float
    wall: float


def environment(**more: str) -> dict[str, str]:
    """The environment of a terminal that knows colors, with nothing set for Headway."""
    theirs = ("HEADWAY_", "NO_COLOR", "SSH_CONNECTION", "TEXTUAL", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **more}


def cost_of(command: Sequence[str], env: Mapping[str, str]) -> Cost:
    """Run a command to its end. Raises CalledProcessError where it fails."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, ended - begun)


def cpu_of(pid: int) -> float:
    """Seconds of processors that a process has used up to now, all its threads together."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Program:
    """A command in a terminal of its own: what it has written, and when. A context manager, which kills it."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.written = bytearray()
        self.begun = time.perf_counter()
        self._descriptor, inside = pty.openpty()
        try:
            fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
            self._process = subprocess.Popen(
                command, env=env, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
            )
        finally:
            os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._descriptor)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def cpu(self) -> float:
        """Seconds of processors that it has used up to now."""
        return cpu_of(self.pid)

    def send(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def read_until(self, text: str, *, after: int = 0) -> float:
        """Read until the text is in what was written from byte `after` on; the time then. Raises TimeoutError."""
        wanted = text.encode()
        deadline = time.perf_counter() + _WITHIN
        while self.written.find(wanted, after) < 0:
            self._read(deadline - time.perf_counter(), f"no {text!r}")
        return time.perf_counter()

    def read_for(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        before, deadline = len(self.written), time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            ready, _, _ = select.select([self._descriptor], [], [], left)
            if ready:
                self.written += os.read(self._descriptor, 65_536)
        return len(self.written) - before

    def _read(self, within: float, otherwise: str) -> None:
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, within))
        if not ready:
            raise TimeoutError(f"{otherwise} in {self.written[-2_000:].decode(errors='replace')!r}")
        self.written += os.read(self._descriptor, 65_536)


@contextmanager
def platform(folder: Path) -> Iterator[str]:
    """`headway serve` on a data folder and a free port, until the block ends; its address."""
    command = [*HEADWAY, "serve", "--port", "0", "--data", str(folder)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"the platform does not listen: {(folder / 'serve.log').read_text()}")
        yield line.removeprefix("listening on ").strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_WITHIN)
