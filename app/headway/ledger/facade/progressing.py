"""Delegations as they go on, are answered and end."""

from __future__ import annotations

from headway.core.delegation import Row, Status
from headway.ledger import moving, replying
from headway.ledger.facade.access import Access
from headway.ledger.records import Observation, Outcome, Reply


class Progressing(Access):
    """The part of `Ledger` that takes a delegation on to its end."""

    async def append(self, delegation_id: str, attempt: int | None, seen: Observation) -> Row:
        """See `moving.append`."""
        return await self._write(moving.append, delegation_id, attempt, seen)

    async def settle(self, delegation_id: str, attempt: int | None, outcome: Outcome) -> Row:
        """See `moving.settle`."""
        return await self._write(moving.settle, delegation_id, attempt, outcome)

    async def update(
        self,
        source_id: str,
        delegation_id: str,
        status: Status,
        error: str | None = None,
        response_preview: str | None = None,
        seen: Observation | None = None,
    ) -> Row:
        """See `moving.update`."""
        return await self._write(moving.update, source_id, delegation_id, status, error, response_preview, seen)

    async def request_cancel(self, delegation_id: str, reason: str | None = None) -> Row:
        """See `moving.request_cancel`."""
        return await self._write(moving.request_cancel, delegation_id, reason)

    async def reply(self, delegation_id: str, said: str) -> tuple[Row, Reply]:
        """See `replying.reply`."""
        return await self._write(replying.reply, delegation_id, said)

    async def reply_delivered(self, delegation_id: str, attempt: int) -> None:
        """See `replying.delivered`."""
        await self._write(replying.delivered, delegation_id, attempt)

    async def reply_not_delivered(self, delegation_id: str, attempt: int, message: str) -> Row:
        """See `replying.not_delivered`."""
        return await self._write(replying.not_delivered, delegation_id, attempt, message)

    async def undelivered_replies(self) -> dict[str, Reply]:
        """See `replying.undelivered`."""
        return await self._read(replying.undelivered)
