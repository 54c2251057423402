"""The trace context of a delegation that its source has recorded without one (spec: requirements B9)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select

from headway.ledger import schema
from headway.ledger.statements import Prepared, updating
from headway.ledger.transaction import Transaction

_d, _b = schema.delegations.c, schema.bodies.c
_UNTRACED: Final = Prepared(
    select(_d.id)
    .join_from(schema.delegations, schema.bodies, _b.id == _d.id)
    .where(
        _d.delegation_id == bindparam("delegation"),
        _d.source_id == bindparam("source"),
        _d.target_id == bindparam("target"),
        _b.traceparent.is_(None),
    )
)


def untraced(conn: Connection, source_id: str, target_id: str, delegation_id: str) -> int | None:
    """The key of a delegation between these two that has no trace context yet; None where there is none such."""
    key = _UNTRACED(conn, delegation=delegation_id, source=source_id, target=target_id).scalar_one_or_none()
    return None if key is None else int(key)


def trace(transaction: Transaction, source_id: str, target_id: str, delegation_id: str, traceparent: str) -> None:
    """Keep the trace context with a delegation that has none. It is in no event: boards do not show it."""
    key = untraced(transaction.conn, source_id, target_id, delegation_id)
    if key is not None:
        updating(schema.bodies, "id", ("traceparent",))(transaction.conn, k=key, traceparent=traceparent)
