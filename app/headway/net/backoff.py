"""Growing pauses with jitter, so that many clients do not come back at the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses in seconds: `first`, doubled after each failure, never above `most`."""

    first: float = 0.5
    most: float = 30.0

    def pause(self, failures: int, rng: random.Random) -> float:
        """The pause after `failures` failures in a row (1 or more): between half and all of its step."""
        step = min(self.most, self.first * 2.0 ** min(failures - 1, 32))
        return step * rng.uniform(0.5, 1.0)
