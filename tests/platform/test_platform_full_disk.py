"""A disk that takes no more: what is told, and that it goes on by itself."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from support.platforms import NOBODY, connected, serve


@pytest.mark.req("S6")
async def test_health_says_that_nothing_can_be_written_until_it_can(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: SQLite gets its errors from the system all the same."""
    async with serve(tmp_path) as process, connected(process.url, process.folder) as served:
        body = {"target_id": NOBODY, "task": "look"}
        assert (await served.ask("delegations/record", {**body, "delegation_id": "before"})).status_code == 202
        assert (await served.http.get("/health")).json()["status"] == "ok"
        soft, hard = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)
        full = (tmp_path / "headway.db-wal").stat().st_size
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (full, hard))
        refused = await served.ask("delegations/record", {**body, "delegation_id": "during"})
        assert refused.status_code == 503
        for _ in range(2):
            health = await served.http.get("/health")
            assert (health.status_code, health.json()["status"]) == (503, "unavailable")
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        health = await served.http.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert {row["delegation_id"] for row in (await served.get("/snapshot"))["delegations"]} == {"before"}
        again = await served.ask("delegations/record", {**body, "delegation_id": "during"})
        assert again.status_code == 202
