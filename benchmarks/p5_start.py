"""P5: how soon the board shows rows, and `headway ls` prints them, on a platform that runs.

The board is `headway` in a terminal of 120×36, from the start of its process to the first row of a delegation in what
it wrote; its peer is the least that a Textual app with a DataTable of as many rows is, its rows at hand. The peer of
`headway ls` is a Python that imports what every client of ours must: `httpx` and `pydantic`. The processor's time is
that of the process alone, all its threads; the time on the wall has the platform's answers in it, and whatever else the
machine does. The sides take turns; each figure is the median of its rounds.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from _measure import print_bar
from _processes import HEADWAY, Cost, Program, cost_of, environment, platform
from _seeding import seed_finished

DELEGATIONS: Final = 50
ROUNDS: Final = 9
MINIMAL: Final = Path(__file__).with_name("_minimal_table.py")
ROW: Final = "task number"


def to_first_row(*command: str, **env: str) -> Cost:
    with Program(command, environment(**env)) as program:
        shown_at = program.read_until(ROW)
        return Cost(program.cpu, shown_at - program.begun)


def compare(what: str, ours: Callable[[], Cost], naive: Callable[[], Cost], *, at_most: float) -> None:
    for side in (ours, naive):
        side()
    rounds = [(ours(), naive()) for _ in range(ROUNDS)]
    for kind in ("cpu", "wall"):
        our_time, naive_time = (median(getattr(one, kind) for one in column) for column in zip(*rounds, strict=True))
        print_bar(
            "P5",
            f"{what}, {kind}",
            ours=f"{our_time * 1e3:.0f} ms",
            peer=f"{naive_time * 1e3:.0f} ms",
            ratio=our_time / naive_time,
            at_most=at_most,
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "headway"
        seed_finished(folder, DELEGATIONS)
        # An account's own data folder, found where it is looked for; nothing is set.
        home = {"XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name}
        with platform(folder):
            compare(
                "`headway` to its first row",
                lambda: to_first_row(*HEADWAY, **home),
                lambda: to_first_row(sys.executable, str(MINIMAL), str(DELEGATIONS)),
                at_most=1.6,
            )
            compare(
                "`headway ls` to its end",
                lambda: cost_of([*HEADWAY, "ls"], environment(**home)),
                lambda: cost_of([sys.executable, "-c", "import httpx, pydantic"], environment()),
                at_most=2.5,
            )


if __name__ == "__main__":
    main()
