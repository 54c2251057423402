"""What agents log of themselves, and what is left in their inbox (spec: platform-api, "Delegations")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from headway.core.api import Activity
from headway.ledger import json_columns, places, schema
from headway.ledger.errors import NotFound
from headway.ledger.records import NewActivity, Retention
from headway.ledger.statements import Prepared, inserting
from headway.ledger.transaction import Transaction

FROM_PEOPLE: Final = "canvas"
FROM_AGENTS: Final = "agent"
"""Sources that are no workspace: what has no source was written by people."""

_a = schema.activity.c
_FIELDS: Final = tuple(Activity.model_fields)
_NAMED: Final = {"id": _a.activity_id, "activity_type": _a.type}
_COLUMNS: Final = tuple(_NAMED[name] if name in _NAMED else _a[name] for name in _FIELDS)
_INSERT: Final = inserting(schema.activity, omit=("id",))
# Only the oldest ever leave, so that the ends tell how many there are; each end is one step in the index.
_ENDS: Final = Prepared(select(select(func.min(_a.id)).scalar_subquery(), select(func.max(_a.id)).scalar_subquery()))


def log(transaction: Transaction, new: NewActivity) -> str:
    """Keep one entry of a workspace that is there; returns its id. Raises NotFound."""
    if places.place(transaction.conn, new.workspace_id) is None:
        raise NotFound(f"no workspace {new.workspace_id} is known; nothing was logged")
    return insert(transaction, new)


def insert(transaction: Transaction, new: NewActivity) -> str:
    """Keep one entry, whether its workspace is there or not; returns its id."""
    activity_id = transaction.new_id()
    _INSERT(
        transaction.conn,
        activity_id=activity_id,
        workspace_id=new.workspace_id,
        type=new.type,
        source_id=new.source_id,
        target_id=new.target_id,
        method=new.method,
        summary=new.summary,
        status=new.status,
        request_body=json_columns.to_text(new.request_body),
        response_body=json_columns.to_text(new.response_body),
        error_detail=new.error_detail,
        duration_ms=new.duration_ms,
        created_at=transaction.now_ms(),
    )
    return activity_id


def list_(
    conn: Connection, workspace_id: str, *, kind: str | None = None, source: str | None = None, limit: int = 100
) -> list[Activity]:
    """The newest entries of a workspace; of one kind, from one source (a workspace, or one of the two words above)."""
    query = select(*_COLUMNS).where(_a.workspace_id == workspace_id)
    if kind is not None:
        query = query.where(_a.type == kind)
    if source is not None:
        by_word = {FROM_PEOPLE: _a.source_id.is_(None), FROM_AGENTS: _a.source_id.is_not(None)}
        query = query.where(by_word.get(source, _a.source_id == source))
    return [_read(values) for values in conn.execute(query.order_by(_a.id.desc()).limit(limit))]


def trim(transaction: Transaction, retention: Retention, batch: int) -> int:
    """Forget the oldest entries beyond what is kept, at most `batch` of them; returns how many these were."""
    conn = transaction.conn
    first, last = _ENDS(conn).one()
    if first is None:
        return 0
    surplus = 0 if retention.activity is None else last - first + 1 - retention.activity
    oldest = None if retention.activity_ms is None else transaction.now_ms() - retention.activity_ms
    leaving = []
    for key, created in conn.execute(select(_a.id, _a.created_at).where(_a.id >= first).order_by(_a.id).limit(batch)):
        if key - first >= surplus and (oldest is None or created >= oldest):
            break
        leaving.append(key)
    if leaving:
        conn.execute(delete(schema.activity).where(_a.id <= leaving[-1]))
    return len(leaving)


def _read(values: Iterable[Any]) -> Activity:
    fields = dict(zip(_FIELDS, values, strict=True))
    for name in ("request_body", "response_body"):
        fields[name] = json_columns.from_text(fields[name])
    return Activity.model_construct(**fields)
