"""Across workspaces: pages of whole records, and counts (spec: requirements C14). None writes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, text

from headway.core.api import Stats
from headway.core.delegation import ACTIVE, TERMINAL, WAITING, Status
from headway.ledger import reading, rows, schema
from headway.ledger.records import Figures, Page
from headway.ledger.rows import BODY_COLUMNS, HELD_COLUMNS
from headway.ledger.statements import Prepared

RECENT_MS: Final = 60_000
"""What counts as just now in `stats`."""

_d = schema.delegations.c
_ACTIVE: Final = Prepared(
    select(_d.target_id, _d.status, func.count()).where(schema.status_in(ACTIVE)).group_by(_d.target_id, _d.status)
)
_OLDEST: Final = Prepared(select(func.min(_d.created_at)).where(schema.status_in(WAITING)))
# Grouped by an expression: the index by status would lead to all that ever ended.
_ENDED_AS: Final = schema.by_status_first(_d.status)
_RECENT: Final = Prepared(
    select(_ENDED_AS, func.count())
    .where(text(schema.FINISHED), _d.finished_at > bindparam("since"))
    .group_by(_ENDED_AS)
)


def records(
    conn: Connection,
    *,
    status: Status | None = None,
    limit: int = 50,
    before: str | None = None,
) -> Page:
    """A page of whole records without progress text, newest first, as `reading.list_`."""
    query = (
        select(*HELD_COLUMNS, *BODY_COLUMNS)
        .join_from(schema.delegations, schema.bodies, schema.bodies.c.id == _d.id)
        .where(*reading.wanted(before, status))
        .order_by(_d.id.desc())
    )
    found = [rows.read_record(values) for values in conn.execute(query.limit(limit + 1)).all()]
    page = found[:limit]
    return Page([record for _, record in page], reading.place(page[-1][0]) if len(found) > limit else None)


def stats(conn: Connection, now_ms: int) -> Stats:
    """What there is, from the counters that are kept, from what has not ended, and from the last minute's ends."""
    by_status = reading.totals(conn)
    by_target: dict[str, dict[Status, int]] = defaultdict(dict)
    for target_id, status, count in _ACTIVE(conn):
        by_target[target_id][Status(status)] = count
    recent = Counter({Status(row[0]): int(row[1]) for row in _RECENT(conn, since=now_ms - RECENT_MS)})
    epoch, seq, _lowest = reading.position(conn)
    return Stats.model_construct(
        total=sum(by_status.values()),
        by_status=by_status,
        active_by_target=dict(by_target),
        oldest_waiting_at=_OLDEST(conn).scalar_one(),
        finished_last_minute={status: recent[status] for status in sorted(TERMINAL)},
        epoch=epoch,
        seq=seq,
    )


def figures(conn: Connection) -> Figures:
    """What the service's metrics say of the ledger."""
    _epoch, head, lowest = reading.position(conn)
    return Figures(by_status=reading.totals(conn), waiting=reading.waiting(conn), head=head, lowest=lowest)
