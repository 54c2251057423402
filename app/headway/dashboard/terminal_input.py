"""Bytes from a terminal: what is no UTF-8 must not end the board, and a paste must press no keys."""

from __future__ import annotations

import sys
from collections.abc import Callable

from headway.dashboard.pasting import GatedDecoder


def gate_terminal_input(monotonic: Callable[[], float]) -> None:
    """Have Textual read what a terminal sends through `GatedDecoder`; to be called before an app runs.

    `monotonic` is the time in seconds. Textual 8.2 decodes strictly in its input thread, and a byte such as 0x9b ends
    the app there. The decoder is made inside a method, so the name by which that method finds it is what can be
    replaced.
    """
    if sys.platform != "win32":
        from textual.drivers import linux_driver

        linux_driver.getincrementaldecoder = lambda encoding: lambda: GatedDecoder(encoding, monotonic)  # type: ignore[assignment, attr-defined]
