"""The first minute: `headway demo` on a terminal, seen and used as a new user would (spec: dashboard)."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from terminal import Terminal

WITHIN = 40.0
"""Seconds that anything awaited may take: the rows take 15 on a quiet machine, and tests share theirs."""


def counts(screen: str) -> dict[str, int]:
    """How many rows each table says it has."""
    found = re.findall(r"(Queued|In progress|Completed) (\d+)", screen)
    return {table: int(count) for table, count in found}


def demo(folder: Path, *options: str) -> Terminal:
    """`headway demo` on a terminal, with nothing of this machine's own settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
    environment |= {"TERM": "xterm-256color", "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "headway", "demo", *options]
    return Terminal(command, cwd=folder, env=environment, columns=120, lines=36)


@pytest.mark.req("D1", "A16")
def test_the_demo_fills_three_tables_streams_obeys_keys_and_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path, "--seed", "3") as terminal:
        most: dict[str, int] = {}

        def filled(screen: str) -> bool:
            for table, count in counts(screen).items():
                most[table] = max(most.get(table, 0), count)
            return len(most) == 3 and min(most.values()) > 0

        assert terminal.wait_until(filled, seconds=WITHIN), terminal.text
        percentages: set[str] = set()

        def streams(screen: str) -> bool:
            percentages.update(re.findall(r"working +[━╸─]+ +(\d+%)", screen))
            return len(percentages) > 1

        assert terminal.wait_until(streams, seconds=WITHIN), terminal.text

        terminal.send("d")
        assert terminal.wait_until(lambda screen: "What is to be done?" in screen, seconds=WITHIN), terminal.text
        terminal.send("archivist")
        assert terminal.wait_until(
            lambda screen: "coder" not in screen.partition("Dispatch ─")[2][:1200], seconds=WITHIN
        )
        terminal.send("\t")
        terminal.wait_until_quiet(seconds=5)
        terminal.send("zzz a task of my own")
        assert terminal.wait_until(lambda screen: "zzz a task" in screen, seconds=WITHIN), terminal.text
        terminal.send("\x13")
        assert terminal.wait_until(lambda screen: re.search("▌ *archivist +zzz a task", screen), seconds=WITHIN), (
            terminal.text
        )

        terminal.send("x")
        assert terminal.wait_until(lambda screen: "Cancel this delegation?" in screen, seconds=WITHIN), terminal.text
        assert "zzz a task of my own" in terminal.text
        terminal.send("y")
        assert terminal.wait_until(lambda screen: re.search("zzz a task.*⊘", screen), seconds=WITHIN), terminal.text

        terminal.send("q")
        assert terminal.wait_for_exit(seconds=WITHIN) == 0, terminal.text
        assert terminal.survivors() == []
    assert list(tmp_path.iterdir()) == []


def test_a_window_that_is_closed_while_headway_leaves_keeps_nothing_alive(tmp_path: Path) -> None:
    """Whoever is in front of a terminal that goes away is sent SIGCONT too; it is no word to begin again."""
    with demo(tmp_path) as terminal:
        assert terminal.wait_until(lambda screen: "Dispatch" in screen, seconds=WITHIN), terminal.text
        terminal.send("q")
        assert terminal.wait_until(lambda _: b"\x1b[?1049l" in terminal.written, seconds=WITHIN), terminal.text
        terminal.signal(signal.SIGCONT)
        assert terminal.wait_for_exit(seconds=WITHIN) == 0
        assert terminal.survivors() == []


def test_a_terminal_that_goes_away_without_a_signal_ends_the_board(tmp_path: Path) -> None:
    """As where the session has no terminal of its own: the end of input is all that is ever heard of it."""
    with demo(tmp_path) as terminal:
        assert terminal.wait_until(lambda screen: "Dispatch" in screen, seconds=WITHIN), terminal.text
        terminal.hang_up()
        assert terminal.wait_for_exit(seconds=WITHIN) is not None
        assert terminal.survivors() == []
