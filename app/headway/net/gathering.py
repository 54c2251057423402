"""Reading a socket once in a while instead of once a packet: what comes meanwhile waits in the system's buffer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from headway.core.clock import Clock

A_FRAME: Final = 1 / 30
"""Seconds in which a person sees no difference."""
A_BREATH: Final = 0.008
"""Seconds between two lists at the least, however much there is: keys and paints come first."""
MOST_BYTES: Final = 262_144
"""Gathered at most; what is there beyond that comes with the next list, after a breath."""
_TURNS: Final = 4
"""Turns of the loop after which a read that is not done waits for the network: one is done in three."""


async def gathered(
    chunks: AsyncGenerator[bytes, None], clock: Clock | None, every: float
) -> AsyncGenerator[list[bytes], None]:
    """The chunks in lists, in order: after quiet the first at once, then a list in `every` seconds at most.

    What ends `chunks`, an error too, ends this after what came before it. Without a clock, or with 0
    seconds, each chunk is a list of its own.
    """
    if clock is None or not every:
        async for chunk in chunks:
            yield [chunk]
        return
    next_read: asyncio.Task[bytes | None] | None = None
    due = 0.0
    try:
        while True:
            first = await (next_read or anext(chunks, None))
            next_read = None
            if first is None:
                return
            lot, size = [first], len(first)
            if (pause := due - clock.monotonic()) > 0:
                await clock.sleep(pause)
            while size < MOST_BYTES:
                next_read = asyncio.create_task(_next(chunks), name="read ahead")
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                if not next_read.done() or next_read.cancelled() or next_read.exception():
                    break
                more = next_read.result()
                if more is None:
                    break
                lot.append(more)
                size += len(more)
                next_read = None
            due = clock.monotonic() + (every if size < MOST_BYTES else 0.0)
            yield lot
            due = max(due, clock.monotonic() + A_BREATH)
    finally:
        if next_read is not None:
            next_read.cancel()
            await asyncio.wait([next_read])
            if not next_read.cancelled():
                next_read.exception()  # Nobody wants it any more.


async def _next(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(chunks, None)
