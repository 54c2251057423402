"""Headway as a person runs it: real processes, their output, their exit codes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.ledgers import lay_ledger

WITHIN = 60.0
"""Seconds that anything awaited here may take: every test of a run shares the machine with others."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that has said where it listens."""

    url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """SIGKILL, as a power cut or the OOM killer would."""
        self.process.kill()
        self.process.wait(WITHIN)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN)


@contextmanager
def server(program: Sequence[str], *, log: Path) -> Iterator[Server]:
    """Run `python …` until the block ends; it must print `listening on URL`."""
    with log.open("ab") as errors:
        process = subprocess.Popen([sys.executable, *program], stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield Server(_announced(process, log), process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(WITHIN)
        assert process.stdout is not None
        process.stdout.close()


def _announced(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], WITHIN)
    line = process.stdout.readline() if ready else ""
    if not line.startswith("listening on "):
        raise AssertionError(f"not listening: {line!r}; its log: {log.read_text()}")
    return line.removeprefix("listening on ").strip()


@contextmanager
def platform(data: Path, *arguments: str) -> Iterator[Server]:
    """`headway serve` on a data folder and a free port."""
    lay_ledger(data)
    with server(
        ["-m", "headway", "serve", "--port", "0", "--data", str(data), *arguments], log=data / "serve.log"
    ) as running:
        yield running


@contextmanager
def agent(log: Path, *arguments: str) -> Iterator[Server]:
    """`headway agent`, whose journal is `log`."""
    with server(["-m", "headway", "agent", "--log", str(log), *arguments], log=log.with_suffix(".err")) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)


class Cli:
    """`headway …` on a data folder."""

    def __init__(self, data: Path, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
        self._environment = {**clean, **environment}
        self.data = data

    def __call__(self, *arguments: str) -> Ran:
        """Run a command to its end."""
        done = subprocess.run(
            self._command(arguments),
            capture_output=True,
            text=True,
            timeout=60,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs while the block does; its stdout can be read line by line."""
        with subprocess.Popen(
            self._command(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment,
            stdin=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "headway", *arguments, "--data", str(self.data)]

    def until(self, condition: Callable[[Any], bool], *arguments: str) -> Any:
        """Repeat a command that prints JSON until its answer meets the condition."""
        give_up_at = time.monotonic() + WITHIN
        while True:
            answer = self(*arguments).json()
            if condition(answer):
                return answer
            assert time.monotonic() < give_up_at, answer


def until(condition: Callable[[], bool]) -> None:
    """Ask again and again, until it holds; asking is what takes time."""
    give_up_at = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < give_up_at, "never came"


def journal(log: Path, event: str) -> list[dict[str, Any]]:
    """The lines of an agent's journal of one kind, in order."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    return [line for line in map(json.loads, lines) if line["event"] == event]
