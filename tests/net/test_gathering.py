"""What comes in a while is read at once: nothing lost, nothing out of order, and what comes first does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from headway.net.errors import Silent
from headway.net.gathering import A_BREATH, MOST_BYTES, gathered
from support.agents import ManualClock


class Chunks:
    """A network that says what it is told to."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.closed = False

    async def read(self) -> AsyncGenerator[bytes, None]:
        try:
            while (chunk := await self.queue.get()) is not None:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed = True

    def say(self, *chunks: bytes | Exception | None) -> None:
        for chunk in chunks:
            self.queue.put_nowait(chunk)


async def lots_of(network: Chunks, clock: ManualClock, every: float = 1.0) -> list[list[bytes]]:
    async with aclosing(network.read()) as source, aclosing(gathered(source, clock, every)) as lots:
        return [lot async for lot in lots]


async def test_the_first_comes_at_once_and_what_follows_together_when_its_time_has_come() -> None:
    network, clock = Chunks(), ManualClock()
    async with aclosing(network.read()) as source, aclosing(gathered(source, clock, 1.0)) as lots:
        network.say(b"a", b"b")
        assert await anext(lots) == [b"a", b"b"]
        network.say(b"c", b"d")
        following = asyncio.ensure_future(anext(lots))
        for _ in range(20):
            await asyncio.sleep(0)
        network.say(b"e")
        assert not following.done()
        clock.advance(1.0)
        assert await following == [b"c", b"d", b"e"]
        following = asyncio.ensure_future(anext(lots))
        for _ in range(20):
            await asyncio.sleep(0)
        clock.advance(5.0)
        network.say(b"f")
        assert await following == [b"f"], "after quiet it does not wait"
        network.say(b"g")
    assert network.closed


@pytest.mark.parametrize("end", [None, Silent(3), RuntimeError("broken")])
async def test_what_came_before_the_end_comes_before_it(end: Exception | None) -> None:
    network, clock = Chunks(), ManualClock()
    network.say(b"a", b"b", end)
    async with aclosing(network.read()) as source, aclosing(gathered(source, clock, 1.0)) as lots:
        assert await anext(lots) == [b"a", b"b"]
        with pytest.raises(type(end) if end else StopAsyncIteration):
            await anext(lots)


async def test_what_is_too_much_at_once_comes_after_a_breath_and_not_after_the_whole_time() -> None:
    network, clock = Chunks(), ManualClock()
    large = b"x" * (MOST_BYTES // 2)
    network.say(large, large, b"y", None)
    async with aclosing(network.read()) as source, aclosing(gathered(source, clock, 1.0)) as lots:
        assert await anext(lots) == [large, large]
        following = asyncio.ensure_future(anext(lots))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not following.done()
        clock.advance(A_BREATH)
        assert await following == [b"y"]


async def test_without_a_time_each_chunk_is_handed_on() -> None:
    network = Chunks()
    network.say(b"a", b"b", None)
    assert await lots_of(network, ManualClock(), 0.0) == [[b"a"], [b"b"]]


async def test_a_reader_that_is_ended_while_it_waits_leaves_nothing_running() -> None:
    network, clock = Chunks(), ManualClock()
    network.say(b"a")

    async def follow() -> None:
        async with aclosing(network.read()) as source, aclosing(gathered(source, clock, 1.0)) as lots:
            async for _ in lots:
                pass

    before = asyncio.all_tasks()
    task = asyncio.create_task(follow())
    for _ in range(30):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert asyncio.all_tasks() == before
    assert network.closed
