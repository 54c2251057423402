"""The answer to what an agent asks, on its way from whoever gives it to the run that waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from headway.core.clock import Clock
from headway.net.timing import within
from headway.tools.errors import ToolError

REPLIED: Final = "replied"
"""What is said of a delegation until its agent says something else."""


class NotAsked(ToolError):
    """Nothing is asked that could be answered; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, and what its agent had asked, where that is known."""

    text: str
    question: str | None


class Replies:
    """Those to one delegation. They are in memory only: after a restart the agent is asked whether it still waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: asyncio.Queue[Reply] = asyncio.Queue()

    def give(self, reply: Reply) -> None:
        """Hand it to the run of the delegation."""
        self._given.put_nowait(reply)

    async def next(self, seconds: float) -> Reply | None:
        """The next one; None where none is given within so many seconds."""
        try:
            return await within(self._clock, seconds, self._given.get())
        except TimeoutError:
            return None

    def drop(self) -> bool:
        """Forget what was given: what the agent asks next is another question. Says whether there was any."""
        dropped = not self._given.empty()
        while not self._given.empty():
            self._given.get_nowait()
        return dropped
