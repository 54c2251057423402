"""P6: what a board costs that has 10,000 finished delegations in it while nothing happens.

Both boards stand in a terminal of 120×36 each on the same platform, at the same time; the delegations ended a day ago.
The figures are of each board's process alone: the processor's time, all its threads, as the system counts it, and the
bytes that came out of its terminal. The naive board looks at the ages once a second, and its field's cursor blinks.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from _measure import print_limit
from _processes import Program, environment, platform
from _seeding import DAY_MS, seed_finished

FINISHED: Final = 10_000
SECONDS: Final = 8
SETTLE: Final = 6
"""Seconds after the first row until what is measured begins."""
ROUNDS: Final = 2
TURN: Final = 0.1
"""Seconds that one of them is read for, and then the other."""
HERE: Final = Path(__file__).parent


def idle(*commands: list[str]) -> list[tuple[float, float]]:
    """CPU in percent of one core, and bytes a second, of boards that stand beside each other."""
    with ExitStack() as stack:
        boards = [stack.enter_context(Program(command, environment())) for command in commands]
        for board in boards:
            board.read_until("task number")
        watch(boards, SETTLE)
        before = [(board.cpu, len(board.written)) for board in boards]
        seconds = watch(boards, SECONDS)
        after = [(board.cpu, len(board.written)) for board in boards]
    return [
        ((cpu - cpu_before) / seconds * 100, (size - size_before) / seconds)
        for (cpu, size), (cpu_before, size_before) in zip(after, before, strict=True)
    ]


def watch(boards: list[Program], seconds: float) -> float:
    """Take what they write for so long; returns how long it was."""
    begun = time.perf_counter()
    while (passed := time.perf_counter() - begun) < seconds:
        for board in boards:
            board.read_for(TURN)
    return passed


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "headway"
        seed_finished(folder, FINISHED, ago_ms=DAY_MS)
        with platform(folder) as url:
            token = (folder / "admin-token").read_text().strip()
            ours = [sys.executable, str(HERE / "_full_board.py"), str(FINISHED), url, token]
            naive = [sys.executable, str(HERE / "_naive_board.py"), url, token, "", str(FINISHED)]
            rounds = [idle(ours, naive) for _ in range(ROUNDS)]
    our_cpu, naive_cpu = (median(side[0] for side in sides) for sides in zip(*rounds, strict=True))
    our_bytes, naive_bytes = (median(side[1] for side in sides) for sides in zip(*rounds, strict=True))
    what = f"{FINISHED:,} finished, nothing happens for {SECONDS} s"
    print_limit(
        "P6", f"{what}: CPU", ours=f"{our_cpu:.2f} %", peer=f"{naive_cpu:.2f} %", limit="< 1 %", met=our_cpu < 1
    )
    print_limit(
        "P6", f"{what}: written", ours=f"{our_bytes:g} B/s", peer=f"{naive_bytes:,.0f} B/s", limit="0 B/s",
        met=our_bytes == 0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
