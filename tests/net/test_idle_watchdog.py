"""Waits that may not take too long, on a clock that the tests move."""

from __future__ import annotations

import asyncio

import pytest
from headway.net.errors import Silent
from headway.net.idle import IdleWatchdog
from support.agents import ManualClock


async def test_each_wait_has_the_whole_limit() -> None:
    clock = ManualClock()
    clock.advance(7.0)
    async with IdleWatchdog(clock, 45.0) as watchdog:
        for _ in range(5):
            bytes_came = asyncio.Event()
            waiting = asyncio.create_task(watchdog.wait(bytes_came.wait()))
            await clock.until_one_sleeps()
            clock.advance(40.0)
            await clock.until_one_sleeps()
            assert not waiting.done()
            bytes_came.set()
            assert await waiting is True


async def test_a_wait_that_is_overdue_is_ended_and_the_next_one_is_not() -> None:
    clock = ManualClock()
    async with IdleWatchdog(clock, 45.0) as watchdog:
        waiting = asyncio.create_task(watchdog.wait(asyncio.Event().wait()))
        await clock.until_one_sleeps()
        clock.advance(46.0)
        with pytest.raises(Silent, match="silent for 45 s"):
            await waiting
        assert await watchdog.wait(asyncio.sleep(0, "fine")) == "fine"


async def test_time_between_waits_does_not_count() -> None:
    clock = ManualClock()
    async with IdleWatchdog(clock, 45.0) as watchdog:
        await watchdog.wait(asyncio.sleep(0))
        await clock.until_one_sleeps()
        clock.advance(1_000.0)
        await asyncio.sleep(0)
        assert await watchdog.wait(asyncio.sleep(0, "still here")) == "still here"


async def test_a_cancel_from_outside_stays_a_cancel() -> None:
    before = asyncio.all_tasks()
    clock = ManualClock()

    async def work() -> None:
        async with IdleWatchdog(clock, 45.0) as watchdog:
            await watchdog.wait(asyncio.Event().wait())

    working = asyncio.create_task(work())
    await clock.until_one_sleeps()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert asyncio.all_tasks() == before
