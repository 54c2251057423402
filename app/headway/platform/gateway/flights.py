"""Messages that the gateway has in hand, so that none is passed on twice, or passed on and queued as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Key = tuple[str, str, str]
"""Source, target and messageId."""


class OnItsWay(Exception):
    """The same message is being passed on to the agent at this moment."""


class Flight:
    """A message in hand: looked at, on its way to the agent, or being put into the queue."""

    def __init__(self) -> None:
        self.passing = False
        self.moved = asyncio.Event()

    def pass_on(self) -> None:
        """It goes to the agent now: whoever brings the same message need not wait for the end of that."""
        self.passing = True
        self.moved.set()

    def come_back(self) -> None:
        """The agent did not take it."""
        self.passing = False
        self.moved = asyncio.Event()


class Flights:
    """At most one flight for each message at a time (spec: requirements Q3, Q12)."""

    def __init__(self) -> None:
        self._known: dict[Key, Flight] = {}

    @asynccontextmanager
    async def take(self, key: Key) -> AsyncIterator[Flight]:
        """Have the message in hand while the block runs, after whoever has it now. Raises OnItsWay."""
        while (other := self._known.get(key)) is not None:
            if other.passing:
                raise OnItsWay
            await other.moved.wait()
        flight = self._known[key] = Flight()
        try:
            yield flight
        finally:
            del self._known[key]
            flight.moved.set()
