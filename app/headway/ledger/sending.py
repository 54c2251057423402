"""How a delegation begins: delegate, record, and its place in the queue (spec: lifecycle, platform-api)."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from sqlalchemy import bindparam, or_, select, text

from headway.core.delegation import TASK_PREVIEW, Row, Status
from headway.core.events import Failed, Sent
from headway.core.projection import apply
from headway.core.text import preview
from headway.ledger import rows, schema
from headway.ledger.errors import AlreadyFinished, Conflict, IdempotencyConflict, IllegalMove, StaleAttempt
from headway.ledger.records import Claimed, Delegated, NewDelegation
from headway.ledger.rows import Edit, Held
from headway.ledger.statements import Prepared
from headway.ledger.texts import Extent
from headway.ledger.transaction import Transaction

_d = schema.delegations.c
_ROW_NAMES: Final = tuple(column.name for column in rows.ROW_COLUMNS)
_ROW_VALUES: Final = attrgetter(*_ROW_NAMES)
_BLANK: Final = {
    **dict.fromkeys(column.name for column in schema.delegations.columns),
    **dict.fromkeys(("progress_start", "progress_end", "progress_chunk", "tries"), 0),
}
_BLANK_BODY: Final = dict.fromkeys(column.name for column in schema.bodies.columns)
_BY_KEY: Final = Prepared(
    select(*rows.HELD_COLUMNS).where(
        _d.source_id == bindparam("source"), _d.idempotency_key == bindparam("key"), text(schema.KEY_HELD)
    )
)
_NEXT: Final = Prepared(
    select(*rows.HELD_COLUMNS)
    .where(
        _d.target_id == bindparam("target"),
        text(schema.WAITING),
        or_(_d.not_before.is_(None), _d.not_before <= bindparam("now")),
        or_(_d.expires_at.is_(None), _d.expires_at > bindparam("now")),
        or_(_d.deadline.is_(None), _d.deadline > bindparam("now")),
    )
    .order_by(_d.priority.desc(), _d.id)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
)

_PENDING: Final = Prepared(
    select(_d.delegation_id)
    .where(
        # By the index of statuses: that of what waits would lead through a queue of any length.
        schema.status_in({Status.PENDING}),
        text(schema.WAITING),
        schema.by_status_first(_d.target_id) == bindparam("target"),
    )
    .order_by(_d.id)
    .limit(bindparam("limit_"))
)


def delegate(transaction: Transaction, new: NewDelegation) -> Delegated:
    """Make a delegation, pending; or find the one that its source's idempotency key stands for already.

    One for a `busy` target is queued from its beginning, one with a `refusal` is failed in the same transaction.
    Raises IdempotencyConflict where the one that was found has another task or target.
    """
    if new.idempotency_key is not None:
        values = _BY_KEY(transaction.conn, source=new.source_id, key=new.idempotency_key).one_or_none()
        if values is not None:
            return _again(transaction, rows.read_held(values), new, new.idempotency_key)
    delegation_id = transaction.new_id()
    status = Status.QUEUED if new.busy and new.refusal is None else Status.PENDING
    found = insert(transaction, delegation_id, new, status, context_id=delegation_id)
    if new.refusal is not None:
        edit = Edit(transaction, found)
        edit.emit(Failed(delegation_id=delegation_id, target_id=new.target_id, error=new.refusal))
        found = found._replace(row=edit.save())
    return rows.delegated(found, (new.task, None, new.traceparent), created=True)


def record(
    transaction: Transaction,
    source_id: str,
    target_id: str,
    task: str,
    delegation_id: str,
    traceparent: str | None = None,
) -> Delegated:
    """Keep a delegation that its source has sent itself. The same source's same id again changes nothing.

    Raises Conflict where the id is another source's.
    """
    found = rows.find(transaction, delegation_id)
    if found is None:
        new = NewDelegation(source_id, target_id, task, traceparent=traceparent)
        found = insert(transaction, delegation_id, new, Status.DISPATCHED, recorded=True)
        return rows.delegated(found, (task, None, traceparent), created=True)
    if found.row.source_id != source_id:
        raise Conflict(
            f"delegation id {delegation_id} is taken by another workspace; nothing was recorded; use a new id"
        )
    return rows.again(transaction.conn, found)


def claim(transaction: Transaction, target_id: str, limit: int) -> list[Claimed]:
    """Take up to `limit` of what waits for a target, highest priority first, then in order of arrival.

    Each is dispatched under its next attempt. Those that an agent sent itself, whose time to be tried has not come,
    or whose time has run out, are left.
    """
    waiting = _NEXT(transaction.conn, target=target_id, now=transaction.now_ms(), limit_=limit).all()
    claimed = []
    for values in waiting:
        found = rows.read_held(values)
        bodies, said, request = rows.to_send(transaction.beside, found)
        edit = Edit(transaction, found)
        edit.change_status(Status.DISPATCHED, attempt=found.row.attempt + 1)
        edit.set(observed=None, not_before=None)
        taken = found._replace(row=edit.save(), observed=None)
        claimed.append(Claimed(rows.record(taken, bodies, said), request))
    return claimed


def enqueue(
    transaction: Transaction,
    delegation_id: str,
    *,
    message: str | None = None,
    not_before: int | None = None,
) -> Row:
    """Let a delegation wait in the queue at the place of its arrival: busy target, or surely not delivered.

    `not_before` (milliseconds) keeps it from being claimed until then. Raises NotFound, AlreadyFinished and
    IllegalMove.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    check_move(found, Status.QUEUED, None)
    edit = Edit(transaction, found)
    if row.status is not Status.QUEUED or (message is not None and message != row.status_message):
        edit.change_status(Status.QUEUED, message)
    edit.set(not_before=not_before)
    if found.queued_at is None:
        edit.set(queued_at=edit.row.updated_at)
    return edit.save()


