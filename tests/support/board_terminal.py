"""`headway board` in a terminal of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.processes import WITHIN
from terminal import Terminal

TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
_THEIRS = ("NO_COLOR", "COLORTERM", "SSH_CONNECTION", "SSH_TTY", "TEXTUAL")


@contextmanager
def board(
    data: Path,
    *arguments: str,
    columns: int = 120,
    lines: int = 36,
    environment: Mapping[str, str] = TRUECOLOR,
    kind: type[Terminal] = Terminal,
) -> Iterator[Terminal]:
    """The board on a data folder, once it is live; `environment` says what kind of terminal it is told of."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWAY_", *_THEIRS))}
    command = [sys.executable, "-m", "headway", "board", "--data", str(data), *arguments]
    env = {**inherited, **environment}
    with kind(command, cwd=data, env=env, columns=columns, lines=lines) as terminal:
        shows(terminal, "● live")
        yield terminal


def shows(terminal: Terminal, text: str, *, seconds: float = WITHIN) -> None:
    """Wait until the text is on the screen."""
    assert terminal.wait_until(lambda screen: text in screen, seconds=seconds), f"no {text!r} in\n{terminal.text}"


def gone(terminal: Terminal, text: str) -> None:
    """Wait until the text is not on the screen."""
    assert terminal.wait_until(lambda screen: text not in screen, seconds=WITHIN), terminal.text


def quits(terminal: Terminal) -> None:
    """Press q; the board must end well."""
    terminal.send("q")
    assert terminal.wait_for_exit(seconds=WITHIN) == 0, terminal.text
