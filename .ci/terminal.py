"""A program in a terminal of its own (a pty), and what a person would see on its screen. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import pyte

MARKER = "HEADWAY_TERMINAL_MARKER"


class Terminal:
    """Starts `command` in a pty. Used as a context manager; what is still alive at its end is killed.

    Everything the program starts inherits a marker in its environment, by which `survivors` finds it, also when it has
    left the session of the terminal.
    """

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self._marker = uuid4().hex
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._exit_code: int | None = None
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
                os.chdir(cwd)
                os.execvpe(command[0], list(command), {**env, MARKER: self._marker})  # noqa: S606
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [] if self._has_exited() else [self._pid]
        for pid in {*self.survivors(), *running}:
            os.kill(pid, signal.SIGKILL)
        if running:
            os.waitpid(self._pid, 0)
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """The screen as it is now, one line each row, without trailing blanks."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def send(self, keys: str) -> None:
        """Type the keys."""
        os.write(self._descriptor, keys.encode())

    def wait_until(self, condition: Callable[[str], bool], *, seconds: float) -> bool:
        """Read until the condition holds for the screen's text. False when the time is up or the program has ended."""
        return self._read_until(lambda: condition(self.text), seconds)

    def wait_for_exit(self, *, seconds: float) -> int | None:
        """The exit code (128 + the signal that ended it), or None when it is still running after that time."""
        self._read_until(self._has_exited, seconds)
        return self._exit_code

    def survivors(self) -> list[int]:
        """The program and the processes it started that are alive now. Where there is no /proc, none is found."""
        marker = f"{MARKER}={self._marker}".encode()
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if marker in environment(folder)]

    def _read_until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        is_open = True
        while not done():
            remaining = deadline - time.monotonic()
            if remaining <= 0 or (not is_open and self._has_exited()):
                return done()
            readable, _, _ = select.select([self._descriptor] if is_open else [], [], [], min(remaining, 0.1))
            if readable:
                is_open = self._feed()
        return True

    def _feed(self) -> bool:
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # Linux says EIO once the last process has closed its side
            return False
        self._stream.feed(data)
        return bool(data)

    def _has_exited(self) -> bool:
        if self._exit_code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self._exit_code = code if code >= 0 else 128 - code
        return self._exit_code is not None


def environment(folder: Path) -> bytes:
    """The environment a process was started with; empty when it has just ended, is a zombie or is not ours."""
    try:
        return (folder / "environ").read_bytes()
    except OSError:
        return b""
