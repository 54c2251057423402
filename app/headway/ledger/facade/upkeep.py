"""What time does to delegations, in bounded batches between which others get their turn."""

from __future__ import annotations

from headway.core.delegation import Row
from headway.ledger import keeping, queueing, reading, text_index
from headway.ledger.facade.access import Access
from headway.ledger.records import Evicted, Retention


class Upkeep(Access):
    """The part of `Ledger` that is called at intervals."""

    async def drop_stale(self, older_than_ms: int, workspace_id: str | None = None) -> list[Row]:
        """Fail what has waited in the queue for longer, of one target or of all; see `queueing.drop`."""
        since = self._clock.now_ms() - older_than_ms
        stale = await self._read(queueing.stale, since, workspace_id)
        return await self._write_batches(queueing.drop, stale, older_than_ms)

    async def mark_stuck(self, silent_since_ms: int) -> list[str]:
        """Mark as stuck what runs and has shown no sign of life since then; see `reading.silent`. Returns the ids."""
        silent = await self._read(reading.silent, silent_since_ms)
        return await self._write_batches(keeping.mark_stuck, silent, silent_since_ms)

    async def fail_overdue(self) -> list[Row]:
        """Fail what is past its deadline or waited past its expiry; see `reading.overdue`. Returns the rows."""
        overdue = await self._read(reading.overdue, self._clock.now_ms())
        return await self._write_batches(keeping.fail_overdue, overdue)

    async def evict(self, retention: Retention) -> Evicted:
        """Forget what is beyond `retention`, in bounded batches between which others get their turn."""
        taken = Evicted(0, 0)
        while True:
            batch: Evicted = await self._write(keeping.evict, retention)
            if batch == Evicted(0, 0):
                return taken
            taken = taken + batch

    async def index_texts(self) -> int:
        """Take some of what has ended into the index of texts, in bounded batches; see `text_index.take_in`."""
        taken = 0
        if await self._read(text_index.waits):
            for _ in range(text_index.AT_ONCE):
                taken += (batch := await self._write(text_index.take_in))
                if not batch:
                    break
        return taken
