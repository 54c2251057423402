"""P8: delegations accepted over HTTP by a platform, 50 connections, against the handler that a good engineer writes.

The naive side is a FastAPI handler with one aiosqlite connection and a commit per request: it reads the token, writes
the delegation and its event, and answers. Ours is the platform as `headway serve` runs it, with everything it does
besides: who may talk to whom, what text is let in, the event stream, the dispatcher, which finds the agent busy and
queues what was accepted. Both answer when it is on the disk (synchronous FULL), and each runs in a process of its own,
as does who asks. CPU is that of the server's process, each request of the measured rounds. The slow disk is a wait of
one millisecond before each commit, on both sides. The sides take turns; each figure is the median of its rounds.
`--quick` is one short round without the slow disk.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from _measure import print_bar

ROUNDS: Final = 3
WARM_UP: Final = 500
SLOW_SYNC: Final = 0.001
_HERE: Final = Path(__file__).parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Side:
    """A server, and what was measured of it."""

    process: asyncio.subprocess.Process
    where: dict[str, str]
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def measure(self, count: int) -> None:
        before = self._cpu_seconds()
        asked = [str(self.where[name]) for name in ("port", "token", "source", "target")]
        load = await _run(_HERE / "_load.py", *asked, str(count))
        said, _ = await load.communicate()
        if load.returncode:
            raise RuntimeError("the load could not be handed over")
        self.rates.append(count / float(said))
        self.cpu.append((self._cpu_seconds() - before) / count)

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


async def _run(script: Path, *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, str(script), *arguments, stdin=pipe, stdout=pipe)


@asynccontextmanager
async def _serving(name: str, folder: Path, sync: float) -> AsyncGenerator[Side]:
    process = await _run(_HERE / "_dispatch_servers.py", name, str(folder), str(sync))
    try:
        assert process.stdout is not None
        yield Side(process, json.loads(await process.stdout.readline()))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def compare(what: str, *, sync: float, at_least: float, counts: tuple[int, int], rounds: int = ROUNDS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        async with _serving("ours", path, sync) as ours, _serving("naive", path, sync) as naive:
            sides = list(zip((ours, naive), counts, strict=True))
            for side, _ in sides:
                await side.measure(WARM_UP)
            for side, _ in sides:
                side.rates.clear()
                side.cpu.clear()
            for _ in range(rounds):
                for side, count in sides:
                    await side.measure(count)
    rates = [median(side.rates) for side, _ in sides]
    cpu = [f"{median(side.cpu) * 1e6:,.0f} µs CPU" for side, _ in sides]
    print_bar(
        "P8",
        what,
        ours=f"{rates[0]:,.0f}/s ({cpu[0]})",
        peer=f"{rates[1]:,.0f}/s ({cpu[1]})",
        ratio=rates[0] / rates[1],
        at_least=at_least,
    )


async def main(*, quick: bool) -> None:
    what = "dispatch accepted over HTTP, 50 connections"
    if quick:
        await compare(what, sync=0.0, at_least=3, counts=(2_000, 500), rounds=1)
        return
    await compare(what, sync=0.0, at_least=3, counts=(5_000, 1_000))
    await compare("the same with a sync of 1 ms", sync=SLOW_SYNC, at_least=10, counts=(5_000, 500))


if __name__ == "__main__":
    asyncio.run(main(quick="--quick" in sys.argv))
