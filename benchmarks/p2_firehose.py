"""P2: a firehose of events into a board of 100,000 delegations, from the wire to the paint.

The sender is a process of its own and writes what is due every 5 ms, 20,000 events a second; one in twenty is of a row
that is on the screen. Ours is the whole board: connector, feed, store, views, tables, top line, Textual. The naive form
is httpx-sse, pydantic and `DataTable.update_cell`, one cell an event. A key is pressed twenty times a second at moments
that do not wait for the board, and its latency ends with the paint that shows the cursor on another row.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
from _measure import driver_to, percentile, print_bar, print_limit
from _ours import as_textual_has_it
from _tables import GROUP, PLACES, SCREEN, cells_of
from headway.connectors.headway import HeadwayConnector
from headway.core.api import Snapshot
from headway.dashboard.app import HeadwayApp
from headway.net.clock import SystemClock
from headway.net.gathering import A_FRAME
from httpx_sse import aconnect_sse
from pydantic import BaseModel
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key
from textual.widgets import DataTable

RATE: Final = 20_000
SECONDS: Final = 10.0
ROWS: Final = 100_000
KEYS_A_SECOND: Final = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run."""

    applied: int
    sent: int
    seconds: float
    cpu: float
    """Of one core, 1 is all of it."""
    paints: int
    written: int
    key_ms: list[float]
    """How long each key took to show; for one that was not shown at the end, how long it had waited."""
    unanswered: int

    @property
    def rate(self) -> float:
        return self.applied / self.seconds

    @property
    def microseconds(self) -> float:
        """CPU time of the board for each event applied, painting included."""
        return self.cpu * self.seconds / max(1, self.applied) * 1e6


class Screen:
    """What is written to the terminal, and how long each key took to show."""

    def __init__(self, cursor: Callable[[], object], sign: str = "") -> None:
        self._cursor = cursor
        self._sign = sign
        self._waiting: list[tuple[float, object]] = []
        self.paints = self.written = 0
        self.key_ms: list[float] = []

    def driver(self) -> type[HeadlessDriver]:
        """The driver to give to a Textual app, so that it paints here."""
        return driver_to(self._wrote)

    def forget(self) -> None:
        self._waiting.clear()
        self.key_ms.clear()
        self.paints = self.written = 0

    def pressed(self, at: float) -> None:
        self._waiting.append((at, self._cursor()))

    @property
    def unanswered(self) -> int:
        return len(self._waiting)

    def give_up(self) -> None:
        """Count the keys that were not answered with the time that they have waited."""
        now = time.perf_counter()
        self.key_ms += [(now - at) * 1000 for at, _ in self._waiting]

    def _wrote(self, data: str) -> None:
        self.paints += 1
        self.written += len(data.encode())
        if self._waiting and self._sign in data:
            now, cursor = time.perf_counter(), self._cursor()
            while self._waiting and self._waiting[0][1] != cursor:
                self.key_ms.append((now - self._waiting.pop(0)[0]) * 1000)


