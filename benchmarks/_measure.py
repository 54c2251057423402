"""What the benchmarks share: the line printed per bar, statistics, and a terminal that only counts."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from textual.drivers.headless_driver import HeadlessDriver

_RED: Final = "\x1b[31m{}\x1b[0m"


def print_bar(
    bar: str,
    what: str,
    *,
    ours: str,
    peer: str,
    ratio: float,
    at_least: float | None = None,
    at_most: float | None = None,
    peer_name: str = "naive",
) -> None:
    """Print one figure beside its peer's, and whether it meets its bar, where it has one; if not, in red."""
    wanted = []
    if at_least is not None:
        wanted.append(f"≥ {at_least:g}")
    if at_most is not None:
        wanted.append(f"≤ {at_most:g}")
    met = (at_least is None or ratio >= at_least) and (at_most is None or ratio <= at_most)
    compared = f"ours {ours}  {peer_name} {peer}  ratio {ratio:.3g}"
    if wanted:
        _print_verdict(f"{bar} {what}: {compared}", " and ".join(wanted), met=met)
    else:
        print(f"{bar} {what}: {compared}", flush=True)


def print_limit(bar: str, what: str, *, ours: str, peer: str | None = None, limit: str, met: bool) -> None:
    """Print a figure that has a limit of its own, whatever the peer's is, where there is one."""
    compared = "" if peer is None else f"  naive {peer}"
    _print_verdict(f"{bar} {what}: ours {ours}{compared}", limit, met=met)


def _print_verdict(figures: str, bar: str, *, met: bool) -> None:
    line = f"{figures}  bar {bar}  {'ok' if met else 'NOT MET'}"
    colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(line if met or not colored else _RED.format(line), flush=True)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def driver_to(wrote: Callable[[str], None], flushed: Callable[[], None] = lambda: None) -> type[HeadlessDriver]:
    """A driver that paints, as a terminal's does, and hands on what it would write there."""

    class Painting(HeadlessDriver):
        @property
        def is_headless(self) -> bool:
            return False

        def write(self, data: str) -> None:
            wrote(data)

        def flush(self) -> None:
            flushed()

    return Painting


class Terminal:
    """What an app wrote, and the CPU seconds of this process when it had written it."""

    def __init__(self) -> None:
        self.text = ""
        self.flushed_at = 0.0
        self._flushed = asyncio.Event()

    def forget(self) -> None:
        self.text = ""
        self._flushed.clear()

    async def painted(self, showing: str = "") -> None:
        """Wait until something was painted since `forget`, with `showing` in it."""
        while not self.text or showing not in self.text:
            self._flushed.clear()
            await self._flushed.wait()

    def driver(self) -> type[HeadlessDriver]:
        """The driver to give to a Textual app, so that it paints here."""
        return driver_to(self._wrote, self._was_flushed)

    def _wrote(self, data: str) -> None:
        self.text += data

    def _was_flushed(self) -> None:
        self.flushed_at = time.process_time()
        self._flushed.set()
