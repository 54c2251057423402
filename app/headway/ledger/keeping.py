"""What happens with time: silence, deadlines, expiry, eviction (spec: lifecycle, platform-api "Sweeper").

Each of these does a bounded part at a time, so that others get their turn between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, literal_column, select, text, update

from headway.core.delegation import TERMINAL, WAITING, Row, Status
from headway.core.events import Evicted as EvictedPayload
from headway.core.timestamps import to_rfc3339
from headway.ledger import activity, moving, rows, schema, text_index, texts
from headway.ledger.reading import SILENT
from headway.ledger.records import Evicted, Failure, Retention
from headway.ledger.rows import Edit
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

BATCH: Final = 500
"""Delegations, and events, that one transaction of a sweep or an eviction touches at most."""
BATCH_BYTES: Final = 16 << 20
"""Of the events that one transaction of an eviction takes away, about: the event that reaches it is the last."""

_d, _e = schema.delegations.c, schema.events.c
_OLDEST: Final = (
    select(_d.id, _d.delegation_id, _d.source_id, _d.target_id, _d.status, _d.finished_at)
    .where(text(schema.FINISHED))
    .order_by(_d.finished_at, _d.id)
)
_ENDED: Final = Prepared(
    select(func.coalesce(func.sum(schema.counters.c.count), 0)).where(
        schema.counters.c.status.in_([literal_column(f"'{status.value}'") for status in sorted(TERMINAL)])
    )
)
_KEPT: Final = Prepared(select(schema.meta.c.lowest_seq, schema.meta.c.head_seq, schema.meta.c.event_bytes))
_OLDEST_EVENTS: Final = (
    select(_e.seq, _e.timestamp, _e.payload)
    .where(_e.seq >= bindparam("low"), _e.seq < bindparam("high"))
    .order_by(_e.seq)
    .execution_options(yield_per=16)
)
_TRIM: Final = Prepared(delete(schema.events).where(_e.seq < bindparam("low")))
_SET_KEPT: Final = Prepared(
    update(schema.meta).values(lowest_seq=bindparam("low"), event_bytes=schema.meta.c.event_bytes - bindparam("freed"))
)


def mark_stuck(transaction: Transaction, delegation_ids: Sequence[str], silent_since_ms: int) -> list[str]:
    """Mark those of `reading.silent` that are so still; returns their ids."""
    marked = []
    for delegation_id in delegation_ids:
        found = rows.find(transaction, delegation_id)
        if found is None or found.row.status not in SILENT or found.row.last_activity_at >= silent_since_ms:
            continue
        row = found.row
        edit = Edit(transaction, found)
        edit.change_status(Status.STUCK, row.status_message)
        edit.save()
        marked.append(row.delegation_id)
    return marked


def fail_overdue(transaction: Transaction, delegation_ids: Sequence[str]) -> list[Row]:
    """Fail those of `reading.overdue` that are so still; returns their rows."""
    now = transaction.now_ms()
    failed = []
    for delegation_id in delegation_ids:
        found = rows.find(transaction, delegation_id)
        error = None if found is None else _overdue(found.row, now)
        if error is not None:
            failed.append(moving.settle(transaction, delegation_id, None, Failure(error)))
    return failed


def evict(transaction: Transaction, retention: Retention) -> Evicted:
    """Forget the oldest finished delegations, events and activity beyond what is kept, at most `BATCH` of each.

    To be called until it takes nothing away. Evicted ids are told in one event for each pair of source and target, so
    that no workspace hears of another's.
    """
    return Evicted(
        _evict_delegations(transaction, retention),
        _trim_events(transaction, retention),
        activity.trim(transaction, retention, BATCH),
    )


def _overdue(row: Row, now: int) -> str | None:
    """Why a delegation fails by now, or None."""
    if row.status.is_terminal or row.status is Status.CANCELING:
        return None
    if row.deadline is not None and row.deadline <= now:
        return f"deadline exceeded: it was due at {to_rfc3339(row.deadline)}"
    if row.status in WAITING and row.expires_at is not None and row.expires_at <= now:
        why = f"; the last word on it: {row.status_message}" if row.status_message else ""
        return f"expired in the queue at {to_rfc3339(row.expires_at)}, before its agent took it on{why}"
    return None


def _evict_delegations(transaction: Transaction, retention: Retention) -> int:
    conn, now = transaction.conn, transaction.now_ms()
    surplus = 0 if retention.finished is None else int(_ENDED(conn).scalar_one()) - retention.finished
    oldest = None if retention.finished_ms is None else now - retention.finished_ms
    candidates = conn.execute(_OLDEST.limit(BATCH)).all()
    leaving = [
        row for at, row in enumerate(candidates) if at < surplus or (oldest is not None and row.finished_at < oldest)
    ]
    if not leaving:
        return 0
    keys = [row.id for row in leaving]
    texts.drop(conn, keys)
    text_index.let_go(conn, keys)
    conn.execute(delete(schema.bodies).where(schema.bodies.c.id.in_(keys)))
    conn.execute(delete(schema.delegations).where(_d.id.in_(keys)))
    told: dict[tuple[str, str], list[tuple[str, Status]]] = defaultdict(list)
    for row in leaving:
        status = Status(row.status)
        transaction.count(status, None)
        told[row.source_id, row.target_id].append((row.delegation_id, status))
    for (source_id, target_id), gone in told.items():
        ids, statuses = zip(*gone, strict=True)
        payload = EvictedPayload(delegation_ids=ids, statuses=statuses)
        transaction.emit(payload, workspace_id=source_id, target_id=target_id, timestamp=now)
    return len(leaving)


def _trim_events(transaction: Transaction, retention: Retention) -> int:
    conn = transaction.conn
    lowest, head, size = _KEPT(conn).one()
    surplus = 0 if retention.events is None else head - lowest + 1 - retention.events
    excess = 0 if retention.event_bytes is None else size - retention.event_bytes
    oldest = None if retention.events_ms is None else transaction.now_ms() - retention.events_ms
    keep_from, freed = lowest, 0
    with conn.execute(_OLDEST_EVENTS, {"low": lowest, "high": lowest + BATCH}) as events:
        for seq, timestamp, payload in events:
            kept = seq >= lowest + surplus and freed >= excess and (oldest is None or timestamp >= oldest)
            if kept or freed >= BATCH_BYTES:
                break
            keep_from, freed = seq + 1, freed + len(payload.encode())
    if keep_from > lowest:
        _TRIM(conn, low=keep_from)
        _SET_KEPT(conn, low=keep_from, freed=freed)
    return int(keep_from - lowest)
