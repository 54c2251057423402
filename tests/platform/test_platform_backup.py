"""What docs/operations.md says of backups: a copy of a working ledger is whole, and can be put in its place."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from support.platforms import NOBODY, platform


def by_backup(source: Path, copy: Path) -> None:
    with sqlite3.connect(source) as ledger, sqlite3.connect(copy) as into:
        ledger.backup(into)
    into.close()
    ledger.close()


def by_vacuum(source: Path, copy: Path) -> None:
    ledger = sqlite3.connect(source)
    ledger.execute("VACUUM INTO ?", (str(copy),))
    ledger.close()


@pytest.mark.parametrize("copy_ledger", [by_backup, by_vacuum])
async def test_a_copy_of_a_working_ledger_is_whole(tmp_path: Path, copy_ledger: Callable[[Path, Path], None]) -> None:
    async with platform(tmp_path / "first") as served:
        copied = asyncio.Event()

        async def work() -> None:
            number = 0
            while not copied.is_set() or number < 50:
                number += 1
                body = {"target_id": NOBODY, "task": "look", "delegation_id": f"d{number}"}
                assert (await served.ask("delegations/record", body)).status_code == 202

        working = asyncio.create_task(work())
        await served.log.until(lambda: len(served.log.rows) >= 20)
        restored = tmp_path / "second" / "headway.db"
        restored.parent.mkdir(mode=0o700)
        await asyncio.to_thread(copy_ledger, tmp_path / "first" / "headway.db", restored)
        copied.set()
        await working
        source, all_rows = served.source, dict(served.log.rows)
    async with platform(restored.parent, source=source) as served:
        taken = await served.get("/snapshot", finished=1_000)
        assert sum(taken["totals"].values()) == len(taken["delegations"]) >= 20
        assert {row["delegation_id"] for row in taken["delegations"]} <= set(all_rows)
        assert [one["id"] for one in taken["workspaces"]] == [source]
        body = {"target_id": NOBODY, "task": "look", "delegation_id": "afterwards"}
        assert (await served.ask("delegations/record", body)).status_code == 202
