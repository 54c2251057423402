"""Leaving the result of a delegation in its source's inbox (spec: platform-api, "Dispatch", result-push)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from headway.core.delegation import Row, Status
from headway.core.text import clean
from headway.ledger import activity, schema
from headway.ledger.records import NewActivity
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

RECEIVED: Final = "a2a_receive"
TEXT_LIMIT: Final = 32_768
"""Characters of a result that an inbox is given; the whole of it is with the delegation."""

_RESULT: Final = Prepared(select(schema.bodies.c.result).where(schema.bodies.c.id == bindparam("k")))


def deliver(transaction: Transaction, key: int, row: Row) -> None:
    """Tell the source of a delegation that has just ended how it did, in the transaction that ends it."""
    completed = row.status is Status.COMPLETED
    if completed:
        text = _RESULT(transaction.conn, k=key).scalar_one() or ""
    else:
        text = row.error or row.status_message or row.status.value
    activity.insert(
        transaction,
        NewActivity(
            workspace_id=row.source_id,
            type=RECEIVED,
            # As on the Molecule platform: a result is told from other messages by having its reader as its source.
            source_id=row.source_id,
            target_id=row.target_id,
            method="delegate_result",
            summary="Delegation result delivered" if completed else "Delegation failed",
            status="ok" if completed else "error",
            request_body={"delegation_id": row.delegation_id},
            response_body={"text": clean(text, limit=TEXT_LIMIT), "delegation_id": row.delegation_id},
            error_detail=None if completed else text,
        ),
    )
