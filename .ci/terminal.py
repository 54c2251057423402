"""A program in a terminal of its own (a pty), and what a person would see on its screen. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import pyte

MARKER = "HEADWAY_TERMINAL_MARKER"


class Terminal:
    """Starts `command` in a pty; OSError when it cannot be started. A context manager, which kills what is still alive.

    Everything the program starts inherits a marker in its environment, by which `survivors` finds it, also when it has
    left the session of the terminal.
    """

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self._marker = uuid4().hex
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.written = bytearray()
        """Every byte that the program has sent to the terminal."""
        self._descriptor, inside = pty.openpty()
        try:
            fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                # Not the size of whatever terminal this runs under.
                env={name: env[name] for name in env.keys() - {"COLUMNS", "LINES"}} | {MARKER: self._marker},
                stdin=inside,
                stdout=inside,
                stderr=inside,
                start_new_session=True,
            )
        except OSError:
            os.close(self._descriptor)
            raise
        finally:
            os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        for pid in self.survivors():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """The screen as it is now, one line each row, without trailing blanks."""
        # Not pyte's own `display`, which fails where half of a wide character was written over.
        screen = self._screen
        rows = (screen.buffer[y] for y in range(screen.lines))
        return "\n".join("".join(row[x].data for x in range(screen.columns)).rstrip() for row in rows)

    def send(self, keys: str | bytes) -> None:
        """Type the keys, or whatever bytes."""
        os.write(self._descriptor, keys if isinstance(keys, bytes) else keys.encode())

    def signal(self, number: int) -> None:
        """Send the program a signal; one that has ended gets none."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Take the terminal away without a word; nothing can be read of the program afterwards."""
        os.close(self._descriptor)
        self._descriptor = os.open(os.devnull, os.O_RDWR)

    def wait_until(self, condition: Callable[[str], bool], *, seconds: float) -> bool:
        """Read until the condition holds for the screen's text. False when the time is up or the program has ended."""
        return self._read_until(lambda: condition(self.text), seconds)

    def wait_until_quiet(self, *, seconds: float, quiet: float = 0.25) -> bool:
        """Read until nothing was written for `quiet` seconds. False when the time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._read_more(quiet):
                return True
        return False

    def wait_for_exit(self, *, seconds: float) -> int | None:
        """The exit code (128 + the signal that ended it), or None when it is still running after that time."""
        self._read_until(self._has_exited, seconds)
        code = self._process.returncode
        return 128 - code if code is not None and code < 0 else code

    def survivors(self) -> list[int]:
        """The program and the processes it started that are alive now. Where there is no /proc, none is found."""
        marker = f"{MARKER}={self._marker}".encode()
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if marker in environment(folder)]

    def _read_more(self, seconds: float) -> bool:
        before = len(self.written)
        return self._read_until(lambda: len(self.written) > before, seconds)

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
        self.written += data
        self._stream.feed(data)
        return bool(data)

    def _has_exited(self) -> bool:
        return self._process.poll() is not None


def environment(folder: Path) -> bytes:
    """The environment a process was started with; empty when it has just ended, is a zombie or is not ours."""
    try:
        return (folder / "environ").read_bytes()
    except OSError:
        return b""