def enqueue_pending(transaction: Transaction, target_id: str, limit: int = 500) -> int:
    """Let what was delegated to a target and found no free slot wait in the queue; returns how many these were."""
    pending = _PENDING(transaction.conn, target=target_id, limit_=limit).scalars()
    for delegation_id in pending:
        enqueue(transaction, delegation_id)
    return len(pending)


def check_move(found: Held, new: Status, attempt: int | None) -> None:
    """Raise where the lifecycle or the attempt forbids the move; staying is allowed."""
    row = found.row
    if attempt is not None and attempt != row.attempt:
        raise StaleAttempt(row.delegation_id, attempt, row.attempt)
    if row.status is new:
        return
    if row.status.is_terminal:
        raise AlreadyFinished(row.delegation_id, row.status)
    if not row.status.can_become(new):
        raise IllegalMove(row.delegation_id, row.status, new)


def _again(transaction: Transaction, found: Held, new: NewDelegation, key: str) -> Delegated:
    known = rows.again(transaction.conn, found)
    if (known.row.target_id, known.delegation.task) != (new.target_id, new.task):
        raise IdempotencyConflict(key, known.row.delegation_id)
    return known


def insert(
    transaction: Transaction,
    delegation_id: str,
    new: NewDelegation,
    status: Status,
    *,
    recorded: bool = False,
    context_id: str | None = None,
) -> Held:
    """Write a delegation that begins with this status, and its DELEGATION_SENT; returns it as it is then."""
    now = transaction.now_ms()
    sent = Sent(
        delegation_id=delegation_id,
        target_id=new.target_id,
        task_preview=preview(new.task, TASK_PREVIEW),
        source_id=new.source_id,
        status=status,
        priority=new.priority,
        attempt=1 if recorded else 0,
        created_at=now,
        deadline=new.deadline,
        expires_at=new.expires_at,
        recorded=recorded,
    )
    event = transaction.emit(
        sent, workspace_id=new.source_id, target_id=new.target_id, delegation_id=delegation_id, timestamp=now
    )
    row = apply(event, None)
    if row is None:
        raise AssertionError("DELEGATION_SENT made no row")
    # Its place in the order of arrival, which no other is given again once this one is evicted.
    key = event.seq
    queued_at = now if status is Status.QUEUED else None
    values = _BLANK.copy()
    values.update(zip(_ROW_NAMES, _ROW_VALUES(row), strict=True))
    values.update(
        id=key, idempotency_key=new.idempotency_key, context_id=context_id, queued_at=queued_at, told=event.seq
    )
    transaction.insert(schema.delegations, key, values)
    body = {**_BLANK_BODY, "id": key, "task": new.task, "traceparent": new.traceparent}
    transaction.insert(schema.bodies, key, body)
    transaction.count(None, row.status)
    found = Held(
        row=row,
        id=key,
        extent=Extent(),
        idempotency_key=new.idempotency_key,
        remote_task_id=None,
        context_id=context_id,
        dialect=None,
        observed=None,
        cancel_requested_at=None,
        cancel_reason=None,
        tries=0,
        queued_at=queued_at,
        queue_id=None,
        retry_of=None,
        told=event.seq,
    )
    transaction.hot.put(found)
    return found
