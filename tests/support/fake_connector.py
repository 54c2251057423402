"""A platform in memory behind the `Connector` protocol: it changes when a test says so, and notes what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from headway.connectors.connector import (
    Batch,
    Capabilities,
    DelegationRef,
    Dispatched,
    DispatchOrder,
    Opened,
    Opening,
    StreamMessage,
)
from headway.connectors.errors import ConnectorError, NotFound
from headway.core.api import SNAPSHOT_FINISHED, Health, Snapshot, Workspace
from headway.core.cursor import Cursor
from headway.core.delegation import Delegation, Row, Status
from headway.core.events import (
    Canceled,
    Completed,
    Event,
    Evicted,
    Failed,
    Payload,
    Progressed,
    Sent,
    StatusChanged,
    WorkspaceHeartbeat,
)
from headway.core.projection import apply

EPOCH = "fake"
OPERATOR = Workspace(id="operator", name="operator", role="operator", status="online")


@dataclass
class Calls:
    """What reached the platform, in order."""

    canceled: list[str] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    replied: list[tuple[str, str]] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    added: list[tuple[str, str | None, int]] = field(default_factory=list)
    dropped_stale: list[tuple[int, str]] = field(default_factory=list)
    dispatched: list[DispatchOrder] = field(default_factory=list)
    looked_back: list[str] = field(default_factory=list)


class FakeConnector:
    """Events are made by `send`, `say`, `become`, `complete`, `fail`, …; `errors[method]` makes the next calls fail."""

    def __init__(self, *, now_ms: int = 1_700_000_000_000, read_only: bool = False) -> None:
        self.now_ms = now_ms
        self.capabilities = Capabilities(read_only=read_only)
        self.address = "http://127.0.0.1:7317"
        self.workspaces: dict[str, Workspace] = {OPERATOR.id: OPERATOR}
        self.rows: dict[str, Row] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.calls = Calls()
        self.errors: dict[str, ConnectorError] = {}
        self.cancel_status = Status.CANCELING
        self.gates: dict[str, asyncio.Event] = {}
        self.tokens: list[str | None] = []
        self.snapshot_finished: int | None = None
        """How many finished ones a snapshot has; None is all."""
        self.older_page = SNAPSHOT_FINISHED
        self.unheard = False
        """What happens reaches no reader."""
        self.told: list[Event] = []
        """Every event there was."""
        self._seq = 0
        self._queues: list[asyncio.Queue[StreamMessage | ConnectorError]] = []
        self._numbers = count(1)

    # What a test makes happen

    def agent(self, name: str, **fields: Any) -> str:
        workspace = Workspace(**{"id": f"ws-{name}", "name": name, "status": "online", **fields})
        self.workspaces[workspace.id] = workspace
        return workspace.id

    def send(
        self,
        target: str,
        task: str,
        *,
        status: Status = Status.PENDING,
        priority: int = 50,
        ago_ms: int = 0,
        delegation_id: str | None = None,
    ) -> str:
        did = delegation_id or f"{next(self._numbers):04x}0000-0000-4000-8000-000000000000"
        at = self.now_ms - ago_ms
        self._emit(
            Sent(
                delegation_id=did,
                target_id=target,
                task_preview=task[:100],
                source_id="operator",
                status=Status.PENDING,
                priority=priority,
                attempt=0,
                created_at=at,
            ),
            at,
        )
        if status is not Status.PENDING:
            self.become(did, status, ago_ms=ago_ms)
        return did

    def become(
        self, did: str, status: Status, *, message: str | None = None, percent: float | None = None, ago_ms: int = 0
    ) -> None:
        row = self.rows[did]
        attempt = max(1, row.attempt)
        self._emit(
            StatusChanged(
                delegation_id=did,
                target_id=row.target_id,
                status=status,
                attempt=attempt,
                status_message=message,
                progress_percent=percent,
            ),
            self.now_ms - ago_ms,
        )

    def say(self, did: str, text: str, *, percent: float | None = None, ago_ms: int = 0) -> None:
        row = self.rows[did]
        self._emit(
            Progressed(
                delegation_id=did,
                target_id=row.target_id,
                text=text,
                offset=row.progress.end,
                progress_percent=percent,
            ),
            self.now_ms - ago_ms,
        )

    def complete(self, did: str, result: str = "done", *, ago_ms: int = 0) -> None:
        self.records.setdefault(did, {})["result"] = result
        row = self.rows[did]
        done = Completed(delegation_id=did, target_id=row.target_id, response_preview=result[:200])
        self._emit(done, self.now_ms - ago_ms)

    def fail(self, did: str, error: str, *, ago_ms: int = 0) -> None:
        row = self.rows[did]
        self._emit(Failed(delegation_id=did, target_id=row.target_id, error=error), self.now_ms - ago_ms)

    def end_canceled(self, did: str, message: str = "the agent confirmed", *, ago_ms: int = 0) -> None:
        row = self.rows[did]
        ended = Canceled(delegation_id=did, target_id=row.target_id, confirmed=True, status_message=message)
        self._emit(ended, self.now_ms - ago_ms)

    def evict(self, *ids: str) -> None:
        self._emit(Evicted(delegation_ids=ids), self.now_ms)
        for did in ids:
            del self.rows[did]

    def heartbeat(self, workspace_id: str, **fields: Any) -> None:
        """A fact of a workspace, sent without an id as the platform does."""
        beat = WorkspaceHeartbeat(workspace_id=workspace_id, **fields)
        for queue in self._queues:
            queue.put_nowait(Batch([Event(0, beat.TYPE, self.now_ms, beat)]))

    def interrupt(self, message: StreamMessage | ConnectorError) -> None:
        """Put a link message, or the end of the stream by an error, to every reader."""
        for queue in self._queues:
            queue.put_nowait(message)

    def _emit(self, payload: Payload, at: int) -> None:
        self._seq += 1
        event = Event(self._seq, payload.TYPE, at, payload)
        self.told.append(event)
        did = getattr(payload, "delegation_id", None)
        if did is not None:
            row = apply(event, self.rows.get(did))
            assert row is not None
            self.rows[did] = row
        for queue in () if self.unheard else self._queues:
            queue.put_nowait(Batch([event], Cursor(EPOCH, event.seq)))

    # The protocol

    def use_token(self, token: str | None) -> None:
        self.tokens.append(token)

    async def finished_before(self, delegation: DelegationRef, *, limit: int = SNAPSHOT_FINISHED) -> list[Row]:
        self.calls.looked_back.append(delegation.delegation_id)
        await self._answer("finished_before")
        ended = self._ended()
        ids = [row.delegation_id for row in ended]
        at = ids.index(delegation.delegation_id) + 1 if delegation.delegation_id in ids else len(ids)
        return ended[at : at + min(limit, self.older_page)]

    def _ended(self) -> list[Row]:
        """The newest first."""
        ended = [row for row in self.rows.values() if row.status.is_terminal]
        return sorted(ended, key=lambda row: (row.finished_at or 0, row.seq), reverse=True)

    async def snapshot(self, *, finished: int = SNAPSHOT_FINISHED) -> Snapshot:
        await self._answer("snapshot")
        totals = dict.fromkeys(Status, 0)
        for row in self.rows.values():
            totals[row.status] += 1
        return Snapshot.model_construct(
            epoch=EPOCH,
            seq=self._seq,
            workspaces=list(self.workspaces.values()),
            delegations=[row for row in self.rows.values() if not row.status.is_terminal]
            + self._ended()[: self.snapshot_finished],
            totals=totals,
        )

    async def events(self, after: Cursor | None) -> AsyncIterator[StreamMessage]:
        queue: asyncio.Queue[StreamMessage | ConnectorError] = asyncio.Queue()
        self._queues.append(queue)
        try:
            yield Opening()
            yield Opened()
            while True:
                message = await queue.get()
                if isinstance(message, ConnectorError):
                    raise message
                yield message
        finally:
            self._queues.remove(queue)

    async def dispatch(self, order: DispatchOrder) -> Dispatched:
        self.calls.dispatched.append(order)
        await self._answer("dispatch")
        did = self.send(order.target_id, order.task, priority=50 if order.priority is None else order.priority)
        return Dispatched(did, order.target_id, "delegated")

    async def delegation(self, id_or_prefix: str) -> Delegation:
        await self._answer("delegation")
        return self._record(id_or_prefix)

    async def timeline(self, delegation: DelegationRef) -> list[Event]:
        await self._answer("timeline")
        return [
            event
            for event in self.told
            if getattr(event.payload, "delegation_id", None) == delegation.delegation_id
            and not isinstance(event.payload, Progressed)
        ]

    async def delegations(
        self, *, status: Status | None = None, limit: int = 50, before: str | None = None
    ) -> list[Delegation]:
        await self._answer("delegations")
        return [self._record(did) for did, row in self.rows.items() if status in (None, row.status)][:limit]

    async def poll(self, delegation: DelegationRef) -> Delegation:
        self.calls.polled.append(delegation.delegation_id)
        await self._answer("poll")
        return self._record(delegation.delegation_id)

    async def cancel(self, delegation: DelegationRef, *, reason: str | None = None) -> Status:
        self.calls.canceled.append(delegation.delegation_id)
        await self._answer("cancel")
        return self.cancel_status

    async def reply(self, delegation: DelegationRef, text: str) -> Status:
        self.calls.replied.append((delegation.delegation_id, text))
        await self._answer("reply")
        self.become(delegation.delegation_id, Status.IN_PROGRESS, message="replied")
        return Status.IN_PROGRESS

    async def retry(self, delegation: DelegationRef) -> Dispatched:
        self.calls.retried.append(delegation.delegation_id)
        await self._answer("retry")
        row = self.rows[delegation.delegation_id]
        return Dispatched(self.send(row.target_id, row.task_preview), row.target_id, "delegated")

    async def agents(self) -> list[Workspace]:
        return list(self.workspaces.values())

    async def add_agent(self, url: str, *, name: str | None = None, slots: int = 1) -> str:
        self.calls.added.append((url, name, slots))
        await self._answer("add_agent")
        return self.agent(name or url, url=url, max_concurrent_tasks=slots)

    async def remove_agent(self, workspace_id: str) -> None:
        self.calls.removed.append(workspace_id)
        await self._answer("remove_agent")
        del self.workspaces[workspace_id]

    async def drop_stale(self, older_than_ms: int, workspace_id: str) -> int:
        self.calls.dropped_stale.append((older_than_ms, workspace_id))
        await self._answer("drop_stale")
        waiting = [
            did
            for did, row in self.rows.items()
            if row.status is Status.QUEUED
            and row.target_id == workspace_id
            and self.now_ms - row.created_at >= older_than_ms
        ]
        for did in waiting:
            self.fail(did, "dropped from the queue")
        return len(waiting)

    async def health(self) -> Health:
        return Health(status="ok", version="0", epoch=EPOCH, seq=self._seq)

    async def aclose(self) -> None:
        return None

    async def _answer(self, method: str) -> None:
        if gate := self.gates.get(method):
            await gate.wait()
        if error := self.errors.pop(method, None):
            raise error

    def _record(self, did: str) -> Delegation:
        row = self.rows.get(did)
        if row is None:
            raise NotFound("There is no such delegation.")
        return Delegation.model_construct(
            delegation_id=did,
            source_id=row.source_id,
            target_id=row.target_id,
            task=self.records.get(did, {}).get("task", row.task_preview),
            status=row.status,
            priority=row.priority,
            attempt=row.attempt,
            result=self.records.get(did, {}).get("result"),
            error=row.error,
            status_message=row.status_message,
            created_at=row.created_at,
            updated_at=row.updated_at,
            last_activity_at=row.last_activity_at,
            finished_at=row.finished_at,
            seq=row.seq,
            progress_offset=row.progress.start,
            progress_text=row.progress.text,
        )


def with_row(connector: FakeConnector, did: str, **changes: Any) -> None:
    """Change a row behind the events, before anyone has read it."""
    connector.rows[did] = replace(connector.rows[did], **changes)
