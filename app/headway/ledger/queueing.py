"""What becomes of what waits in the queue (spec: platform-api, "The A2A gateway and the queue")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, text

from headway.core.delegation import Row, Status
from headway.ledger import moving, rows, schema
from headway.ledger.errors import AlreadyFinished, StaleAttempt
from headway.ledger.records import NEVER_SENT, Cancellation, Failure, Undelivered
from headway.ledger.rows import Edit
from headway.ledger.sending import enqueue
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

TOO_SILENT: Final = "it had been silent for too long to wait in the queue again"

_d = schema.delegations.c
_DUE: Final = Prepared(
    select(func.min(_d.not_before)).where(
        _d.target_id == bindparam("target"), text(schema.WAITING), _d.not_before > bindparam("now")
    )
)


def put_back(transaction: Transaction, delegation_id: str, attempt: int, said: Undelivered) -> Row:
    """An attempt is over and its agent surely took nothing on: the delegation waits again at the place of its arrival.

    It ends here where `said.give_up` is set, where a cancel was asked for meanwhile, and where it had become stuck.
    Raises NotFound, AlreadyFinished, StaleAttempt, and IllegalMove where the agent had shown a sign of work.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    if attempt != row.attempt:
        raise StaleAttempt(delegation_id, attempt, row.attempt)
    if row.status.is_terminal:
        raise AlreadyFinished(delegation_id, row.status)
    if row.status is Status.CANCELING:
        return moving.settle(transaction, delegation_id, attempt, Cancellation(False, NEVER_SENT))
    if said.tries != found.tries:
        edit = Edit(transaction, found)
        edit.set(tries=said.tries)
        edit.save()
    if said.give_up:
        return moving.settle(transaction, delegation_id, attempt, Failure(said.message))
    if row.status is Status.STUCK:
        return moving.settle(transaction, delegation_id, attempt, Failure(f"{said.message}; {TOO_SILENT}"))
    return enqueue(transaction, delegation_id, message=said.message, not_before=said.not_before)


def next_due(conn: Connection, target_id: str, now_ms: int) -> int | None:
    """When the first of those that wait for a later try may be claimed, in milliseconds; None where there is none."""
    due = _DUE(conn, target=target_id, now=now_ms).scalar_one()
    return None if due is None else int(due)


def stale(conn: Connection, since_ms: int, target_id: str | None = None) -> list[str]:
    """What has waited in the queue since then or longer, for one target or for all."""
    since = func.coalesce(_d.queued_at, _d.created_at) <= since_ms
    query = select(_d.delegation_id).where(schema.status_in({Status.QUEUED}), text(schema.WAITING), since)
    if target_id is not None:
        query = query.where(schema.by_status_first(_d.target_id) == target_id)
    return list(conn.execute(query.order_by(_d.id)).scalars())


def drop(transaction: Transaction, delegation_ids: Sequence[str], age_ms: int) -> list[Row]:
    """Fail those of `stale` that wait still, with a reason that names the limit of `age_ms`; returns their rows."""
    failure = Failure(f"dropped from the queue: it had waited for longer than {age_ms / 60_000:g} min")
    dropped = []
    for delegation_id in delegation_ids:
        found = rows.find(transaction, delegation_id)
        if found is not None and found.row.status is Status.QUEUED:
            dropped.append(moving.settle(transaction, delegation_id, None, failure))
    return dropped
