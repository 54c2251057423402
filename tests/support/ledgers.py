"""What tests hand to a ledger, and short ways to say the common things."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from headway.ledger.records import NewDelegation

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.core.delegation import Delegation
    from headway.ledger.ledger import Ledger

START_MS = 1_700_000_000_000


class Clockwork:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


def numbered_ids() -> Callable[[], str]:
    """Ids that look like UUIDs and count up."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):08d}-0000-4000-8000-000000000000"


async def dispatched(ledger: Ledger, *, source: str = "s", target: str = "t", task: str = "task") -> Delegation:
    """A delegation at its agent, attempt 1."""
    made = await ledger.delegate(NewDelegation(source, target, task))
    claimed = await ledger.claim(target, 1_000)
    [delegation] = [one.delegation for one in claimed if one.delegation.delegation_id == made.delegation.delegation_id]
    return delegation
