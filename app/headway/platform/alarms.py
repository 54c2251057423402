"""Being reminded of a target at a time to come, once for the earliest time that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from headway.core.clock import Clock
from headway.net.tasks import Tasks

LONGEST: Final = 60.0
"""Seconds after which a target is looked at again at the latest: wall time, which queues go by, may be set."""


class Alarms:
    """Calls `ring` with a target's id when its time has come. A call too many does no harm."""

    def __init__(self, clock: Clock, tasks: Tasks, ring: Callable[[str], None]) -> None:
        self._clock = clock
        self._tasks = tasks
        self._ring = ring
        self._at: dict[str, float] = {}

    def set(self, target_id: str, seconds: float) -> None:
        """Ring in so many seconds, unless an earlier alarm of the target is set."""
        at = self._clock.monotonic() + min(seconds, LONGEST)
        if at < self._at.get(target_id, math.inf):
            self._at[target_id] = at
            self._tasks.begin(f"alarm {target_id}", self._wait(target_id, at))

    async def _wait(self, target_id: str, at: float) -> None:
        await self._clock.sleep(at - self._clock.monotonic())
        if self._at.get(target_id) == at:
            del self._at[target_id]
        self._ring(target_id)
