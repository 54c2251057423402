"""Where the platform's time goes under the demo's load, so many times: `_profile_platform.py [TIMES] [SECONDS]`.

The demo's agents and what they hand each other, both times TIMES (100), run in a process of their own. The platform is
in this one. After a warm-up the CPU of its threads is told, then what its event loop and the ledger's writer spend it
on, each profiled for SECONDS (20). It measures nothing beside a peer, so `make bench` leaves it out.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from headway.core.events import EventType
from headway.demo import fleet
from headway.demo.fleet import OPENING_PAUSE, DemoPlan, run_fleet
from headway.ledger.ledger import Ledger
from headway.ledger.records import StoredEvent
from headway.ledger.writer import Listener
from headway.net.clock import SystemClock
from headway.net.sockets import listen
from headway.platform.folder import DataFolder
from headway.platform.server import serve_on

WARM_UP: Final = 10.0
"""Seconds after each agent has had its first task."""
SHOWN: Final = 25
_SCRIPT: Final = Path(__file__)


def threads() -> dict[str, float]:
    """CPU seconds of each thread of this process, by its number."""
    folder = Path("/proc/self/task")
    return {one.name: int((one / "schedstat").read_text().split()[0]) / 1e9 for one in folder.iterdir()}


async def begun(ledger: Ledger, count: int) -> None:
    """Wait until so many delegations have begun."""
    enough, sent = asyncio.Event(), 0

    def listen_to(events: Sequence[StoredEvent]) -> None:
        nonlocal sent
        sent += sum(event.type == EventType.DELEGATION_SENT for event in events)
        if sent >= count:
            enough.set()

    unsubscribe = ledger.subscribe(listen_to)
    await enough.wait()
    unsubscribe()


async def watch(ledger: Ledger, seconds: float) -> None:
    before, head, commits, begun = threads(), ledger.head, ledger.commits.count, time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - begun
    events = ledger.head - head
    print(f"{events / took:,.0f} events/s in {(ledger.commits.count - commits) / took:,.0f} commits/s", flush=True)
    for number, cpu in threads().items():
        if (used := cpu - before.get(number, 0.0)) > 0.01 * took:
            name = "event loop" if int(number) == os.getpid() else f"thread {number}"
            print(f"  {name}: {used / took * 100:.1f} % of a core, {used / max(1, events) * 1e6:,.0f} µs an event")


async def main(times: int, seconds: float) -> None:
    opened: list[Ledger] = []
    subscribe = Ledger.subscribe

    def noting(ledger: Ledger, listener: Listener) -> Callable[[], None]:
        opened.append(ledger)
        return subscribe(ledger, listener)

    Ledger.subscribe = noting  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        listener, up, stop = listen("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
        data = DataFolder(Path(folder))
        serving = asyncio.create_task(serve_on(listener, data, ready=lambda _: up.set(), stop=stop))
        await up.wait()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        script = str(_SCRIPT)
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, "--load", url, str(data.token()), str(times)
        )
        try:
            ledger = opened[0]
            await begun(ledger, DemoPlan().agents * times)
            await asyncio.sleep(WARM_UP)
            await watch(ledger, seconds)
            profile = cProfile.Profile(time.thread_time)
            profile.enable()
            await asyncio.sleep(seconds)
            profile.disable()
            print("the event loop")
            pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)
            profile = cProfile.Profile(time.thread_time)
            await ledger._engine.write(lambda _: profile.enable())
            await asyncio.sleep(seconds)
            await ledger._engine.write(lambda _: profile.disable())
            print("the ledger's writer")
            pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)
        finally:
            process.kill()
            await process.wait()
            stop.set()
            await serving


async def load(url: str, token: str, times: int) -> None:
    plan = DemoPlan()
    fleet.OPENING_PAUSE = OPENING_PAUSE / times  # type: ignore[misc]
    await run_fleet(url, token, DemoPlan(plan.agents * times, plan.rate * times, plan.seed), SystemClock())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        asyncio.run(load(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    else:
        times, seconds = [*sys.argv[1:], *["100", "20"][len(sys.argv) - 1 :]]
        asyncio.run(main(int(times), float(seconds)))
