"""From tables to records and back: the one place that knows the columns of a delegation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from headway.core.delegation import Delegation, Row, Status, Via, handed_over_by_us
from headway.core.events import DelegationPayload, EventType, StatusChanged
from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.core.projection import apply
from headway.ledger import inbox, schema, texts
from headway.ledger.errors import NotFound
from headway.ledger.records import Delegated
from headway.ledger.statements import Prepared, updating
from headway.ledger.texts import Extent
from headway.ledger.transaction import Transaction

_d = schema.delegations.c
ROW_COLUMNS: Final = tuple(_d[name] for name in Row.__slots__ if name != "progress")
"""The columns of a `Row`, in the order of its fields; `progress` comes from the texts."""
_EXTRA: Final = (
    _d.id,
    _d.progress_start,
    _d.progress_end,
    _d.progress_chunk,
    _d.idempotency_key,
    _d.remote_task_id,
    _d.context_id,
    _d.dialect,
    _d.observed,
    _d.cancel_requested_at,
    _d.cancel_reason,
    _d.tries,
    _d.queued_at,
    _d.queue_id,
    _d.retry_of,
    _d.told,
)
HELD_COLUMNS: Final = (*ROW_COLUMNS, *_EXTRA)
_WIDTH: Final = len(ROW_COLUMNS)
_MUTABLE: Final = (
    "status",
    "attempt",
    "updated_at",
    "last_activity_at",
    "seq",
    "progress_percent",
    "status_message",
    "result_preview",
    "error",
    "finished_at",
    "via",
    "priority",
    "expires_at",
)
_VALUES: Final = attrgetter(*_MUTABLE)
_STATUS: Final = tuple(Row.__slots__).index("status")
_VIA: Final = tuple(Row.__slots__).index("via")
_RECORDED: Final = tuple(Row.__slots__).index("recorded")
_STATUSES: Final = {status.value: status for status in Status}

_HELD: Final = Prepared(select(*HELD_COLUMNS).where(_d.delegation_id == bindparam("delegation")))
BODY_COLUMNS: Final = (schema.bodies.c.task, schema.bodies.c.result, schema.bodies.c.traceparent)
_BODIES: Final = Prepared(select(*BODY_COLUMNS).where(schema.bodies.c.id == bindparam("k")))
_SENDING: Final = Prepared(select(*BODY_COLUMNS, schema.bodies.c.request).where(schema.bodies.c.id == bindparam("k")))
_UNIQUE: Final = frozenset({"queue_id", "message_id", "retry_of"})
"""Columns whose change is written at once: another row may have the value."""
_EXTENT: Final = ("progress_start", "progress_end", "progress_chunk")


class Held(NamedTuple):
    """A delegation as the ledger holds it, bodies and progress text apart (its row's `progress` is empty)."""

    row: Row
    id: int
    extent: Extent
    idempotency_key: str | None
    remote_task_id: str | None
    context_id: str | None
    dialect: str | None
    observed: Status | None
    """The status last seen of the agent itself, whatever the delegation became since."""
    cancel_requested_at: int | None
    cancel_reason: str | None
    tries: int
    queued_at: int | None
    queue_id: str | None
    retry_of: str | None
    told: int | None
    """The seq of the newest event of its history; see `schema`."""

    @property
    def is_ours(self) -> bool:
        """See `core.delegation.handed_over_by_us`."""
        return handed_over_by_us(self.row.recorded, self.queue_id)

    def moved(self, row: Row, facts: Mapping[str, Any]) -> Held:
        """With another row, and with those of these columns that are kept here."""
        named = {name: facts[name] for name in _FACTS.intersection(facts)}
        if named.get("observed") is not None:
            named["observed"] = _STATUSES[named["observed"]]
        if "progress_end" in facts:
            named["extent"] = Extent(*(facts[name] for name in _EXTENT))
        return self._replace(row=row, **named)


_FACTS: Final = frozenset(Held._fields) - {"row", "id", "extent"}


def read_row(values: Sequence[Any], progress: ProgressText = EMPTY_PROGRESS) -> Row:
    """A `Row` of the values of `ROW_COLUMNS`."""
    fields = list(values)
    fields[_STATUS] = _STATUSES[fields[_STATUS]]
    if fields[_VIA] is not None:
        fields[_VIA] = Via(fields[_VIA])
    fields[_RECORDED] = bool(fields[_RECORDED])
    row = Row(*fields)
    return row if progress is EMPTY_PROGRESS else row.changed(progress=progress)


def read_held(values: Sequence[Any]) -> Held:
    """A `Held` of the values of `HELD_COLUMNS`."""
    key, start, end, chunk, idempotency_key, remote, context, dialect, observed, *rest = values[_WIDTH:]
    asked, reason, tries, queued_at, queue_id, retry_of, told = rest
    return Held(
        row=read_row(values[:_WIDTH]),
        id=key,
        extent=Extent(start, end, chunk),
        idempotency_key=idempotency_key,
        remote_task_id=remote,
        context_id=context,
        dialect=dialect,
        observed=_STATUSES[observed] if observed else None,
        cancel_requested_at=asked,
        cancel_reason=reason,
        tries=tries,
        queued_at=queued_at,
        queue_id=queue_id,
        retry_of=retry_of,
        told=told,
    )


def held(conn: Connection, delegation_id: str) -> Held | None:
    """The delegation of this id, or None."""
    values = _HELD(conn, delegation=delegation_id).one_or_none()
    return read_held(values) if values else None


def must_hold(conn: Connection, delegation_id: str) -> Held:
    """The delegation of this id. Raises NotFound."""
    return _known(held(conn, delegation_id), delegation_id)


def find(transaction: Transaction, delegation_id: str) -> Held | None:
    """As `held`, for who writes."""
    found = transaction.hot.get(delegation_id)
    if found is None:
        found = held(transaction.conn, delegation_id)
        if found is not None:
            transaction.hot.put(found)
    return found


def must_find(transaction: Transaction, delegation_id: str) -> Held:
    """As `must_hold`, for who writes. Raises NotFound."""
    return _known(find(transaction, delegation_id), delegation_id)


def _known(found: Held | None, delegation_id: str) -> Held:
    if found is None:
        raise NotFound(f"no delegation {delegation_id} is known")
    return found


def whole(conn: Connection, found: Held) -> Delegation:
    """The whole record, bodies and progress text included."""
    said = texts.read(conn, found.id, found.extent)
    return record(found, _BODIES(conn, k=found.id).one(), said)


def delegated(found: Held, bodies: Sequence[Any], said: ProgressText = EMPTY_PROGRESS, *, created: bool) -> Delegated:
    """The delegation that stands for a request, of what `record` makes one of."""
    return Delegated(found.row, partial(record, found, bodies, said), created=created)


def again(conn: Connection, found: Held) -> Delegated:
    """A delegation that stood for an earlier request already."""
    return delegated(found, _BODIES(conn, k=found.id).one(), texts.read(conn, found.id, found.extent), created=False)


def record(found: Held, bodies: Sequence[Any], said: ProgressText = EMPTY_PROGRESS) -> Delegation:
    """The whole record of what was read from the tables; `bodies` are the values of `BODY_COLUMNS`."""
    task, result, traceparent = bodies
    row = found.row
    return Delegation.model_construct(
        delegation_id=row.delegation_id,
        source_id=row.source_id,
        target_id=row.target_id,
        task=task,
        status=row.status,
        priority=row.priority,
        idempotency_key=found.idempotency_key,
        attempt=row.attempt,
        remote_task_id=found.remote_task_id,
        context_id=found.context_id,
        dialect=found.dialect,
        progress_percent=row.progress_percent,
        status_message=row.status_message,
        result=result,
        error=row.error,
        cancel_requested_at=found.cancel_requested_at,
        cancel_reason=found.cancel_reason,
        expires_at=row.expires_at,
        deadline=row.deadline,
        last_activity_at=row.last_activity_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        traceparent=traceparent,
        via=row.via,
        recorded=row.recorded,
        tries=found.tries,
        queued_at=found.queued_at,
        queue_id=found.queue_id,
        retry_of=found.retry_of,
        seq=row.seq,
        progress_offset=said.start,
        progress_text=said.text,
    )


def read_record(values: Sequence[Any]) -> tuple[int, Delegation]:
    """The key and the whole record of the values of `HELD_COLUMNS` and `BODY_COLUMNS`."""
    found = read_held(values[: len(HELD_COLUMNS)])
    return found.id, record(found, values[len(HELD_COLUMNS) :])


def to_send(conn: Connection, found: Held) -> tuple[Sequence[Any], ProgressText, Mapping[str, Any] | None]:
    """The values of `BODY_COLUMNS`, the text, and the message that the gateway took in, as `records.Claimed` has it."""
    *bodies, stored = _SENDING(conn, k=found.id).one()
    return bodies, texts.read(conn, found.id, found.extent), None if stored is None else json.loads(stored)


class Edit:
    """Changes of one delegation: events first, then `save` writes what they made of the row."""

    __slots__ = ("_before", "_facts", "_told", "_transaction", "row")

    def __init__(self, transaction: Transaction, found: Held) -> None:
        self._transaction = transaction
        self._before = found
        self._facts: dict[str, Any] = {}
        self._told = found.told
        self.row = found.row

    def emit(self, payload: DelegationPayload, *, timestamp: int | None = None) -> None:
        """Write an event and fold it into the row. Its time is now, but never before the row's."""
        row = self.row
        if timestamp is None:
            timestamp = max(self._transaction.now_ms(), row.updated_at)
        history = payload.TYPE is not EventType.DELEGATION_PROGRESS
        event = self._transaction.emit(
            payload,
            workspace_id=row.source_id,
            target_id=row.target_id,
            delegation_id=row.delegation_id,
            timestamp=timestamp,
            previous=self._told if history else None,
        )
        if history:
            self._told = self._facts["told"] = event.seq
        after = apply(event, row)
        if after is None:
            raise AssertionError(f"{event.type} took the row of {payload.delegation_id} away")
        self.row = after

    def change_status(
        self,
        status: Status,
        message: str | None = None,
        *,
        attempt: int | None = None,
        percent: float | None = None,
        priority: int | None = None,
        expires_at: int | None = None,
    ) -> None:
        """Write a status event, under the row's attempt unless another is given; a message of None clears it."""
        row = self.row
        self.emit(
            StatusChanged(
                delegation_id=row.delegation_id,
                target_id=row.target_id,
                status=status,
                attempt=row.attempt if attempt is None else attempt,
                status_message=message,
                progress_percent=percent,
                priority=priority,
                expires_at=expires_at,
            )
        )

    def set(self, **facts: Any) -> None:
        """Change columns that are not of the board row."""
        self._facts.update(facts)

    def splice(self, offset: int, delta: str) -> None:
        """Keep the text of a progress event."""
        extent = texts.splice(self._transaction.beside, self._before.id, self._before.extent, offset, delta)
        self.set(progress_start=extent.start, progress_end=extent.end, progress_chunk=extent.chunk)

    def save(self) -> Row:
        """Write the columns that differ; returns the row, without its progress text."""
        transaction, before, after = self._transaction, self._before.row, self.row
        if after.progress is not EMPTY_PROGRESS:
            after = after.changed(progress=EMPTY_PROGRESS)
        changes = {**self._facts, **_differing(before, after)}
        if not changes:
            return after
        transaction.hot.put(self._before.moved(after, self._facts))
        if _UNIQUE.isdisjoint(changes):
            transaction.update(schema.delegations, self._before.id, changes)
        else:
            updating(schema.delegations, "id", tuple(changes))(transaction.conn, k=self._before.id, **changes)
        if after.status is not before.status:
            transaction.count(before.status, after.status)
            if after.status.is_terminal and transaction.inbox_push:
                inbox.deliver(transaction, self._before.id, after)
        return after


def _differing(before: Row, after: Row) -> dict[str, Any]:
    """The values of `after` that can change and have."""
    if after is before:
        return {}
    pairs = zip(_MUTABLE, _VALUES(before), _VALUES(after), strict=True)
    return {name: new for name, old, new in pairs if new is not old and new != old}
