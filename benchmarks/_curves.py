"""What the scripts of P12 share: their sizes, and curves over them as a picture, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

SIZES: Final = (1_000, 10_000)
"""Those of a whole run of all benchmarks."""
ALL_SIZES: Final = (*SIZES, 100_000, 1_000_000)
MOST: Final = ALL_SIZES[-1]
"""Of ours; the naive side ends one size before."""
DOCS: Final = Path(__file__).parent.parent / "docs"
_WIDTH, _HEIGHT, _EDGE = 640, 320, 60
_COLORS: Final = ("#0b6e99", "#b5502b")

Curve: TypeAlias = dict[int, float]
"""A figure by the number of rows, from 10^3 to 10^6 of them."""


def draw(name: str, title: str, curves: Mapping[str, Curve]) -> None:
    """Write docs/`name`.svg: ours, then the peer's."""
    (DOCS / f"{name}.svg").write_text(_svg(title, curves), encoding="utf-8")


def _svg(title: str, curves: Mapping[str, Curve]) -> str:
    figures = [math.log10(figure) for curve in curves.values() for figure in curve.values()]
    low, high = math.floor(min(figures)), math.ceil(max(figures))

    def x(rows: int) -> float:
        return _EDGE + (math.log10(rows) - 3) / 3 * (_WIDTH - 2 * _EDGE)

    def y(figure: float) -> float:
        return _HEIGHT - _EDGE - (math.log10(figure) - low) / (high - low) * (_HEIGHT - 2 * _EDGE)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="#444"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_EDGE}" y="24" font-size="14">{title}</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{_EDGE} {at:.1f}H{_WIDTH - _EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{_EDGE - 8}" y="{at + 4:.1f}" text-anchor="end">{_written(10.0**power)}</text>')
    parts += [
        f'<text x="{x(10**power):.1f}" y="{_HEIGHT - _EDGE + 20}" text-anchor="middle">{10**power:,}</text>'
        for power in range(3, 7)
    ]
    for (name, curve), color in zip(curves.items(), _COLORS, strict=False):
        points = [(x(rows), y(figure)) for rows, figure in curve.items()]
        line = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3" fill="{color}"/>' for left, top in points]
        left, top = points[-1]
        parts.append(f'<text x="{left - 4:.1f}" y="{top - 8:.1f}" text-anchor="end" fill="{color}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _written(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1 else f"{figure:g}"
