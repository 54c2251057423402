"""P12 for P2: what an event of a firehose costs a board of 10^3 to 10^6 delegations, the naive peer up to 10^5.

The boards, the sender and the keys are those of `p2_firehose.py`: 20,000 events a second from the wire to the paint,
for a shorter time. The figure is CPU time of the board for each event that it applied. From 10^5 on only with `--all`:
P2 is at 10^5 itself. The snapshot of a million is larger than what a board takes, so that bound is lifted there.
`--draw` draws docs/firehose-growth.svg.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from _curves import ALL_SIZES, MOST, SIZES, Curve, draw
from _measure import percentile
from headway.connectors import http
from p2_firehose import naive, ours

SECONDS: Final = 3.0
NAIVE_SECONDS: Final = 1.0


def main(*, whole: bool) -> None:
    asyncio.run(ours(SIZES[0], seconds=1.0))  # Imports, style sheets and caches are warm from here on.
    if whole:
        vars(http)["BODY_BYTES"] = 2**31
    board, peer = Curve(), Curve()
    for size in ALL_SIZES if whole else SIZES:
        figures = asyncio.run(ours(size, seconds=SECONDS))
        board[size] = figures.microseconds
        told = f"ours {board[size]:.0f} µs an event, key p99 {percentile(figures.key_ms, 99):.0f} ms"
        if size < MOST:
            other = asyncio.run(naive(size, seconds=NAIVE_SECONDS))
            peer[size] = other.microseconds
            told += f"  naive {peer[size]:.0f} µs, key p99 {percentile(other.key_ms, 99):,.0f} ms"
            told += f"  ratio {peer[size] / board[size]:.1f}"
        applied = f"applied {figures.applied:,} of {figures.sent:,}"
        against = f"ours against its first {board[size] / board[SIZES[0]]:.2f}"
        print(f"P12 P2 at {size:,}: {applied}  {told}  {against}", flush=True)
    if "--draw" in sys.argv:
        title = "CPU time of one event of a firehose, in µs, by rows on the board"
        draw("firehose-growth", title, {"Headway": board, "httpx-sse + DataTable": peer})


if __name__ == "__main__":
    main(whole="--all" in sys.argv)
