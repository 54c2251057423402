"""P12 for P1: what one changed cell costs from 10^3 to 10^6 rows, the naive peer up to 10^5.

The paints are those of `p1_table_paint.py`, in CPU time. From 10^5 on only with `--all`, as P1 has
them too; `--draw` draws docs/paint-growth.svg.
"""

from __future__ import annotations

import asyncio
import sys

from _curves import ALL_SIZES, MOST, SIZES, Curve, draw
from p1_table_paint import naive, ours


def main(*, whole: bool) -> None:
    asyncio.run(ours(SIZES[0]))  # Imports, style sheets and caches are warm from here on.
    board, peer = Curve(), Curve()
    for size in ALL_SIZES if whole else SIZES:
        board[size] = asyncio.run(ours(size)).paint.milliseconds
        told = f"ours {board[size]:.2f} ms"
        if size < MOST:
            peer[size] = asyncio.run(naive(size)).paint.milliseconds
            told += f"  naive {peer[size]:.2f} ms  ratio {peer[size] / board[size]:.0f}"
        print(f"P12 P1 at {size:,}: {told}  ours against its first {board[size] / board[SIZES[0]]:.2f}", flush=True)
    if "--draw" in sys.argv:
        title = "CPU time of one changed cell, in ms, by rows in the table"
        draw("paint-growth", title, {"Headway": board, "DataTable": peer})


if __name__ == "__main__":
    main(whole="--all" in sys.argv)
