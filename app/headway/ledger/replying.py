"""Reply: the answer to what an agent asked, durable until the agent has it (spec: platform-api, "Delegations").

A reply begins a new attempt, so that whatever the stream before it still says is refused as late.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from headway.core.delegation import ACTIVE, Row, Status
from headway.ledger import rows, schema
from headway.ledger.errors import Conflict, StaleAttempt
from headway.ledger.records import Reply
from headway.ledger.rows import Edit, Held
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

REPLIED: Final = "replied"
"""What is said of one until its agent says something else."""

_d, _b = schema.delegations.c, schema.bodies.c
_UNDELIVERED: Final = Prepared(
    select(_d.delegation_id, _d.reply_id, _b.reply)
    .join_from(schema.delegations, schema.bodies, _b.id == _d.id)
    .where(schema.status_in(ACTIVE), _d.reply_id.is_not(None))
)


def reply(transaction: Transaction, delegation_id: str, said: str) -> tuple[Row, Reply]:
    """Keep the answer to one that asks for input, which is in progress from now on, under its next attempt.

    Raises NotFound, and Conflict where nothing is asked or where only its source can answer.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    if row.status is not Status.INPUT_REQUIRED:
        raise Conflict(f"delegation {delegation_id} is {row.status} and asks for no input; nothing was changed")
    if not found.is_ours:
        raise Conflict(f"delegation {delegation_id} was sent by its source, and only the source can answer its agent")
    if found.remote_task_id is None:
        raise Conflict(f"the agent of delegation {delegation_id} has named no task that could be answered")
    kept = Reply(said, transaction.new_id())
    edit = Edit(transaction, found)
    edit.change_status(Status.IN_PROGRESS, REPLIED, attempt=row.attempt + 1)
    edit.set(observed=None, reply_id=kept.message_id)
    transaction.update(schema.bodies, found.id, {"reply": said})
    return edit.save(), kept


def delivered(transaction: Transaction, delegation_id: str, attempt: int) -> None:
    """The agent has the reply: it is never sent again. Raises NotFound and StaleAttempt."""
    _forget(transaction, _of_attempt(transaction, delegation_id, attempt))


def not_delivered(transaction: Transaction, delegation_id: str, attempt: int, message: str) -> Row:
    """The agent does not have the reply, or may not: it asks for input again, and `message` says why.

    One that is canceling or has ended meanwhile is left as it is. Raises NotFound and StaleAttempt.
    """
    found = _of_attempt(transaction, delegation_id, attempt)
    _forget(transaction, found)
    row = found.row
    if row.status is not Status.INPUT_REQUIRED and not row.status.can_become(Status.INPUT_REQUIRED):
        return row
    edit = Edit(transaction, found)
    edit.change_status(Status.INPUT_REQUIRED, message)
    edit.set(observed=Status.INPUT_REQUIRED.value)
    return edit.save()


def undelivered(conn: Connection) -> dict[str, Reply]:
    """The replies that an earlier run left without knowing whether the agent has them, by delegation."""
    return {row[0]: Reply(row[2] or "", row[1]) for row in _UNDELIVERED(conn)}


def _of_attempt(transaction: Transaction, delegation_id: str, attempt: int) -> Held:
    found = rows.must_find(transaction, delegation_id)
    if found.row.attempt != attempt:
        raise StaleAttempt(delegation_id, attempt, found.row.attempt)
    return found


def _forget(transaction: Transaction, found: Held) -> None:
    transaction.update(schema.delegations, found.id, {"reply_id": None})
    transaction.update(schema.bodies, found.id, {"reply": None})
