"""Recordings of the platform in memory, made by the recorder itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from headway.connectors.connector import Closed
from headway.connectors.recorder import Recorder, RecordingFile
from headway.connectors.recording import Recording, read_recording
from support.boards import ManualClock
from support.fake_connector import FakeConnector


async def record(
    connector: FakeConnector,
    path: Path,
    *steps: Callable[[], object],
    clock: ManualClock | None = None,
    every: float = 10.0,
    secret: str | None = None,
    lost: Callable[[Closed], None] = lambda closed: None,
) -> Recording:
    """Record while each step is done, `every` seconds apart; what was recorded."""
    clock = clock or ManualClock()
    with RecordingFile(path, secret=secret) as file:
        recorder = Recorder(connector, file, clock, lost=lost)
        recording = asyncio.create_task(recorder.run())
        await _turn(lambda: bool(connector._queues) or recording.done())
        for step in steps:
            clock.advance(every)
            step()
            await _turn(lambda: all(queue.empty() for queue in connector._queues))
        clock.advance(every)
        recording.cancel()
        with suppress(asyncio.CancelledError):
            await recording
    return read_recording(path)


async def _turn(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        await asyncio.sleep(0)
        if condition():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return
    raise AssertionError("the recorder does not follow")
