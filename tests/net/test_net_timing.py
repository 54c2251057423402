"""`within`: a limit on the injected clock, and nothing left of what it ended."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from headway.net.timing import within
from support.agents import ManualClock


@pytest.mark.parametrize("ended_by", ["caller", "limit"])
async def test_what_fails_while_it_is_ended_is_nobodys_unheard_error(ended_by: str) -> None:
    clock, unheard = ManualClock(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: unheard.append(said))

    async def fails_when_ended() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("while it was ended")

    waiting: asyncio.Task[Any] = asyncio.create_task(within(clock, 1.0, fails_when_ended()))
    for _ in range(5):
        await asyncio.sleep(0)
    assert clock.sleeping == 1
    if ended_by == "caller":
        waiting.cancel()
    else:
        clock.advance(1.0)
    await asyncio.wait({waiting})
    assert waiting.cancelled() or isinstance(waiting.exception(), TimeoutError)
    del waiting
    gc.collect()
    assert unheard == []