class Keys(threading.Thread):
    """Presses a key every so often, two in turn, whatever the board is busy with."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, driver: Driver, screen: Screen, names: Sequence[str] = ("down", "up")
    ) -> None:
        super().__init__(daemon=True)
        self._loop, self._driver, self._screen, self._names = loop, driver, screen, names
        self._end = threading.Event()

    def run(self) -> None:
        names = list(self._names)
        while not self._end.wait(1 / KEYS_A_SECOND):
            self._loop.call_soon_threadsafe(self._press, names[0], time.perf_counter())
            names.reverse()

    def _press(self, name: str, at: float) -> None:
        self._screen.pressed(at)
        self._driver.send_message(Key(name, None))

    def stop(self) -> None:
        self._end.set()
        self.join()


@asynccontextmanager
async def sender(rows: int, rate: int, seconds: float) -> AsyncIterator[str]:
    """The address of a platform that only sends."""
    script = Path(__file__).with_name("_sender.py")
    asked = [script, str(rows), str(rate), str(seconds)]
    one = await asyncio.create_subprocess_exec(sys.executable, *asked, stdout=asyncio.subprocess.PIPE)
    try:
        assert one.stdout is not None
        yield f"http://127.0.0.1:{int(await one.stdout.readline())}"
    finally:
        one.terminate()
        await one.wait()


async def measure(
    url: str, app: App[Any], screen: Screen, applied: Callable[[], int], sent: int, seconds: float
) -> Figures:
    """Let the events come, press keys meanwhile, and see what became of it when the time is over."""
    assert app._driver is not None
    keys = Keys(asyncio.get_running_loop(), app._driver, screen)
    screen.forget()
    begun, cpu, before = time.perf_counter(), time.process_time(), applied()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"{url}/begin")
        keys.start()
        # A little more than it takes to send them; who has them all sooner is done sooner.
        while applied() - before < sent and time.perf_counter() - begun < seconds * 1.2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    took, burnt, done = time.perf_counter() - begun, time.process_time() - cpu, applied() - before
    await asyncio.to_thread(keys.stop)
    await asyncio.sleep(0.5)  # What was pressed last is answered, or is counted as unanswered.
    screen.give_up()
    return Figures(
        done, sent, took, burnt / took, screen.paints, screen.written, list(screen.key_ms), screen.unanswered
    )


async def ours(rows: int, rate: int = RATE, seconds: float = SECONDS) -> Figures:
    async with sender(rows, rate, seconds) as url:
        connector = HeadwayConnector(url, None, clock=SystemClock(), rng=random.Random(1), gather=A_FRAME)  # noqa: S311
        app = HeadwayApp(connector, clock=SystemClock(), title="bench")
        table = app._board.tables[GROUP]
        screen = Screen(lambda: table.cursor_id, "▌")
        app.driver_class = screen.driver()
        store = app.session.store
        async with app.run_test(headless=False, size=SCREEN) as pilot:
            while len(store.rows) < rows or not table.cursor_id:
                await pilot.pause(0.05)
            figures = await measure(
                url, app, screen, lambda: store.cursor.seq if store.cursor else 0, round(rate * seconds), seconds
            )
        await connector.aclose()
        return figures


class Data(BaseModel):
    delegation_id: str
    progress_percent: float | None = None


class Envelope(BaseModel):
    type: str
    timestamp: int
    data: Data


class NaiveBoard(App[None]):
    """What a good engineer writes first."""

    def __init__(self, url: str, driver: type[Driver]) -> None:
        super().__init__(driver_class=driver)
        self._url = url
        self.applied = 0
        self.loaded = False
        self.table: DataTable[str] = DataTable(cursor_type="row")

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.run_worker(self._follow())

    async def _follow(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            snapshot = Snapshot.model_validate_json((await client.get(f"{self._url}/snapshot")).content)
            for place in PLACES:
                self.table.add_column(place.column.title, key=place.column.id, width=place.width)
            for row in sorted(snapshot.delegations, key=lambda row: row.created_at):
                self.table.add_row(*cells_of(row), key=row.delegation_id)
            self.loaded = True
            async with aconnect_sse(client, "GET", f"{self._url}/events/stream") as source:
                async for event in source.aiter_sse():
                    told = Envelope.model_validate_json(event.data)
                    percent = told.data.progress_percent
                    self.table.update_cell(told.data.delegation_id, "progress", f"{percent:3.0f}%")
                    self.applied += 1


async def naive(rows: int, rate: int = RATE, seconds: float = SECONDS) -> Figures:
    as_textual_has_it()
    async with sender(rows, rate, seconds) as url:
        screen = Screen(lambda: app.table.cursor_row)
        app = NaiveBoard(url, screen.driver())
        async with app.run_test(headless=False, size=SCREEN) as pilot:
            while not app.loaded:
                await pilot.pause(0.05)
            return await measure(url, app, screen, lambda: app.applied, round(rate * seconds), seconds)


def compare(board: Figures, peer: Figures) -> None:
    def limit(what: str, ours: str, theirs: str, bar: str, *, met: bool) -> None:
        print_limit("P2", what, ours=ours, peer=theirs, limit=bar, met=met)

    keys, peer_keys = percentile(board.key_ms, 99), percentile(peer.key_ms, 99)
    limit(
        f"{RATE:,} events/s, {ROWS:,} rows, applied in {board.seconds:.1f} s",
        f"{board.applied:,}",
        f"{peer.applied:,} of {peer.sent:,}",
        "all",
        met=board.applied == board.sent,
    )
    frames = (board.paints / board.seconds, peer.paints / peer.seconds)
    limit("paints a second", f"{frames[0]:.0f}", f"{frames[1]:.1f}", "≥ 25", met=frames[0] >= 25)
    limit(
        "key to paint, p99", f"{keys:.0f} ms", f"{peer_keys:,.0f} ms", "< 60 ms", met=keys < 60 and not board.unanswered
    )
    limit("CPU, of one core", f"{board.cpu:.0%}", f"{peer.cpu:.0%}", "≤ 50 %", met=board.cpu <= 0.5)
    bar = partial(print_bar, "P2")
    rates, cpu = (board.rate, peer.rate), (board.microseconds, peer.microseconds)
    bar(
        "events applied a second",
        ours=f"{rates[0]:,.0f}",
        peer=f"{rates[1]:,.0f}",
        ratio=rates[0] / rates[1],
        at_least=5,
    )
    bar("CPU an event, times less", ours=f"{cpu[0]:.0f} µs", peer=f"{cpu[1]:,.0f} µs", ratio=cpu[1] / cpu[0])
    bar(
        "key to paint, p99, of the naive one's",
        ours=f"{keys:.0f} ms",
        peer=f"{peer_keys:,.0f} ms",
        ratio=keys / peer_keys,
        at_most=1 / 6,
    )


def main() -> None:
    asyncio.run(ours(1_000, seconds=1.0))  # Imports, style sheets and caches are warm from here on.
    compare(asyncio.run(ours(ROWS)), asyncio.run(naive(ROWS)))


if __name__ == "__main__":
    main()
