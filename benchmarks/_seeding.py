"""A ledger with delegations that have ended, for the benchmarks that look at a platform from outside."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Final

from headway.core.delegation import Status
from headway.ledger.ledger import Ledger
from headway.ledger.records import NewWorkspace
from headway.net.clock import SystemClock

AT_ONCE: Final = 100
DAY_MS: Final = 86_400_000


class Ago(SystemClock):
    """The clock as it stood some milliseconds ago."""

    def __init__(self, ago_ms: int) -> None:
        self._ago_ms = ago_ms

    def now_ms(self) -> int:
        return super().now_ms() - self._ago_ms


def seed_finished(folder: Path, count: int, *, ago_ms: int = 0) -> None:
    """Make the ledger of a data folder, with `count` completed delegations in it: "task number 0" and so on."""
    folder.mkdir(exist_ok=True)
    asyncio.run(_seed(folder / "headway.db", count, Ago(ago_ms)))


async def _seed(ledger_file: Path, count: int, clock: SystemClock) -> None:
    async with Ledger.open(ledger_file, clock=clock, new_id=lambda: str(uuid.uuid4())) as ledger:
        source = (await ledger.add_workspace(NewWorkspace("source"))).id
        target = (await ledger.add_workspace(NewWorkspace("worker"))).id

        async def one(number: int) -> None:
            delegation_id = f"{number:08x}"
            await ledger.record(source, target, f"task number {number}", delegation_id)
            await ledger.update(source, delegation_id, Status.COMPLETED, response_preview=f"result {number}")

        for first in range(0, count, AT_ONCE):
            await asyncio.gather(*(one(number) for number in range(first, min(first + AT_ONCE, count))))
