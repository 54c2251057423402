"""Holds back paints while the terminal, or the link to it, has not taken the last ones: late frames are never drawn.

What changes meanwhile changes in the records and the widgets, and is painted together as soon as there is room; a key
works at once and shows with the next paint.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from headway.core.clock import Clock
    from headway.dashboard.pacing import Outlet, Pace

GRACE: Final = 0.01
"""Seconds that a terminal may take over a paint before the next one waits for it."""
LOOK_AGAIN: Final = 1 / 30


class Painter(Protocol):
    """What paints the screen, and can be told to wait with it."""

    def hold_paint(self) -> None:
        """Paint nothing until `release_paint`."""

    def release_paint(self) -> None:
        """Paint again, beginning with what has added up."""


class Throttle:
    """Told of each paint by `painted`; while it `holds`, the painter paints nothing."""

    def __init__(self, painter: Painter, pace: Pace, clock: Clock) -> None:
        self._painter = painter
        self._pace = pace
        self._clock = clock
        self._counted = 0
        self._due: asyncio.TimerHandle | None = None
        self.holds = False

    def painted(self, outlet: Outlet) -> None:
        """Something was handed to the terminal, or would have been while this holds."""
        if self.holds:
            return
        now = self._clock.monotonic()
        self._pace.spend(outlet.bytes_given - self._counted, now)
        self._counted = outlet.bytes_given
        if self._pace.wait(now):
            self._hold(outlet)
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(GRACE, self._look, outlet)

    def _look(self, outlet: Outlet) -> None:
        self._due = None
        if outlet.is_behind and not self.holds:
            self._hold(outlet)

    def _hold(self, outlet: Outlet) -> None:
        self.holds = True
        self._painter.hold_paint()
        self._wait(outlet)

    def _wait(self, outlet: Outlet) -> None:
        pause = self._pace.wait(self._clock.monotonic())
        if pause or outlet.is_behind:
            asyncio.get_running_loop().call_later(max(pause, LOOK_AGAIN), self._wait, outlet)
            return
        self.holds = False
        self._painter.release_paint()
