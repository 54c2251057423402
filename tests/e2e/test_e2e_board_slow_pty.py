"""The board over a link of 50 kB a second while thirty agents stream: what counts is how many bytes a person waits for.

Seconds are the machine's; bytes are the board's. At the rate of the link 50,000 of them are one second.
"""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from typing import Any

import pytest
from support.board_terminal import TRUECOLOR, board, gone, quits, shows
from support.processes import WITHIN, agent, platform
from support.seeding import OPERATOR, Seeding, seeding
from terminal import Terminal

RATE = 50_000
"""Bytes a second."""
SLICE = RATE // 50
STREAMS, STEPS, SIZE = 30, 10_000, 400
A_KEY = 2 * RATE
"""Bytes that may pass from a key until what it does is on the screen, a whole new screen included."""
CAUGHT_UP = 2 * RATE
"""Bytes that may pass from the end of a storm until the screen shows how it ended."""
A_STORM = 2_000
"""Characters that each has put out by then."""
ESCAPE = "\x1b"


class SlowTerminal(Terminal):
    """Takes no more than `RATE` bytes a second from the program, whatever waits."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ready_at = time.monotonic()

    def _feed(self) -> bool:
        wait = self._ready_at - time.monotonic()
        if wait > 0:
            select.select([], [], [], wait)
        try:
            data = os.read(self._descriptor, SLICE)
        except OSError:
            return False
        self._ready_at = max(self._ready_at, time.monotonic() - 0.02) + len(data) / RATE
        self.written += data
        self._stream.feed(data)
        return bool(data)


def bytes_until(terminal: Terminal, keys: str, text: str) -> int:
    """How many bytes came after the keys until the text was there."""
    before = len(terminal.written)
    terminal.send(keys)
    shows(terminal, text)
    return len(terminal.written) - before


def said_by(api: Seeding, delegation_id: str) -> int:
    """Characters that one has put out."""
    return len(api.get(f"{OPERATOR}/delegations/{delegation_id}")["progress_text"])


def count(api: Seeding, *statuses: str) -> int:
    counted = api.get("/admin/delegations/stats")["by_status"]
    return sum(counted.get(status, 0) for status in statuses)


@pytest.mark.req("D15")
@pytest.mark.timeout(240)
def test_keys_are_answered_and_the_board_is_not_behind_over_a_slow_link(tmp_path: Path) -> None:
    worker = agent(tmp_path / "worker.jsonl", "--name", "worker")
    environment = {**TRUECOLOR, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with platform(tmp_path) as running, worker as there, seeding(running, tmp_path) as api:
        target = api.agent("worker", there.url, slots=STREAMS)
        with board(tmp_path, environment=environment, kind=SlowTerminal) as terminal:
            task = f"Talk steps={STEPS} delay=0.1 size={SIZE}"
            talks = [api.dispatch(target, f"{task} number {number}") for number in range(STREAMS)]
            shows(terminal, f"In progress {STREAMS}")
            terminal.wait_until(lambda _: said_by(api, talks[-1]) > A_STORM, seconds=WITHIN)
            said = said_by(api, talks[-1])
            waited = {}
            for keys, text in (("?", "↑ ↓ scroll"), ("a", "Agents 1"), ("v", "⏎ Whole"), ("d", "What is to be done?")):
                waited[keys] = bytes_until(terminal, keys, text)
                terminal.send(ESCAPE)
                gone(terminal, text)
            assert said_by(api, talks[-1]) > said, "all of that was in the midst of the storm"
            for one in talks:
                api.post(f"{OPERATOR}/delegations/{one}/cancel", {}, allowed=(409,))
            terminal.wait_until(lambda _: count(api, "canceled", "failed", "completed") == STREAMS, seconds=WITHIN)
            behind = bytes_until(terminal, "", f"Completed {STREAMS}")
            terminal.wait_until_quiet(seconds=WITHIN)
            quits(terminal)
    assert max(waited.values()) <= A_KEY, waited
    assert behind <= CAUGHT_UP
