"""Take the pictures in this folder again: the demo, run for real on a clock of its own, seen by the board.

Platform, agents and board are the real ones and speak HTTP on loopback. Their clock stands still but for the steps that
are taken here, so that a minute of demo takes seconds and every run with the same seed shows the same moment.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

FOLDER: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests"))

from headway.connectors.headway import HeadwayConnector  # noqa: E402
from headway.dashboard.app import HeadwayApp  # noqa: E402
from headway.demo.fleet import DemoPlan, run_fleet  # noqa: E402
from headway.net.sockets import listen  # noqa: E402
from headway.platform.folder import DataFolder  # noqa: E402
from headway.platform.server import serve_on  # noqa: E402
from headway.platform.settings import Settings  # noqa: E402
from support.agents import ManualClock  # noqa: E402
from textual.pilot import Pilot  # noqa: E402

SEED: Final = 7
START_MS: Final = 1_795_255_200_000
STEP: Final = 0.1
"""Seconds of the demo's clock between two looks at whether everything has come to rest."""
IDLE_LOOKS: Final = 12
IDLE_SECONDS: Final = 0.002
WARM_UP: Final = 48.0
"""Seconds of the demo before the first picture."""
WIDE: Final = (120, 36)
SMALL: Final = (80, 24)


async def main() -> None:
    clock = ManualClock(START_MS)
    with TemporaryDirectory(prefix="headway-screenshots-") as name:
        folder = DataFolder(Path(name))
        async with _demo(folder, clock) as url:
            connector = HeadwayConnector(url, folder.token(), clock=clock, rng=random.Random(SEED))
            app = HeadwayApp(connector, clock=clock, title="demo")
            async with app.run_test(size=WIDE) as pilot:
                await _advance(clock, pilot, WARM_UP)
                await _take_all(app, clock, pilot)
            await connector.aclose()


@asynccontextmanager
async def _demo(folder: DataFolder, clock: ManualClock) -> AsyncIterator[str]:
    stop = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ids = random.Random(SEED)
    settings = Settings(stuck_after=25)
    with listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(
            serve_on(
                listener,
                folder,
                ready=ready.set_result,
                stop=stop,
                settings=settings,
                clock=clock,
                new_id=lambda: str(UUID(int=ids.getrandbits(128), version=4)),
            )
        )
        await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        url = await ready
        token = folder.token()
        assert token is not None
        fleet = asyncio.create_task(run_fleet(url, token, DemoPlan(seed=SEED), clock))
        try:
            yield url
        finally:
            fleet.cancel()
            await asyncio.gather(fleet, return_exceptions=True)
            stop.set()
            await serving


async def _advance(clock: ManualClock, pilot: Pilot[object], seconds: float) -> None:
    for _ in range(round(seconds / STEP)):
        clock.advance(STEP)
        await _rest()
    await pilot.pause()


async def _rest() -> None:
    """Let what the step woke run to its end: until the loop has been idle for some milliseconds of real time."""
    loop = asyncio.get_running_loop()
    idle = 0
    while idle < IDLE_LOOKS:
        asked = loop.time()
        await asyncio.sleep(IDLE_SECONDS)
        idle = idle + 1 if loop.time() - asked < 2 * IDLE_SECONDS else 0


async def _take_all(app: HeadwayApp, clock: ManualClock, pilot: Pilot[object]) -> None:
    await pilot.press("o", "down")
    await _advance(clock, pilot, 1.0)
    _save(app, "board")
    await pilot.press("d")
    await _advance(clock, pilot, STEP)
    await pilot.press(*"cod", "enter", *"Fix the flaky retry test in net/")
    await pilot.pause()
    _save(app, "dispatch")
    await pilot.press("escape", "2", "x")
    await _advance(clock, pilot, STEP)
    _save(app, "cancel")
    await pilot.press("escape", "question_mark")
    await _advance(clock, pilot, STEP)
    _save(app, "help")
    await pilot.press("escape")
    await pilot.resize_terminal(*SMALL)
    await _advance(clock, pilot, 1.0)
    _save(app, "board-80x24")


def _save(app: HeadwayApp, name: str) -> None:
    file = FOLDER / f"{name}.svg"
    file.write_text(app.export_screenshot(title="headway", simplify=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{file.relative_to(FOLDER.parent)}\n")


if __name__ == "__main__":
    asyncio.run(main())
