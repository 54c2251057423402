"""P11, the platform's part: its memory while delegations pass through it.

Half of them go to a workspace that has no agent, which the dispatcher fails; half are claimed, speak, and end, written
as the dispatcher would. Retention is small, so that what has ended is evicted all the time, and what was said fills the
ring of the event stream, which is bounded too. The first half is the warm-up, in which that ring and the caches fill;
memory is what the process holds (resident, from /proc), garbage collected, after it and at the end. An argument is the
number of delegations: 20,000 unless one is given, since a million take ten minutes and more.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Final

from _measure import print_limit
from headway.core.progress import Splice
from headway.ledger.records import Completion, NewDelegation, NewWorkspace, Observation, Retention
from headway.net.clock import SystemClock
from headway.net.guard import Guard
from headway.platform.folder import DataFolder
from headway.platform.platform import Platform
from headway.platform.settings import Settings

COUNT: Final = 20_000
PARTS: Final = 10
GROUP: Final = 100
KEPT: Final = 1_000
ALLOWED: Final = 1.05
_PLACE: Final = next((place for place in ["/dev/shm"] if Path(place).is_dir()), None)  # noqa: S108
"""A folder in memory where there is one: the disk is not what is measured."""
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """MiB that the process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 2**20


async def through_the_dispatcher(platform: Platform, source: str, target: str, first: int) -> None:
    async def hand_over(number: int) -> None:
        await platform.ledger.delegate(NewDelegation(source, target, f"task {number}: nobody is there for it"))

    await asyncio.gather(*(hand_over(number) for number in range(first, first + GROUP)))
    platform.dispatcher.nudge(target)


async def by_hand(platform: Platform, source: str, target: str, first: int) -> None:
    async def hand_over(number: int) -> None:
        await platform.ledger.delegate(NewDelegation(source, target, f"task {number}: say something and end"))

    await asyncio.gather(*(hand_over(number) for number in range(first, first + GROUP)))
    claimed = [one.delegation for one in await platform.ledger.claim(target, GROUP)]

    async def see_through(delegation_id: str, attempt: int) -> None:
        seen = Observation(splice=Splice(0, "word by word " * 20), remote_task_id=delegation_id)
        await platform.ledger.append(delegation_id, attempt, seen)
        await platform.ledger.settle(delegation_id, attempt, Completion("done " * 50))

    await asyncio.gather(*(see_through(one.delegation_id, one.attempt) for one in claimed))


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="headway-memory-", dir=_PLACE) as folder:
        settings = Settings(retention=Retention(finished=KEPT, events=10 * KEPT), evict_every=1.0)
        async with Platform.open(
            DataFolder(Path(folder)),
            clock=SystemClock(),
            new_id=lambda: str(uuid.uuid4()),
            rng=random.Random(11),  # noqa: S311 - jitter
            settings=settings,
            guard=Guard(()),
        ) as platform:
            source, nobody, somebody = [
                (await platform.ledger.add_workspace(NewWorkspace(name))).id
                for name in ("source", "nobody", "somebody")
            ]
            held: list[float] = []
            for _ in range(PARTS):
                for first in range(0, count // PARTS, 2 * GROUP):
                    await through_the_dispatcher(platform, source, nobody, first)
                    await by_hand(platform, source, somebody, first + GROUP)
                await platform.ledger.evict(settings.retention)
                held.append(resident())
            print("  ".join(f"{part:,.1f}" for part in held), "MiB after each tenth", flush=True)
    print_limit(
        "P11",
        f"the platform's memory over {count:,} delegations",
        ours=f"{held[PARTS // 2 - 1]:,.1f} MiB after the first half, {held[-1]:,.1f} MiB at the end",
        limit=f"ratio ≤ {ALLOWED}",
        met=held[-1] <= ALLOWED * held[PARTS // 2 - 1],
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
