"""How long an agent that cannot be reached is asked again."""

from __future__ import annotations

import logging
from random import Random
from typing import Final

from headway.core.clock import Clock
from headway.net.backoff import Backoff

ASK_PAUSES: Final = Backoff(first=1.0, most=15.0)
"""Between two questions to an agent that cannot be reached, and to one that waits for somebody's answer."""

_log = logging.getLogger(__name__)


class Patience:
    """`seconds` of questions to one agent, with growing pauses between them."""

    def __init__(self, clock: Clock, rng: Random, seconds: float) -> None:
        self._clock = clock
        self._rng = rng
        self._give_up_at = clock.monotonic() + seconds
        self._failures = 0

    async def after(self, error: Exception) -> None:
        """Pause before the next question. Raises `error` where patience is at its end."""
        self._failures += 1
        if self._clock.monotonic() >= self._give_up_at:
            raise error
        _log.info("the agent could not be asked: %s; asking again", error)
        await self._clock.sleep(ASK_PAUSES.pause(self._failures, self._rng))
