"""P7: one stream of events to 100 readers, our ring and EventStream against sse-starlette with a queue per reader.

Both sides are ASGI responses called in this process with a `send` that only counts: there is no socket, so the write
of each chunk, the same on both sides, is in neither figure. The two take turns, and each figure is the median of its
rounds (`--quick` takes one). The naive side is what sse-starlette's examples show: each reader has a queue of events
and encodes each of them itself. CPU is that of the whole process.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from _fan_out import READERS, Naive, Ours, Readers, make_event
from _measure import percentile, print_bar, print_limit

RATE: Final = 1_000
SECONDS: Final = 2
NAIVE_SECONDS: Final = 1
BURST: Final = 1_000
NAIVE_BURST: Final = 200
"""Events of one burst; what is compared is deliveries a second."""
GROUP: Final = 50
"""Events published in one turn where the load is as much as can be taken, as by a ledger that commits in groups."""
BURSTS: Final = 3
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one side."""

    cpu_us: float
    """A delivery, at the steady rate."""
    core: float
    """Percent of one core at the steady rate, until all was delivered."""
    p99_ms: float
    lost: int
    saturated: float
    """Deliveries a second."""


async def measure(side: Ours | Naive, seconds: float, burst: int) -> Figures:
    readers = Readers()
    async with asyncio.TaskGroup() as group:
        for _ in range(READERS):
            group.create_task(readers.connect(side.reader()))
        publish = _publisher(side, readers)
        await _burst(publish, readers, burst)
        readers.latencies.clear()
        cpu, begun = time.process_time(), time.perf_counter()
        for number in range(round(RATE * seconds)):
            if (early := begun + number / RATE - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            publish()
        await readers.have_all()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - begun
        p99 = percentile(readers.latencies, 99)
        rates = [READERS * burst / await _burst(publish, readers, burst) for _ in range(BURSTS)]
        side.close()
    deliveries = READERS * RATE * seconds
    return Figures(cpu / deliveries * 1e6, cpu / wall * 100, p99 * 1e3, readers.lost, median(rates))


def _publisher(side: Ours | Naive, readers: Readers) -> Callable[[], None]:
    def publish() -> None:
        readers.published.append(time.perf_counter())
        side.publish(len(readers.published), make_event(len(readers.published)))

    return publish


async def _burst(publish: Callable[[], None], readers: Readers, burst: int) -> float:
    """Seconds until every reader has a burst of so many events."""
    begun = time.perf_counter()
    for number in range(burst):
        publish()
        if number % GROUP == GROUP - 1:
            await asyncio.sleep(0)
    await readers.have_all()
    return time.perf_counter() - begun


def middle(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure, but every delivery that was lost in any."""
    return Figures(
        cpu_us=median(one.cpu_us for one in rounds),
        core=median(one.core for one in rounds),
        p99_ms=median(one.p99_ms for one in rounds),
        lost=sum(one.lost for one in rounds),
        saturated=median(one.saturated for one in rounds),
    )


def main() -> None:
    rounds = [
        (
            asyncio.run(measure(Ours(), SECONDS, BURST)),
            asyncio.run(measure(Naive(), NAIVE_SECONDS, NAIVE_BURST)),
        )
        for _ in range(1 if "--quick" in sys.argv else ROUNDS)
    ]
    ours, naive = (middle(side) for side in zip(*rounds, strict=True))
    print_bar(
        "P7",
        f"fan-out {RATE:,} events/s to {READERS} readers, CPU a delivery "
        f"({ours.core:.0f} % of a core, naive {naive.core:.0f} %)",
        ours=f"{ours.cpu_us:.2f} µs",
        peer=f"{naive.cpu_us:.2f} µs",
        ratio=naive.cpu_us / ours.cpu_us,
        at_least=8,
    )
    print_limit(
        "P7",
        "publish to send p99",
        ours=f"{ours.p99_ms:.1f} ms",
        peer=f"{naive.p99_ms:.0f} ms",
        limit="< 10 ms",
        met=ours.p99_ms < 10,
    )
    print_limit(
        "P7", "deliveries lost", ours=f"{ours.lost:,}", peer=f"{naive.lost:,}", limit="none", met=ours.lost == 0
    )
    print_bar(
        "P7",
        f"saturated in groups of {GROUP}",
        ours=f"{ours.saturated:,.0f}/s",
        peer=f"{naive.saturated:,.0f}/s",
        ratio=ours.saturated / naive.saturated,
        at_least=50,
    )


if __name__ == "__main__":
    main()
