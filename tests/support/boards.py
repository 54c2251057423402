"""A board over a platform in memory, with a clock that tests move, and the fleet that pictures are taken of."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from headway.core.delegation import Group, Status
from headway.dashboard.app import HeadwayApp
from headway.dashboard.screens.board import BoardScreen
from headway.dashboard.widgets.delegation_table import DelegationTable
from support.fake_connector import FakeConnector
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

NOW_MS = 1_700_000_000_000


class ManualClock:
    """A clock that stands still until it is moved; sleeping on it lets the loop turn and waits for the move."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        return NOW_MS + round(self.seconds * 1000)

    def monotonic(self) -> float:
        return 1_000.0 + self.seconds

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        while self.seconds < until:
            await self._moved.wait()

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self._moved.set()
        self._moved = asyncio.Event()


@dataclass
class OpenBoard:
    """A running board and its levers."""

    app: HeadwayApp
    pilot: Pilot[None]
    connector: FakeConnector
    clock: ManualClock

    @property
    def board(self) -> BoardScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, BoardScreen)
        return screen

    def table(self, group: Group) -> DelegationTable:
        return self.board.tables[group]

    def text(self, widget_id: str | None = None) -> str:
        """What is on the screen now, or in one widget of the board, line by line."""
        lines = ["".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()]
        if widget_id is None:
            return "\n".join(lines)
        region = self.board.query_one(f"#{widget_id}").region
        return "\n".join(line[region.x : region.right] for line in lines[region.y : region.bottom])

    @property
    def written(self) -> str:
        """What went to the terminal since `forget`; needs `record`."""
        driver = self.app._driver
        assert isinstance(driver, RecordingDriver)
        return "".join(driver.written)

    def forget(self) -> None:
        driver = self.app._driver
        assert isinstance(driver, RecordingDriver)
        driver.written.clear()

    async def settled(self) -> None:
        """Let everything that is due be done and painted."""
        await self.pilot.pause()
        await self.until(lambda: not self.app._frame_due)
        await self.pilot.pause()

    async def frame(self) -> None:
        """Take over what the connector has told, now, and paint it."""
        for _ in range(5):
            await asyncio.sleep(0)
        self.app.take_frame()
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], *, seconds: float = 5.0) -> None:
        """Let the app run until the condition holds."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"never came:\n{self.text()}"
            await self.pilot.pause()

    async def seen(self, text: str, *, seconds: float = 5.0) -> None:
        await self.until(lambda: text in self.text(), seconds=seconds)


class RecordingDriver(HeadlessDriver):
    """No terminal, and yet everything that would go to one is kept."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.written: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.written.append(data)


@asynccontextmanager
async def open_board(
    connector: FakeConnector | None = None,
    *,
    size: tuple[int, int] = (120, 36),
    record: bool = False,
    ready: bool = True,
    **options: Any,
) -> AsyncIterator[OpenBoard]:
    """A board on a connector, its first snapshot read if `ready`; with `record`, what goes to its terminal is kept."""
    connector = connector or FakeConnector(now_ms=NOW_MS)
    clock = ManualClock()
    app = HeadwayApp(connector, clock=clock, title="demo", rng=random.Random(7), **options)
    app.driver_class = RecordingDriver
    async with app.run_test(headless=not record, size=size, notifications=True) as pilot:
        opened = OpenBoard(app, pilot, connector, clock)
        await opened.until(lambda: app.session.store.generation > 0 or not ready)
        await opened.settled()
        yield opened


def one_that_runs() -> tuple[FakeConnector, str]:
    """A platform with one delegation, which is in progress; its id."""
    connector = FakeConnector(now_ms=NOW_MS)
    return connector, connector.send(connector.agent("coder"), "the task", status=Status.IN_PROGRESS)


def fleet(connector: FakeConnector | None = None) -> FakeConnector:
    """A lively afternoon: something in every state."""
    fake = connector or FakeConnector(now_ms=NOW_MS)
    coder = fake.agent("coder", active_tasks=2, max_concurrent_tasks=2, queue_depth=2)
    researcher = fake.agent("researcher", active_tasks=1, queue_depth=1)
    planner = fake.agent("planner", active_tasks=1, max_concurrent_tasks=4)
    scraper = fake.agent("scraper", active_tasks=1, max_concurrent_tasks=8)
    archivist = fake.agent("archivist", active_tasks=1, status="degraded")
    fake.agent("translator", status="offline", active_tasks=0)
    for task, target, seconds, result in FINISHED:
        did = fake.send({"coder": coder, "scraper": scraper, "planner": planner}[target], task, ago_ms=seconds * 1000)
        fake.become(did, Status.IN_PROGRESS, ago_ms=seconds * 1000)
        if result.startswith("!"):
            fake.fail(did, result[1:], ago_ms=seconds * 500)
        elif result.startswith("-"):
            fake.end_canceled(did, result[1:], ago_ms=seconds * 500)
        else:
            fake.complete(did, result, ago_ms=seconds * 500)
    fake.send(coder, "Fix the flaky retry test", ago_ms=12_000, status=Status.QUEUED)
    fake.send(
        researcher, "Summarise the Q3 filing and its footnotes", ago_ms=40_000, status=Status.QUEUED, priority=100
    )
    fake.send(coder, "Port the docs to mkdocs", ago_ms=125_000, status=Status.QUEUED, priority=10)
    race = fake.send(coder, "Fix the race in settle() without a lock", ago_ms=42_000)
    fake.become(race, Status.IN_PROGRESS, ago_ms=41_000)
    fake.say(
        race,
        "Reading src/ledger.py …\nFound the race: settle() does not name its attempt, so a late answer of attempt 1 "
        "overwrites the result of attempt 2.\nWriting a test that fails first.\n",
        percent=38.0,
        ago_ms=9_000,
    )
    fake.say(
        race, "test_late_answer_is_refused … FAILED, as it should.\nNaming the attempt in settle() now", percent=63.0
    )
    quarter = fake.send(planner, "Plan the quarter with the platform team", ago_ms=190_000)
    fake.become(quarter, Status.IN_PROGRESS, ago_ms=180_000)
    fake.become(quarter, Status.INPUT_REQUIRED, message="Which quarter do you mean, Q3 or Q4?", ago_ms=95_000)
    crawl = fake.send(scraper, "Crawl the site map", ago_ms=8_000)
    fake.become(crawl, Status.IN_PROGRESS, ago_ms=8_000)
    fake.say(crawl, "GET /products/1041 … 200\nGET /products/1042 … 200\n", percent=9.0, ago_ms=1_000)
    index = fake.send(archivist, "Nightly index of the archive", ago_ms=842_000)
    fake.become(index, Status.IN_PROGRESS, ago_ms=840_000)
    fake.say(index, "shard 17 of 64 …\n", ago_ms=660_000)
    fake.become(index, Status.STUCK, ago_ms=60_000)
    fake.send(
        researcher, "Find prior art for the 読み取り head, 日本語 sources too", ago_ms=3_000, status=Status.DISPATCHED
    )
    return fake


FINISHED = (
    ("Lint everything", "coder", 1_900, "0 findings in 214 files"),
    ("Fetch the price list", "scraper", 1_300, "!agent: 403 from prices.example, twice"),
    ("Draft the release notes", "planner", 1_000, "Release notes for 0.4: faster board, safer text, …"),
    ("Rename Delegate to Delegation", "coder", 700, "-the agent confirmed that it stopped"),
    ("Bump the lock file", "coder", 400, "34 packages moved, tests green"),
    ("Scrape the changelog", "scraper", 120, "12 entries"),
)
