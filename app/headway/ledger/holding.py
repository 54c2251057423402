"""The gateway's queue: a message for a busy agent is a delegation that waits (spec: platform-api)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text

from headway.core.delegation import WAITING, Status
from headway.ledger import rows, schema, sending, workspaces
from headway.ledger.records import Message, NewDelegation, Queued
from headway.ledger.rows import Edit, Held
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

_d = schema.delegations.c
_COLUMNS: Final = (
    _d.id,
    _d.queue_id,
    _d.delegation_id,
    _d.source_id,
    _d.target_id,
    _d.status,
    _d.priority,
    _d.tries,
    func.coalesce(_d.queued_at, _d.created_at),
    _d.expires_at,
    _d.error,
    _d.attempt,
    _d.recorded,
)
_BY_MESSAGE: Final = Prepared(
    select(*_COLUMNS).where(
        _d.target_id == bindparam("target"),
        _d.source_id == bindparam("source"),
        _d.message_id == bindparam("message"),
        text(schema.MESSAGE_HELD),
        text(schema.IN_QUEUE),
    )
)
_BY_QUEUE_ID: Final = Prepared(select(*_COLUMNS).where(_d.queue_id == bindparam("queue"), text(schema.IN_QUEUE)))
# The order and limit lead to the index of what waits, as for `workspaces.depths`.
_AHEAD: Final = Prepared(
    select(func.count()).select_from(
        select(_d.id)
        .where(
            _d.target_id == bindparam("target"),
            text(schema.WAITING),
            or_(
                _d.priority > bindparam("above"),
                and_(_d.priority == bindparam("above"), _d.id <= bindparam("k")),
            ),
        )
        .order_by(_d.priority.desc(), _d.id)
        .limit(1_000_000)
        .subquery()
    )
)
_RESULT: Final = Prepared(select(schema.bodies.c.result).where(schema.bodies.c.id == bindparam("k")))


def hold(transaction: Transaction, message: Message) -> Queued:
    """Let a message wait for its target, durably; the same message again, while it is not done with, changes nothing.

    The delegation that it names waits with it, where that is its source's, for this target, not ended and surely not
    at the target; otherwise a delegation is made, queued from its beginning. It takes the message's priority, and the
    time that the message expires at, where it has one.
    """
    known = find_message(transaction.conn, message.source_id, message.target_id, message.message_id)
    if known is not None:
        return known
    queue_id = transaction.new_id()
    named = _waits_with(transaction, message)
    if named is None:
        named = _begin(transaction, message)
    edit = Edit(transaction, named)
    row = named.row
    if row.status is not Status.QUEUED or (message.priority, message.expires_at) != (row.priority, row.expires_at):
        edit.change_status(Status.QUEUED, priority=message.priority, expires_at=message.expires_at)
    now = max(transaction.now_ms(), row.updated_at)
    # A message with a context of its own cannot be asked after by it: other tasks share it.
    context_id = None if message.in_context else row.delegation_id
    edit.set(queue_id=queue_id, message_id=message.message_id, queued_at=now, context_id=context_id)
    edit.save()
    transaction.update(schema.bodies, named.id, {"request": message.request})
    return _must_find(transaction.conn, queue_id)


def find_message(conn: Connection, source_id: str, target_id: str, message_id: str) -> Queued | None:
    """The message of this id in the queue, or on its way from there to its target."""
    values = _BY_MESSAGE(conn, source=source_id, target=target_id, message=message_id).one_or_none()
    return _read(conn, values) if values else None


def find(conn: Connection, queue_id: str) -> Queued | None:
    """What became of a queued message, as long as its delegation is kept."""
    values = _BY_QUEUE_ID(conn, queue=queue_id).one_or_none()
    return _read(conn, values) if values else None


def _must_find(conn: Connection, queue_id: str) -> Queued:
    found = find(conn, queue_id)
    if found is None:
        raise AssertionError(f"{queue_id} was written and is not there")
    return found


def _waits_with(transaction: Transaction, message: Message) -> Held | None:
    """The delegation that the message names, where the message may stand for it."""
    if message.delegation_id is None:
        return None
    found = rows.find(transaction, message.delegation_id)
    if found is None or (found.row.source_id, found.row.target_id) != (message.source_id, message.target_id):
        return None
    if found.queue_id is not None:
        # It stands for another message already, which must not be lost.
        return None
    sent_by_source = found.row.status is Status.DISPATCHED and found.row.recorded
    return found if sent_by_source or found.row.status in WAITING else None


def _begin(transaction: Transaction, message: Message) -> Held:
    new = NewDelegation(
        source_id=message.source_id,
        target_id=message.target_id,
        task=message.task,
        priority=message.priority,
        expires_at=message.expires_at,
        traceparent=message.traceparent,
    )
    return sending.insert(transaction, transaction.new_id(), new, Status.QUEUED)


def _read(conn: Connection, values: Sequence[Any]) -> Queued:
    key, queue_id, delegation_id, source_id, target_id, status_, priority, tries, since, expires_at, error = values[:11]
    attempt, recorded = values[11:]
    status = Status(status_)
    waits = status in WAITING
    return Queued(
        queue_id=queue_id,
        delegation_id=delegation_id,
        source_id=source_id,
        target_id=target_id,
        status=status,
        priority=priority,
        tries=tries,
        position=_AHEAD(conn, target=target_id, above=priority, k=key).scalar_one() if waits else 0,
        depth=workspaces.depth(conn, target_id),
        created_at=since,
        expires_at=expires_at,
        error=error,
        # Its source's own first attempt counts as one, though it never got through the gateway.
        attempted=attempt > recorded,
        response=_RESULT(conn, k=key).scalar_one() if status is Status.COMPLETED else None,
    )
