"""Across workspaces: pages of whole records, searching in them, and counts (spec: requirements C14). None writes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, text

from headway.core.api import Stats
from headway.core.delegation import ACTIVE, TERMINAL, WAITING, Delegation, Status
from headway.ledger import reading, rows, schema
from headway.ledger.records import Figures, Page
from headway.ledger.rows import BODY_COLUMNS, HELD_COLUMNS
from headway.ledger.statements import Prepared

SEARCHED: Final = 5_000
"""Records that one search looks through at most."""
SEARCHED_CHARACTERS: Final = 16 * 1_048_576
"""Characters of tasks and results that one search looks through, before it stops after the record it is at."""
RECENT_MS: Final = 60_000
"""What counts as just now in `stats`."""

_PART: Final = 100
_WIDTH: Final = len(HELD_COLUMNS)
_d, _w = schema.delegations.c, schema.workspaces.c
_NAMES: Final = Prepared(select(_w.id, _w.name))
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
    search: str | None = None,
) -> Page:
    """A page of whole records without progress text, newest first, as `reading.list_`.

    With `search`, those that have it in their task, result, error or the name of a workspace, whatever the case, or
    whose id begins so. What it costs is bounded (`SEARCHED`, `SEARCHED_CHARACTERS`): a page may come short, and its
    `next` says where to go on.
    """
    query = (
        select(*HELD_COLUMNS, *BODY_COLUMNS)
        .join_from(schema.delegations, schema.bodies, schema.bodies.c.id == _d.id)
        .where(*reading.wanted(before, status))
        .order_by(_d.id.desc())
    )
    if search is None:
        found = [_read(values) for values in conn.execute(query.limit(limit + 1)).all()]
        page = found[:limit]
        return Page([record for _, record in page], _place(page[-1][0]) if len(found) > limit else None)
    return _searched(conn, query.limit(SEARCHED), limit, _matcher(conn, search))


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


def _searched(conn: Connection, query: Any, limit: int, matches: Callable[[Delegation], bool]) -> Page:
    found: list[Delegation] = []
    looked = characters = last = 0
    for part in conn.execute(query).partitions(_PART):
        for values in part:
            last, record = _read(values)
            looked += 1
            characters += len(record.task) + len(record.result or "")
            if matches(record):
                found.append(record)
            if len(found) == limit or characters >= SEARCHED_CHARACTERS:
                return Page(found, _place(last))
    return Page(found, _place(last) if looked == SEARCHED else None)


def _matcher(conn: Connection, search: str) -> Callable[[Delegation], bool]:
    folded = search.casefold()
    named = {row[0] for row in _NAMES(conn) if folded in row[1].casefold()}

    def matches(record: Delegation) -> bool:
        if record.target_id in named or record.source_id in named or record.delegation_id.startswith(search):
            return True
        return any(folded in said.casefold() for said in (record.task, record.error, record.result) if said)

    return matches


def _read(values: Sequence[Any]) -> tuple[int, Delegation]:
    held = rows.read_held(values[:_WIDTH])
    return held.id, rows.record(held, values[_WIDTH:])


def _place(key: int) -> str:
    return f"{reading.PLACE}{key}"
