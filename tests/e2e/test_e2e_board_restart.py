"""The board through a death of its platform: it says so, stays, comes back by itself, and shows what `ls` shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.board_terminal import board, quits, shows
from support.dispatching import dispatch_many
from support.processes import WITHIN, Cli, agent, platform

DOWN = "\x1b[B"
GROUPS = {
    "Queued": {"pending", "queued"},
    "In progress": {"dispatched", "in_progress", "input_required", "stuck", "canceling"},
    "Completed": {"completed", "failed", "canceled"},
}


@pytest.mark.req("D6", "D14", "C12")
def test_the_board_outlives_a_killed_platform_and_shows_what_the_ledger_holds(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker", "--slots", "30")
    with worker as running, platform(tmp_path) as first:
        port = first.url.rpartition(":")[2]
        cli("agents", "add", "worker", running.url, "--slots", "20")
        dispatch_many(first, cli, 26, "steps=60 delay=0.1")
        with board(tmp_path, "--url", first.url) as terminal:
            shows(terminal, "In progress 20")
            first.kill()
            shows(terminal, "reconnecting in")
            assert re.search(r"data \d+s old", terminal.text), terminal.text
            terminal.send(DOWN * 2)
            with platform(tmp_path, "--port", port):
                shows(terminal, "● live")
                shows(terminal, "Completed 26", seconds=2 * WITHIN)
                listed = cli("ls", "--json").json()
                quits(terminal)
    held = {title: sum(one["status"] in statuses for one in listed) for title, statuses in GROUPS.items()}
    assert held == {"Queued": 0, "In progress": 0, "Completed": 26}
    assert {one["status"] for one in listed} == {"completed"}
