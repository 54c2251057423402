"""P9: from an agent's bytes to the paint on the board, and from keys to a row, on a system where nothing else happens.

The platform, the board in a terminal of 120×36 and the agent (in this process) are three processes. A sample begins
when the agent's event is given to its socket, or the key to the terminal, and ends when the text is in what the board
wrote. A row by keys is two samples: `d` until the dialog is there, and the key that sends until the row is in
the table; their sum is the figure. The naive board follows the same stream on the same platform, each sample of one
beside a sample of the other; its row is a field's text that is sent with `enter`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx
from _agent import Agent, agent
from _measure import percentile, print_limit
from _processes import HEADWAY, Program, environment, platform

SAMPLES: Final = 40
ROWS: Final = 15
WARM_UP: Final = 3
PAUSE: Final = 0.1
"""Seconds between samples, so that each finds a system where nothing happens."""
QUIET: Final = 1.5
"""Seconds after a row until the next `d`: what a sent task brings after its row is painted by then."""
NAIVE: Final = Path(__file__).with_name("_naive_board.py")


def paints(boards: list[Program], speaker: Agent) -> list[list[float]]:
    """Milliseconds from the agent's bytes to each board's paint."""
    stream = speaker.stream("say what you are told")
    taken: list[list[float]] = [[] for _ in boards]
    for number in range(WARM_UP + SAMPLES):
        for board, samples in zip(boards, taken, strict=True):
            idle(boards)
            text = f"word{number:04}{'ab'[boards.index(board)]}"
            said_at = stream.say(text + "\n")
            samples.append((board.read_until(text) - said_at) * 1e3)
    return [samples[WARM_UP:] for samples in taken]


def rows_by_dialog(board: Program) -> tuple[list[float], list[float]]:
    """Milliseconds from `d` to the dialog, and from `ctrl+s` to the row."""
    opening, sending = [], []
    for number in range(WARM_UP + ROWS):
        board.read_for(QUIET)
        task = f"made{number:04}"
        before = len(board.written)
        asked_at = press(board, "d")
        # A notice of the row before may lie over the edge of the dialog, but not over its fields.
        opened = board.read_until("to be done?", after=before) - asked_at
        type_in(board, task if number else "\t" + task)
        before = len(board.written)
        sent_at = press(board, "\x13")
        opening.append(opened * 1e3)
        # The text blinks in its field until the dialog has gone; what comes of it after that is the row.
        board.read_until("In progress", after=before)
        gone = board.written.find(b"In progress", before)
        sending.append((board.read_until(task, after=gone) - sent_at) * 1e3)
    return opening[WARM_UP:], sending[WARM_UP:]


def rows_by_field(board: Program) -> list[float]:
    """Milliseconds from `enter` to the row."""
    samples = []
    for number in range(WARM_UP + ROWS):
        idle([board])
        task = f"naiv{number:04}"
        type_in(board, task)
        before = len(board.written)
        sent_at = press(board, "\r")
        samples.append((board.read_until(task, after=before) - sent_at) * 1e3)
    return samples[WARM_UP:]


def type_in(board: Program, keys: str) -> None:
    """Type it, and wait until nothing is left to be painted of it."""
    board.send(keys)
    board.read_for(0.5)


def press(board: Program, key: str) -> float:
    at = time.perf_counter()
    board.send(key)
    return at


def idle(boards: list[Program]) -> None:
    for board in boards:
        board.read_for(PAUSE)


def tell(what: str, ours: list[float], naive: list[float], bars: tuple[tuple[int, float | None], ...]) -> None:
    for percent, limit in bars:
        value, other = percentile(ours, percent), percentile(naive, percent)
        print_limit(
            "P9", f"{what}, p{percent}", ours=f"{value:.0f} ms", peer=f"{other:.0f} ms",
            limit=f"< {limit:g} ms" if limit else "none", met=limit is None or value < limit,
        )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as name, agent() as speaker:
        folder = Path(name) / "headway"
        folder.mkdir()
        with platform(folder) as url:
            token = (folder / "admin-token").read_text().strip()
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http:
                body = {"name": "bench", "url": speaker.url, "max_concurrent_tasks": 1_000}
                target = http.post("/workspaces", json=body).raise_for_status().json()["id"]
                body = {"target_id": target, "task": "say what you are told"}
                http.post("/workspaces/operator/delegate", json=body).raise_for_status()
            speaker.stream("say what you are told")
            home = environment(XDG_DATA_HOME=name, XDG_CONFIG_HOME=name)
            naive_command = [sys.executable, str(NAIVE), url, token, target, "100"]
            with Program(HEADWAY, home) as ours, Program(naive_command, home) as naive:
                for board in (ours, naive):
                    board.read_until("say what you")
                idle([ours, naive])
                taken = paints([ours, naive], speaker)
            tell("an agent's bytes to the paint", *taken, bars=((50, 60), (99, 120)))
            # First, as its table shows what comes last below what its screen has room for.
            with Program(naive_command, home) as naive:
                naive.read_until("say what you")
                by_field = rows_by_field(naive)
            with Program(HEADWAY, home) as ours:
                ours.read_until("say what you")
                opening, sending = rows_by_dialog(ours)
            both = [sum(one) for one in zip(opening, sending, strict=True)]
            for what, samples in (("`d` to the dialog", opening), ("the sending key to the row", sending)):
                tell(what, samples, by_field, bars=((50, None), (99, None)))
            tell("both keys to the row", both, by_field, bars=((50, None), (99, 150)))


if __name__ == "__main__":
    main()
