"""Take the pictures in this folder again: the demo, run for real on a clock of its own, seen by the board.

Platform, agents and board are the real ones and speak HTTP on loopback. Their clock stands still but for the steps that
are taken here, so that a minute of demo takes seconds and every run with the same seed shows the same moment.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

FOLDER: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests"))

from headway.connectors.headway import HeadwayConnector  # noqa: E402
from headway.core.delegation import Status  # noqa: E402
from headway.dashboard.app import HeadwayApp  # noqa: E402
from headway.dashboard.screens.board import BoardScreen  # noqa: E402
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
PATIENCE: Final = 60.0
"""Seconds of the demo that a picture is waited for."""
WARM_UP: Final = 48.0
"""Seconds of the demo before the first picture."""
WIDE: Final = (120, 36)
SMALL: Final = (80, 24)
LARGE: Final = (200, 60)
TABLES: Final = {Status.COMPLETED: "3", Status.FAILED: "3", Status.INPUT_REQUIRED: "2", Status.IN_PROGRESS: "2"}


async def main() -> None:
    clock = ManualClock(START_MS)
    with TemporaryDirectory(prefix="headway-screenshots-") as name:
        folder = DataFolder(Path(name))
        async with _demo(folder, clock) as (url, stop):
            connector = HeadwayConnector(url, folder.token(), clock=clock, rng=random.Random(SEED))
            app = HeadwayApp(connector, clock=clock, title="demo")
            async with app.run_test(size=WIDE) as pilot:
                camera = Camera(app, clock, pilot)
                await camera.advance(WARM_UP)
                await take_all(camera)
                stop()
                await camera.until(lambda: "reconnecting" in app.session.feed.link.words(clock.monotonic()))
                await camera.advance(3.0)
                camera.take("lost")
            await connector.aclose()


@asynccontextmanager
async def _demo(folder: DataFolder, clock: ManualClock) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """The platform's address, and what ends the platform."""
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
            yield url, stop.set
        finally:
            fleet.cancel()
            await asyncio.gather(fleet, return_exceptions=True)
            stop.set()
            await serving


class Camera:
    """Moves the demo on, presses keys and takes pictures."""

    def __init__(self, app: HeadwayApp, clock: ManualClock, pilot: Pilot[None]) -> None:
        self._app = app
        self._clock = clock
        self._pilot = pilot

    async def advance(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self._clock.advance(STEP)
            await _rest()
        await self._pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(round(PATIENCE / STEP)):
            if condition():
                return
            await self.advance(STEP)
        raise TimeoutError(f"{PATIENCE:.0f} seconds of the demo did not bring it")

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self.advance(STEP)

    async def resize(self, size: tuple[int, int]) -> None:
        await self._pilot.resize_terminal(*size)
        await self.advance(1.0)

    async def select(self, status: Status) -> None:
        """Put the board's cursor on a delegation with this status, when there is one."""
        board = self._app.screen
        assert isinstance(board, BoardScreen)
        await self.until(lambda: any(row.status is status for row in self._app.session.store.rows.values()))
        await self.press(TABLES[status], "home")
        for _ in range(len(self._app.session.store.rows)):
            if board.selected is not None and board.selected.status is status:
                return
            await self._pilot.press("down")
        raise LookupError(f"none is {status}")

    def take(self, name: str) -> None:
        file = FOLDER / f"{name}.svg"
        file.write_text(self._app.export_screenshot(title="headway", simplify=True) + "\n", encoding="utf-8")
        sys.stdout.write(f"{file.relative_to(FOLDER.parent)}\n")


async def _rest() -> None:
    """Let what the step woke run to its end: until the loop has been idle for some milliseconds of real time."""
    loop = asyncio.get_running_loop()
    idle = 0
    while idle < IDLE_LOOKS:
        asked = loop.time()
        await asyncio.sleep(IDLE_SECONDS)
        idle = idle + 1 if loop.time() - asked < 2 * IDLE_SECONDS else 0


async def take_all(camera: Camera) -> None:
    """Every screen and dialog, in the order of a person's first minutes."""
    await camera.press("o", "down")
    await camera.advance(1.0)
    camera.take("board")
    await camera.press("question_mark")
    camera.take("help")
    await camera.press("escape", "ctrl+p", *"ca")
    await camera.advance(1.0)
    camera.take("palette")
    await camera.press("escape", "escape", "d")
    await camera.press(*"cod", "enter", *"Fix the flaky retry test in net/")
    camera.take("dispatch")
    await camera.press("escape")
    await camera.select(Status.INPUT_REQUIRED)
    await camera.press("r", *"Yes, on Sunday from 2 to 3")
    camera.take("reply")
    await camera.press("escape", "2", "home", "space", "space", "space", "x")
    camera.take("cancel")
    await camera.press("escape", "escape", "2", "slash", *"target:planner -status:done")
    camera.take("filter")
    await camera.press("escape")
    await camera.select(Status.IN_PROGRESS)
    await camera.press("enter")
    camera.take("detail")
    await camera.press("escape")
    await camera.select(Status.FAILED)
    await camera.press("enter")
    await camera.advance(1.0)
    camera.take("failed")
    await camera.press("escape", "a", "down")
    await camera.advance(1.0)
    camera.take("agents")
    await camera.press("v", "up", "up", "enter")
    camera.take("events")
    await camera.press("escape", "2", "t", "down")
    camera.take("themes")
    await camera.press("escape")
    await camera.resize(LARGE)
    camera.take("board-200x60")
    await camera.resize(SMALL)
    camera.take("board-80x24")
    await camera.resize(WIDE)


if __name__ == "__main__":
    asyncio.run(main())
