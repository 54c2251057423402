"""P12 for P8: durable transitions a second, 50 in flight, in ledgers of 10^3 to 10^6 delegations; naive up to 10^5.

The sides of P8 (`p8_ledger.py`), each with so many delegations that have ended there already. In one size the sides
take turns; each figure is the median of its rounds. The ratio to compare from run to run is the one along the row.
From 10^5 on only with `--all`: a million takes some two minutes to make; `--draw` draws docs/ledger-growth.svg.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Final

from _curves import ALL_SIZES, MOST, SIZES, Curve, draw
from p8_ledger import WARM_UP, naive, ours, rate
from p10_scale import fill, found

ROUNDS: Final = 3
TRANSITIONS: Final = (5_000, 1_000)


async def measure(size: int) -> list[float]:
    """Transitions a second: ours, and the naive side's where it takes part."""
    with tempfile.TemporaryDirectory(prefix="headway-growth-") as folder:
        path = Path(folder)
        parties = await found(path / "ours.db")
        fill(path / "ours.db", size, parties, random.Random(12))  # noqa: S311 - made-up data
        async with AsyncExitStack() as stack:
            moves = [await stack.enter_async_context(ours(path, 0.0))]
            if size < MOST:
                moves.append(await stack.enter_async_context(naive(path, 0.0, size)))
            sides = list(zip(moves, TRANSITIONS, strict=False))
            for move, _ in sides:
                await rate(move, WARM_UP)
            figures = [[await rate(move, count) for move, count in sides] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*figures, strict=True)]


async def main(sizes: tuple[int, ...]) -> None:
    curves = {"Headway": Curve(), "aiosqlite": Curve()}
    for size in sizes:
        rates = await measure(size)
        for curve, figure in zip(curves.values(), rates, strict=False):
            curve[size] = figure
        first = curves["Headway"][SIZES[0]]
        told = [f"{name} {figure:,.0f}/s" for name, figure in zip(("ours", "naive"), rates, strict=False)]
        print(f"P12 P8 at {size:,}: {'  '.join(told)}  ours against its first {rates[0] / first:.2f}", flush=True)
    if "--draw" in sys.argv:
        draw("ledger-growth", "Durable transitions a second, by delegations in the ledger", curves)


if __name__ == "__main__":
    asyncio.run(main(ALL_SIZES if "--all" in sys.argv else SIZES))
