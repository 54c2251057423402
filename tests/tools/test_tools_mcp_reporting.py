"""Progress of a call that waits, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headway.tools.mcp.reporting import Reporter
from headway.tools.outcome import Progress
from support.agents import ManualClock, eventually

Told = list[tuple[float, float | None, str | None]]


@asynccontextmanager
async def reporting(clock: ManualClock) -> AsyncIterator[tuple[Reporter, Told]]:
    told: Told = []

    async def send(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    reporter = Reporter(send, clock)
    running = asyncio.create_task(reporter.run())
    try:
        await eventually(lambda: clock.sleeping > 0)
        yield reporter, told
    finally:
        running.cancel()
        await asyncio.wait({running})


def said(text: str = "", *, status: str | None = None, percent: float | None = None) -> Progress:
    return Progress("t", percent, status, text)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_comes_at_once_is_told_together_and_at_most_twice_a_second() -> None:
    clock = ManualClock()
    async with reporting(clock) as (reporter, told):
        for number in range(100):
            reporter.heard(said(f"line {number}\n", percent=number / 2))
        await settled()
        assert told == [(49.5, 100.0, "line 99")]
        reporter.heard(said("more\n", percent=60))
        clock.advance(0.4)
        await settled()
        assert len(told) == 1
        clock.advance(0.1)
        await settled()
        assert told[1:] == [(60.0, 100.0, "more")]


async def test_each_is_higher_than_the_last_and_none_is_above_the_whole() -> None:
    clock = ManualClock()
    async with reporting(clock) as (reporter, told):
        news = [(None, None), (None, "a"), (30, "b"), (10, "c"), (None, "d"), (100, "e"), (None, "f")]
        for percent, status in news:
            reporter.heard(said(status=status, percent=percent))
            await settled()
            clock.advance(0.5)
            await settled()
    progress = [one for one, _, _ in told]
    assert progress == sorted(set(progress))
    assert progress[-1] == 100.0
    assert told[0] == (0.01, None, None)
    assert told[1] == (0.02, None, "a")
    assert [line for _, _, line in told[2:]] == ["b", "c", "d", "e"]


async def test_silence_is_told() -> None:
    clock = ManualClock()
    async with reporting(clock) as (reporter, told):
        clock.advance(10)
        await settled()
        assert told == [(0.01, None, "nothing was heard of the agent for 10 s")]
        reporter.heard(said("a line that has no end \x1b[2J"))
        clock.advance(0.5)
        await settled()
        assert told[-1] == (0.02, None, "a line that has no end �[2J")
