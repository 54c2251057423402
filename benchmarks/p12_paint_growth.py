"""P12 for P1: what one changed cell costs from 10^3 to 10^6 rows, the naive peer up to 10^5.

The paints are those of `p1_table_paint.py`, in CPU time. `--all` adds a million rows,
`--draw` draws docs/paint-growth.svg.
"""

from __future__ import annotations

import asyncio
import math
import sys
from pathlib import Path
from typing import Final

from p1_table_paint import naive, ours

SIZES: Final = (1_000, 10_000, 100_000)
MOST: Final = 1_000_000
DRAWING: Final = Path(__file__).parent.parent / "docs" / "paint-growth.svg"
_WIDTH, _HEIGHT, _EDGE = 640, 320, 60

Curve = dict[int, float]


def svg(board: Curve, peer: Curve) -> str:
    """Both curves, milliseconds over rows, both axes logarithmic."""
    low, high = -1, math.ceil(math.log10(max([*board.values(), *peer.values()])))

    def x(rows: int) -> float:
        return _EDGE + (math.log10(rows) - 3) / 3 * (_WIDTH - 2 * _EDGE)

    def y(milliseconds: float) -> float:
        return _HEIGHT - _EDGE - (math.log10(milliseconds) - low) / (high - low) * (_HEIGHT - 2 * _EDGE)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#444"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_EDGE}" y="24" font-size="14">CPU time of one changed cell, in ms, by rows in the table</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{_EDGE} {at:.1f}H{_WIDTH - _EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{_EDGE - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts += [
        f'<text x="{x(10**power):.1f}" y="{_HEIGHT - _EDGE + 20}" text-anchor="middle">{10**power:,}</text>'
        for power in range(3, 7)
    ]
    for curve, color, name in ((board, "#0b6e99", "Headway"), (peer, "#b5502b", "DataTable")):
        points = [(x(rows), y(milliseconds)) for rows, milliseconds in curve.items()]
        line = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{color}"/>' for left, top in points]
        left, top = points[-1]
        parts.append(f'<text x="{left - 4:.1f}" y="{top - 8:.1f}" text-anchor="end" fill="{color}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main(sizes: tuple[int, ...]) -> None:
    asyncio.run(ours(SIZES[0]))  # Imports, style sheets and caches are warm from here on.
    board, peer = Curve(), Curve()
    for size in sizes:
        board[size] = asyncio.run(ours(size)).paint.milliseconds
        told = f"ours {board[size]:.2f} ms"
        if size < MOST:
            peer[size] = asyncio.run(naive(size)).paint.milliseconds
            told += f"  naive {peer[size]:.2f} ms  ratio {peer[size] / board[size]:.0f}"
        print(f"P12 P1 at {size:,}: {told}  ours against its first {board[size] / board[SIZES[0]]:.2f}", flush=True)
    if "--draw" in sys.argv:
        DRAWING.write_text(svg(board, peer), encoding="utf-8")


if __name__ == "__main__":
    main((*SIZES, MOST) if "--all" in sys.argv else SIZES)
