"""P1: what a changed cell costs, DelegationTable against Textual's DataTable with the same rows.

A paint is measured in CPU time of this process, from the change until its bytes have been given to the terminal's
driver: the event loop and Textual's frame are in it, the wait for the next frame costs nothing. Ours begins at the
event (store, view, table, paint), DataTable's at `update_cell`. Showing rows is wall time, from rows in memory.
`--quick` looks at 10,000 rows only.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Final

from _measure import Terminal, print_bar
from _tables import Change, make_rows, open_bare, open_data_table, open_ours

WARM_UP: Final = 20
PAINTS: Final = 100
NAIVE_PAINTS: Final = 40


@dataclass(frozen=True, slots=True)
class Paint:
    """Medians over the paints of one changed cell."""

    milliseconds: float
    written: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one table at one number of rows."""

    seconds_to_show: float
    paint: Paint


async def cost_of(change: Change, terminal: Terminal, times: int) -> Paint:
    gc.collect()  # What an earlier table left is not to be collected on this one's time.
    milliseconds, written = [], []
    for number in range(WARM_UP + times):
        terminal.forget()
        begun = time.process_time()
        change(number)
        await terminal.painted()
        milliseconds.append((terminal.flushed_at - begun) * 1000)
        written.append(len(terminal.text.encode()))
    return Paint(median(milliseconds[WARM_UP:]), median(written[WARM_UP:]))


async def ours(count: int) -> Figures:
    async with open_ours(make_rows(count)) as (seconds, change, terminal):
        return Figures(seconds, await cost_of(change, terminal, PAINTS))


async def naive(count: int) -> Figures:
    async with open_data_table(make_rows(count)) as (seconds, change, terminal):
        return Figures(seconds, await cost_of(change, terminal, NAIVE_PAINTS))


async def bare() -> Paint:
    async with open_bare() as (change, terminal):
        return await cost_of(change, terminal, PAINTS)


def milliseconds(paint: Paint) -> str:
    return f"{paint.milliseconds:.2f} ms"


def compare_paints(count: int, table: Figures, peer: Figures, *, cheaper: float, fewer_bytes: float | None) -> None:
    print_bar(
        "P1",
        f"table paint {count:,} rows",
        ours=milliseconds(table.paint),
        peer=milliseconds(peer.paint),
        ratio=peer.paint.milliseconds / table.paint.milliseconds,
        at_least=cheaper,
    )
    print_bar(
        "P1",
        f"bytes a paint {count:,} rows",
        ours=f"{table.paint.written:,.0f} B",
        peer=f"{peer.paint.written:,.0f} B",
        ratio=peer.paint.written / table.paint.written,
        at_least=fewer_bytes,
    )


def main() -> None:
    asyncio.run(ours(1_000))  # Imports, style sheets and caches are warm from here on.
    small, small_naive = asyncio.run(ours(10_000)), asyncio.run(naive(10_000))
    compare_paints(10_000, small, small_naive, cheaper=100, fewer_bytes=35)
    if "--quick" in sys.argv:
        return
    least = asyncio.run(bare())
    print_bar(
        "P1",
        "table paint 10,000 rows, against the least that Textual allows",
        ours=milliseconds(small.paint),
        peer=milliseconds(least),
        peer_name="bare widget",
        ratio=small.paint.milliseconds / least.milliseconds,
    )
    large, large_naive = asyncio.run(ours(100_000)), asyncio.run(naive(100_000))
    compare_paints(100_000, large, large_naive, cheaper=200, fewer_bytes=None)
    print_bar(
        "P1",
        "100,000 rows shown",
        ours=f"{large.seconds_to_show:.2f} s",
        peer=f"{large_naive.seconds_to_show:.1f} s",
        ratio=large_naive.seconds_to_show / large.seconds_to_show,
        at_least=20,
    )
    huge = asyncio.run(ours(1_000_000))
    print_bar(
        "P1",
        f"table paint 1,000,000 rows (shown after {huge.seconds_to_show:.1f} s)",
        ours=milliseconds(huge.paint),
        peer=milliseconds(small.paint),
        peer_name="at 10,000 rows",
        ratio=huge.paint.milliseconds / small.paint.milliseconds,
        at_most=1.5,
    )


if __name__ == "__main__":
    main()
