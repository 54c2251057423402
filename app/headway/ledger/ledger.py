"""The ledger: every operation there is, each of them one transaction or one consistent read."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from headway.core.api import SNAPSHOT_FINISHED, Activity, Snapshot, Stats, TokenInfo, Workspace
from headway.core.clock import Clock
from headway.core.delegation import Delegation, Row, Status
from headway.core.events import EventType, Payload
from headway.ledger import (
    activity,
    heartbeats,
    holding,
    keeping,
    moving,
    overview,
    places,
    queueing,
    reading,
    replying,
    retrying,
    searching,
    sending,
    text_index,
    tokens,
    tracing,
    workspaces,
)
from headway.ledger.commits import CommitFigures
from headway.ledger.engines import SqliteEngine
from headway.ledger.records import (
    Beat,
    Claimed,
    Delegated,
    Evicted,
    Figures,
    Listed,
    Message,
    NewActivity,
    NewDelegation,
    NewWorkspace,
    Observation,
    Outcome,
    Page,
    Place,
    Queued,
    Reply,
    Retention,
    StoredEvent,
    Undelivered,
)
from headway.ledger.remembered import Remembered
from headway.ledger.transaction import Transaction
from headway.ledger.writer import Listener

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Ledger:
    """What is durably true. What writes is durable when it returns, and its caller going away undoes nothing.

    Methods raise the errors of `headway.ledger.errors`; each function they name says which. Rows that writing methods
    return carry no progress text. Everything is called in the event loop that opened the ledger.
    """

    def __init__(self, clock: Clock) -> None:
        self._engine: SqliteEngine
        self._clock = clock
        self._listeners: list[Listener] = []
        self._remembered = Remembered()
        self._epoch = ""
        self._head = 0

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        before_commit: Callable[[], None] | None = None,
        inbox_push: bool = False,
    ) -> AsyncIterator[Ledger]:
        """Open the database at `path`, made if it is not there, until the block ends.

        With `inbox_push`, a delegation that ends leaves its result in its source's inbox; see `inbox.deliver`.

        `before_commit` runs in the writer's thread before each commit: benchmarks simulate a slow disk with it.
        Raises LedgerLocked where another process has it open, LedgerUnavailable where it cannot be used.
        """
        ledger = cls(clock)
        engine = await SqliteEngine.open(
            path,
            clock=clock,
            new_id=new_id,
            on_events=ledger._publish,
            on_outdated=ledger._remembered.forget,
            before_commit=before_commit,
            inbox_push=inbox_push,
        )
        ledger._engine = engine
        try:
            ledger._epoch, ledger._head, _lowest = await engine.read(reading.position)
            yield ledger
        finally:
            await engine.close()

    @property
    def epoch(self) -> str:
        """The random id of this database; a cursor of another epoch means nothing here."""
        return self._epoch

    @property
    def head(self) -> int:
        """The seq of the newest event that listeners were given."""
        return self._head

    @property
    def commits(self) -> CommitFigures:
        """How many commits there were since the ledger was opened, and how long they took."""
        return self._engine.commits.read()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hand every committed event to `listener` from now on, in seq order, a group at a time, in the event loop.

        Returns what ends it. A listener must not block.
        """
        self._listeners.append(listener)
        return partial(self._unsubscribe, listener)

    async def check_writable(self) -> None:
        """Take the database's write lock once, and write where the last commit failed. Raises LedgerUnavailable.

        A full disk still gives the lock; writing at each question would let anybody who asks keep the disk busy.
        """
        await self._engine.write(Transaction.touch if self._engine.commits.failing else Transaction.now_ms)

    # Beginning

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

    async def enqueue(
        self,
        delegation_id: str,
        *,
        attempt: int | None = None,
        message: str | None = None,
        not_before: int | None = None,
    ) -> Row:
        """See `sending.enqueue`."""
        return await self._write(
            sending.enqueue, delegation_id, attempt=attempt, message=message, not_before=not_before
        )

    async def enqueue_pending(self, target_id: str) -> int:
        """See `sending.enqueue_pending`."""
        return await self._write(sending.enqueue_pending, target_id)

    # The gateway's queue

    async def hold(self, message: Message) -> Queued:
        """See `holding.hold`."""
        return await self._write(holding.hold, message)

    async def held_message(self, source_id: str, target_id: str, message_id: str) -> Queued | None:
        """See `holding.find_message`."""
        return await self._read(holding.find_message, source_id, target_id, message_id)

    async def queued(self, queue_id: str) -> Queued | None:
        """See `holding.find`."""
        return await self._read(holding.find, queue_id)

    async def put_back(self, delegation_id: str, attempt: int, said: Undelivered) -> Row:
        """See `queueing.put_back`."""
        return await self._write(queueing.put_back, delegation_id, attempt, said)

    async def next_due(self, target_id: str) -> int | None:
        """See `queueing.next_due`."""
        return await self._read(queueing.next_due, target_id, self._clock.now_ms())

    async def drop_stale(self, older_than_ms: int, workspace_id: str | None = None) -> list[Row]:
        """Fail what has waited in the queue for longer, of one target or of all; see `queueing.drop`."""
        since = self._clock.now_ms() - older_than_ms
        stale = await self._read(queueing.stale, since, workspace_id)
        dropped: list[Row] = []
        for at in range(0, len(stale), keeping.BATCH):
            dropped += await self._write(queueing.drop, stale[at : at + keeping.BATCH], older_than_ms)
        return dropped

    # Going on and ending

    async def append(self, delegation_id: str, attempt: int | None, seen: Observation) -> Row:
        """See `moving.append`."""
        return await self._write(moving.append, delegation_id, attempt, seen)

    async def sign_of_life(self, delegation_id: str) -> Row:
        """See `moving.sign_of_life`."""
        return await self._write(moving.sign_of_life, delegation_id)

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

    # Time

    async def mark_stuck(self, silent_since_ms: int) -> list[str]:
        """Mark as stuck what runs and has shown no sign of life since then; see `reading.silent`. Returns the ids."""
        silent = await self._read(reading.silent, silent_since_ms)
        marked: list[str] = []
        for at in range(0, len(silent), keeping.BATCH):
            marked += await self._write(keeping.mark_stuck, silent[at : at + keeping.BATCH], silent_since_ms)
        return marked

    async def fail_overdue(self) -> list[Row]:
        """Fail what is past its deadline or waited past its expiry; see `reading.overdue`. Returns the rows."""
        overdue = await self._read(reading.overdue, self._clock.now_ms())
        failed: list[Row] = []
        for at in range(0, len(overdue), keeping.BATCH):
            failed += await self._write(keeping.fail_overdue, overdue[at : at + keeping.BATCH])
        return failed

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

    # Reading

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
        """See `overview.records`, and with `search` `searching.search`."""
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

    async def undelivered_replies(self) -> dict[str, Reply]:
        """See `replying.undelivered`."""
        return await self._read(replying.undelivered)

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

    # Workspaces and tokens

    async def add_workspace(self, new: NewWorkspace) -> Workspace:
        """See `workspaces.add`."""
        return await self._write(workspaces.add, new)

    async def ensure_workspace(self, new: NewWorkspace) -> Workspace:
        """See `workspaces.ensure`."""
        return await self._write(workspaces.ensure, new)

    async def named_workspace(self, name: str, role: str | None) -> Workspace | None:
        """See `workspaces.named`."""
        return await self._read(workspaces.named, name, role)

    async def update_workspace(self, workspace_id: str, changes: Mapping[str, Any]) -> Workspace:
        """See `workspaces.update`."""
        return await self._write(workspaces.update, workspace_id, changes)

    async def remove_workspace(self, workspace_id: str) -> list[Row]:
        """See `workspaces.remove`."""
        return await self._write(workspaces.remove, workspace_id)

    async def heartbeat(self, workspace_id: str, beat: Beat, quiet_since_ms: int) -> Workspace:
        """See `heartbeats.take`."""
        return await self._write(heartbeats.take, workspace_id, beat, quiet_since_ms)

    async def mark_offline(self, workspace_ids: Sequence[str]) -> list[str]:
        """See `heartbeats.mark_offline`; in bounded batches."""
        marked: list[str] = []
        for at in range(0, len(workspace_ids), keeping.BATCH):
            marked += await self._write(heartbeats.mark_offline, workspace_ids[at : at + keeping.BATCH])
        return marked

    async def workspace(self, workspace_id: str) -> Workspace | None:
        """See `workspaces.get`."""
        return await self._read(workspaces.get, workspace_id)

    async def workspaces(self) -> list[Workspace]:
        """See `workspaces.list_`."""
        return await self._read(workspaces.list_)

    async def log_activity(self, new: NewActivity) -> str:
        """See `activity.log`."""
        return await self._write(activity.log, new)

    async def activity(
        self, workspace_id: str, *, kind: str | None = None, source: str | None = None, limit: int = 100
    ) -> list[Activity]:
        """See `activity.list_`."""
        return await self._read(activity.list_, workspace_id, kind=kind, source=source, limit=limit)

    async def lines(self, *workspace_ids: str) -> Mapping[str, Place]:
        """See `places.lines`."""
        return await self._remembered.ask(workspace_ids, lambda: self._read(places.lines, *workspace_ids))

    async def announce(self, event_type: EventType, workspace_id: str, payload: Payload) -> None:
        """Store an event of a workspace that changes no record, such as AGENT_MESSAGE; its payload may be `Other`."""

        def emit(transaction: Transaction) -> None:
            transaction.emit(payload, event_type=event_type, workspace_id=workspace_id, timestamp=transaction.now_ms())

        await self._engine.write(emit)

    async def add_token(self, token_hash: str, scope: str, label: str | None = None) -> None:
        """See `tokens.add`."""
        await self._write(tokens.add, token_hash, scope, label)

    async def add_first_token(self, token_hash: str, scope: str) -> bool:
        """See `tokens.add_first`."""
        return await self._write(tokens.add_first, token_hash, scope)

    async def admit_file_token(self, token_hash: str) -> None:
        """See `tokens.admit_file`."""
        await self._write(tokens.admit_file, token_hash)

    async def remove_token(self, token_id: str) -> str:
        """See `tokens.remove`."""
        return await self._write(tokens.remove, token_id)

    async def find_token(self, token_hash: str) -> str | None:
        """See `tokens.find`."""
        return await self._remembered.ask(token_hash, lambda: self._read(tokens.find, token_hash))

    async def tokens(self) -> list[TokenInfo]:
        """See `tokens.list_`."""
        return await self._read(tokens.list_)

    # Plumbing

    async def _write(self, operation: Callable[..., T], *args: Any, **named: Any) -> T:
        return await self._engine.write(lambda transaction: operation(transaction, *args, **named))

    async def _read(self, query: Callable[..., T], *args: Any, **named: Any) -> T:
        def run(conn: Connection) -> T:
            return query(conn, *args, **named)

        return await self._engine.read(run)

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        self._head = events[-1].seq
        for listener in tuple(self._listeners):
            try:
                listener(events)
            except Exception:  # noqa: BLE001 - one listener must not take the events from the others
                _log.exception("a listener of the ledger failed; the others go on")

    def _unsubscribe(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
