"""Delegations as they are made, sent and put back in the queue."""

from __future__ import annotations

from headway.core.delegation import Row
from headway.ledger import holding, queueing, retrying, sending, tracing
from headway.ledger.facade.access import Access
from headway.ledger.records import Claimed, Delegated, Message, NewDelegation, Queued, Undelivered


class Delegating(Access):
    """The part of `Ledger` that begins delegations and keeps the queue."""

    async def delegate(self, new: NewDelegation) -> Delegated:
        """See `sending.delegate`."""
        return await self._write(sending.delegate, new)

    async def record(
        self, source_id: str, target_id: str, task: str, delegation_id: str, traceparent: str | None = None
    ) -> Delegated:
        """See `sending.record`."""
        return await self._write(sending.record, source_id, target_id, task, delegation_id, traceparent)

    async def untraced(self, source_id: str, target_id: str, delegation_id: str) -> int | None:
        """See `tracing.untraced`."""
        return await self._read(tracing.untraced, source_id, target_id, delegation_id)

    async def trace(self, source_id: str, target_id: str, delegation_id: str, traceparent: str) -> None:
        """See `tracing.trace`."""
        await self._write(tracing.trace, source_id, target_id, delegation_id, traceparent)

    async def retry(self, source_id: str, delegation_id: str) -> Delegated:
        """See `retrying.retry`."""
        return await self._write(retrying.retry, source_id, delegation_id)

    async def claim(self, target_id: str, limit: int) -> list[Claimed]:
        """See `sending.claim`."""
        return await self._write(sending.claim, target_id, limit)

    async def enqueue_pending(self, target_id: str) -> int:
        """See `sending.enqueue_pending`."""
        return await self._write(sending.enqueue_pending, target_id)

    async def put_back(self, delegation_id: str, attempt: int, said: Undelivered) -> Row:
        """See `queueing.put_back`."""
        return await self._write(queueing.put_back, delegation_id, attempt, said)

    async def next_due(self, target_id: str) -> int | None:
        """See `queueing.next_due`."""
        return await self._read(queueing.next_due, target_id, self._clock.now_ms())

    async def hold(self, message: Message) -> Queued:
        """See `holding.hold`."""
        return await self._write(holding.hold, message)

    async def held_message(self, source_id: str, target_id: str, message_id: str) -> Queued | None:
        """See `holding.find_message`."""
        return await self._read(holding.find_message, source_id, target_id, message_id)

    async def queued(self, queue_id: str) -> Queued | None:
        """See `holding.find`."""
        return await self._read(holding.find, queue_id)
