"""The board through deaths of its platform under load: it says so, comes back, and shows what the ledger holds."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.board_terminal import board, gone, quits, shows
from support.processes import WITHIN, agent, platform
from support.seeding import Seeding, seeding
from terminal import Terminal

RESTARTS = int(os.environ.get("RESTARTS", "3"))
"""How often the platform dies; `make soak` says more."""
BEFORE, AFTER = 8, 4
"""Delegations that a round hands over before the platform dies, and after it is back."""
DOWN, ENTER, ESCAPE = "\x1b[B", "\r", "\x1b"
GROUPS = {
    "Queued": {"pending", "queued"},
    "In progress": {"dispatched", "in_progress", "input_required", "stuck", "canceling"},
    "Completed": {"completed", "failed", "canceled"},
}
SIGNS = {"✓": "completed", "✗": "failed"}


def hand_over(api: Seeding, target: str, turn: int, first: int, count: int) -> None:
    """Short tasks, every fourth of which fails."""
    for number in range(first, first + count):
        api.dispatch(target, f"r{turn}n{number:02} steps=20 delay=0.1{' fail=no_reason' if number % 4 == 0 else ''}")


def ledger(api: Seeding) -> list[dict[str, Any]]:
    """Every record that there is."""
    found: list[dict[str, Any]] = api.get("/admin/delegations?limit=500")
    return found


def shows_the_ledger(terminal: Terminal, api: Seeding, turn: int, made: int) -> None:
    """Once all has ended, the titles count what the ledger has, and each row of this turn is as its record is."""
    shows(terminal, f"Completed {made}")
    records = ledger(api)
    held = {title: sum(one["status"] in statuses for one in records) for title, statuses in GROUPS.items()}
    assert held == {"Queued": 0, "In progress": 0, "Completed": made}
    shows(terminal, "In progress 0")
    shows(terminal, "Queued 0")
    wanted = {one["task"].split()[0]: one["status"] for one in records if one["task"].startswith(f"r{turn}n")}
    terminal.send("3")
    terminal.wait_until_quiet(seconds=2)
    terminal.send(f"/r{turn}n")
    shows(terminal, f"{BEFORE + AFTER} of {made} match")
    terminal.send(ENTER)
    assert terminal.wait_until(lambda screen: rows(screen) == wanted, seconds=WITHIN), f"{wanted}\n{terminal.text}"
    terminal.send(ESCAPE)
    gone(terminal, " match")


def seen(terminal: Terminal, pattern: str) -> None:
    """Wait until something on the screen matches."""
    assert terminal.wait_until(lambda screen: re.search(pattern, screen) is not None, seconds=WITHIN), terminal.text


def rows(screen: str) -> dict[str, str]:
    """The finished ones in the table, by the first word of their task."""
    return {task: SIGNS[sign] for task, sign in re.findall(r"worker +(r\d+n\d+) [^│]*? ([✓✗]) ", screen)}


@pytest.mark.req("D6", "D14", "C12")
@pytest.mark.timeout(60 + 30 * RESTARTS)
def test_the_board_outlives_a_platform_that_dies_again_and_again(tmp_path: Path) -> None:
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker", "--slots", "30")
    with worker as there, ExitStack() as platforms:
        running = platforms.enter_context(platform(tmp_path))
        url, port = running.url, running.url.rpartition(":")[2]
        with seeding(running, tmp_path) as api, board(tmp_path, "--url", url, columns=160, lines=60) as terminal:
            target, made = api.agent("worker", there.url, slots=BEFORE - 2), 0
            for turn in range(RESTARTS):
                hand_over(api, target, turn, 0, BEFORE)
                seen(terminal, "In progress [1-9]")
                if turn % 2:
                    assert running.stop() == 0
                else:
                    running.kill()
                seen(terminal, r"reconnecting in .* data \d+s old")
                terminal.send(DOWN * 2)
                running = platforms.enter_context(platform(tmp_path, "--port", port))
                hand_over(api, target, turn, BEFORE, AFTER)
                shows(terminal, "● live")
                made += BEFORE + AFTER
                shows_the_ledger(terminal, api, turn, made)
            quits(terminal)
            failed = {one["task"].split()[0] for one in ledger(api) if one["status"] == "failed"}
            assert failed == {
                f"r{turn}n{number:02}" for turn in range(RESTARTS) for number in range(0, BEFORE + AFTER, 4)
            }
