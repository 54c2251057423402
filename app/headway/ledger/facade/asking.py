"""What is asked of delegations and of their events."""

from __future__ import annotations

from typing import Any

from headway.core.api import SNAPSHOT_FINISHED, Snapshot, Stats
from headway.core.delegation import Delegation, Row, Status
from headway.ledger import overview, reading, searching
from headway.ledger.facade.access import Access
from headway.ledger.records import Figures, Listed, Page, StoredEvent


class Asking(Access):
    """The part of `Ledger` that reads delegations and events."""

    async def get(self, delegation_id: str) -> Delegation | None:
        """See `reading.get`."""
        return await self._read(reading.get, delegation_id)

    async def find(self, prefix: str, limit: int = 10) -> list[str]:
        """See `reading.find`."""
        return await self._read(reading.find, prefix, limit)

    async def list_(
        self,
        *,
        source_id: str | None = None,
        target_id: str | None = None,
        status: Status | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[Listed]:
        """See `reading.list_`."""
        return await self._read(
            reading.list_, source_id=source_id, target_id=target_id, status=status, limit=limit, before=before
        )

    async def records(
        self,
        *,
        status: Status | None = None,
        limit: int = 50,
        before: str | None = None,
        search: str | None = None,
    ) -> Page:
        """See `overview.records`, or `searching.search` where `search` is given."""
        named: dict[str, Any] = {"status": status, "limit": limit, "before": before}
        if search is None:
            return await self._read(overview.records, **named)
        return await self._read(searching.search, search, self._clock.monotonic, **named)

    async def stats(self) -> Stats:
        """See `overview.stats`."""
        return await self._read(overview.stats, self._clock.now_ms())

    async def figures(self) -> Figures:
        """See `overview.figures`."""
        return await self._read(overview.figures)

    async def unfinished(self) -> list[Delegation]:
        """See `reading.unfinished`."""
        return await self._read(reading.unfinished)

    async def waiting(self) -> dict[str, int]:
        """See `reading.waiting`."""
        return await self._read(reading.waiting)

    async def totals(self) -> dict[Status, int]:
        """See `reading.totals`."""
        return await self._read(reading.totals)

    async def snapshot(self, finished: int = SNAPSHOT_FINISHED, tail: int = reading.TAIL) -> Snapshot:
        """See `reading.snapshot`."""
        return await self._read(reading.snapshot, finished, tail)

    async def finished_before(self, delegation_id: str | None, limit: int) -> list[Row]:
        """See `reading.finished_before`."""
        return await self._read(reading.finished_before, delegation_id, limit)

    async def replay(self, after_seq: int, limit: int, workspace_id: str | None = None) -> list[StoredEvent]:
        """See `reading.replay`."""
        return await self._read(reading.replay, after_seq, limit, workspace_id)

    async def history(self, delegation_id: str, limit: int) -> list[StoredEvent]:
        """See `reading.history`."""
        return await self._read(reading.history, delegation_id, limit)

    async def replay_page(
        self, after_seq: int, limit: int, workspace_id: str | None = None
    ) -> tuple[list[StoredEvent], int]:
        """See `reading.replay_page`."""
        return await self._read(reading.replay_page, after_seq, limit, workspace_id)
