"""Retry: a new delegation for one that failed or was canceled (spec: platform-api, "Delegations")."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import bindparam, select, text

from headway.core.delegation import RETRYABLE, Status
from headway.ledger import rows, schema, sending
from headway.ledger.errors import Conflict, NotFound
from headway.ledger.records import Delegated, NewDelegation
from headway.ledger.rows import Edit
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

_d, _b = schema.delegations.c, schema.bodies.c
_RUNNING: Final = Prepared(select(_d.delegation_id).where(_d.retry_of == bindparam("of"), text(schema.RETRY_RUNS)))
_BODIES: Final = Prepared(select(_b.task, _b.traceparent, _b.request).where(_b.id == bindparam("k")))


def retry(transaction: Transaction, source_id: str, delegation_id: str) -> Delegated:
    """Make a delegation with the source, target, task and priority of another; or find its retry that still runs.

    What a message held besides its text goes along; deadline, expiry and idempotency key do not. Raises NotFound
    (another source's, too), and Conflict for one that has not ended, was completed, or has nothing to send.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    if row.source_id != source_id:
        raise NotFound(f"workspace {source_id} has no delegation {delegation_id}")
    if row.status not in RETRYABLE:
        raise Conflict(
            f"delegation {delegation_id} is {row.status}; only a failed or canceled one can be retried; "
            "nothing was changed"
        )
    running = _RUNNING(transaction.conn, of=delegation_id).scalar_one_or_none()
    if running is not None:
        return rows.again(transaction.conn, rows.must_find(transaction, running))
    task, traceparent, request = _BODIES(transaction.conn, k=found.id).one()
    if not task.strip() and request is None:
        raise Conflict(f"delegation {delegation_id} was recorded without a task, so there is nothing to send again")
    if row.target_id == row.source_id:
        raise Conflict(f"delegation {delegation_id} is its source's own work, which only the source can do again")
    new_id = transaction.new_id()
    new = NewDelegation(row.source_id, row.target_id, task, priority=row.priority, traceparent=traceparent)
    renamed = None if request is None else _renamed(request, new_id)
    # As where a message is queued: by a context that other tasks share it cannot be asked after.
    shared = renamed is not None and not {"contextId", "taskId"}.isdisjoint(renamed["message"])
    made = sending.insert(transaction, new_id, new, Status.PENDING, context_id=None if shared else new_id)
    edit = Edit(transaction, made)
    edit.set(retry_of=delegation_id)
    edit.save()
    if renamed is not None:
        encoded = json.dumps(renamed, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        transaction.update(schema.bodies, made.id, {"request": encoded})
    return rows.delegated(rows.must_find(transaction, new_id), (task, None, traceparent), created=True)


def _renamed(request: str, delegation_id: str) -> dict[str, Any]:
    """The request with ids of the retry: an agent may answer a messageId that it knows with the task it had made."""
    wanted = json.loads(request)
    message = wanted.get("message") or {}
    named = {**(message.get("metadata") or {}), "delegation_id": delegation_id}
    return {**wanted, "message": {**message, "messageId": delegation_id, "metadata": named}}
