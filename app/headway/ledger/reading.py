"""What can be asked of the ledger. Each of these reads one consistent snapshot; none writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from headway.core.api import Snapshot
from headway.core.delegation import ACTIVE, WAITING, Delegation, Row, Status
from headway.core.text import preview
from headway.ledger import rows, schema, texts, workspaces
from headway.ledger.errors import CursorGone
from headway.ledger.records import Listed, StoredEvent
from headway.ledger.rows import HELD_COLUMNS, ROW_COLUMNS
from headway.ledger.statements import Prepared

SUMMARY: Final = 200
"""Characters of the task in a list (spec: platform-api, "Delegations")."""
RESPONSE_PREVIEW: Final = 300
"""Characters of the result in a list."""
SILENT: Final = frozenset({Status.DISPATCHED, Status.IN_PROGRESS})
"""What can become stuck."""
FEW: Final = 5_000
"""Below that, all that ended in a status are found sooner than those of one party."""
PLACE: Final = "@"
"""What a place in the order of arrival begins with; no delegation_id does."""
TAIL: Final = 4_096
"""Characters of each progress text that a snapshot carries, unless asked for another number."""

REPLAY_SPAN: Final = 20_000
"""Events that one page of a replay looks at."""

_d, _t, _e = schema.delegations.c, schema.progress.c, schema.events.c
_META: Final = Prepared(select(schema.meta.c.epoch, schema.meta.c.head_seq, schema.meta.c.lowest_seq))
_COUNTERS: Final = Prepared(select(schema.counters.c.status, schema.counters.c.count))
_MANY: Final = 500
_SHOWN: Final = (_d.id, _d.progress_start, _d.progress_end, *ROW_COLUMNS)
_ENDED: Final = select(*_SHOWN).where(text(schema.FINISHED)).order_by(_d.finished_at.desc(), _d.id.desc())
_DIGITS: Final = 18
_EVENT_COLUMNS: Final = tuple(_e[name] for name in StoredEvent._fields)
_newest = (
    select(*_EVENT_COLUMNS, _e.previous, literal_column("1").label("nth"))
    .join_from(schema.delegations, schema.events, _e.seq == _d.told)
    .where(_d.delegation_id == bindparam("delegation"))
    .cte("chain", recursive=True)
)
_chain = _newest.union_all(
    select(*_EVENT_COLUMNS, _e.previous, _newest.c.nth + literal_column("1"))
    .join_from(_newest, schema.events, _e.seq == _newest.c.previous)
    .where(_newest.c.nth < bindparam("limit_"))
)
_HISTORY: Final = Prepared(select(*(_chain.c[name] for name in StoredEvent._fields)).order_by(_chain.c.seq))


def get(conn: Connection, delegation_id: str) -> Delegation | None:
    """The whole record, progress text included."""
    found = rows.held(conn, delegation_id)
    return rows.whole(conn, found) if found else None


def find(conn: Connection, prefix: str, limit: int = 10) -> list[str]:
    """The ids that begin with `prefix`, at most `limit` of them; one alone is what a person meant."""
    query = select(_d.delegation_id).where(_d.delegation_id >= prefix, _d.delegation_id < prefix + "\U0010ffff")
    return list(conn.execute(query.order_by(_d.delegation_id).limit(limit)).scalars())


def list_(
    conn: Connection,
    *,
    source_id: str | None = None,
    target_id: str | None = None,
    status: Status | None = None,
    limit: int = 50,
    before: str | None = None,
) -> list[Listed]:
    """A page, newest first by arrival; `before` is the last delegation_id of the page before.

    Pages are stable while others write: what arrives comes before the first page. A `before` that is not known (it may
    have been evicted) gives an empty page; a place (see `wanted`) has no such end.
    """
    parties = ((_d.source_id, source_id), (_d.target_id, target_id))
    few = status is not None and (not status.is_terminal or totals(conn)[status] < FEW)
    conditions = wanted(before, status, *parties, few=few)
    body = schema.bodies.c
    page = (
        select(
            *ROW_COLUMNS,
            func.substr(body.task, 1, SUMMARY + 1),
            func.substr(body.result, 1, RESPONSE_PREVIEW + 1),
        )
        .join_from(schema.delegations, schema.bodies, body.id == _d.id)
        .where(*conditions)
        .order_by(_d.id.desc())
        .limit(limit)
    )
    return [_listed(values) for values in conn.execute(page)]


def unfinished(conn: Connection) -> list[Delegation]:
    """Every delegation that has not ended, oldest first: what a start takes up again."""
    query = select(*HELD_COLUMNS).where(schema.status_in(ACTIVE)).order_by(_d.id)
    return [rows.whole(conn, rows.read_held(values)) for values in conn.execute(query).all()]


def silent(conn: Connection, since_ms: int) -> list[str]:
    """What runs and has shown no sign of life since then.

    One that asks for input is not among them: it is the person who is silent. Nor is one that is canceling.
    """
    query = select(_d.delegation_id).where(schema.status_in(SILENT), _d.last_activity_at < since_ms)
    return list(conn.execute(query).scalars())


def overdue(conn: Connection, now_ms: int) -> list[str]:
    """What is past its deadline, and what waits past its expiry; one that is canceling is left to its cancel."""
    late = select(_d.delegation_id).where(
        text(schema.ACTIVE_DEADLINE), _d.deadline <= now_ms, _d.status != Status.CANCELING.value
    )
    expired = select(_d.delegation_id).where(schema.status_in(WAITING), _d.expires_at <= now_ms)
    return list(dict.fromkeys([*conn.execute(late).scalars(), *conn.execute(expired).scalars()]))


def waiting(conn: Connection) -> dict[str, int]:
    """How many wait for each target that any wait for."""
    return workspaces.depths(conn)


def totals(conn: Connection) -> dict[Status, int]:
    """How many delegations have each status, from the counters that are kept."""
    counted = {Status(row[0]): int(row[1]) for row in _COUNTERS(conn)}
    return {status: counted.get(status, 0) for status in Status}


def snapshot(conn: Connection, finished: int, tail: int = TAIL) -> Snapshot:
    """What the event stream goes on from: every active row, the newest `finished` ended ones, workspaces, totals.

    Each row carries the last `tail` characters of its progress text.
    """
    epoch, seq, _lowest = _META(conn).one()
    active = select(*_SHOWN).where(schema.status_in(ACTIVE)).order_by(_d.id)
    found = [*conn.execute(active), *conn.execute(_ENDED.limit(finished))]
    return Snapshot.model_construct(
        epoch=epoch,
        seq=seq,
        workspaces=workspaces.list_(conn),
        delegations=_snapshot_rows(conn, found, tail),
        totals=totals(conn),
    )


def finished_before(conn: Connection, delegation_id: str | None, limit: int, tail: int = TAIL) -> list[Row]:
    """The newest `limit` of those that ended before that one did, or of all, as a snapshot has them.

    None where that one is not known: it may have been evicted, and then so were those before it.
    """
    older, ended_at = _ENDED.limit(limit), (_d.finished_at, _d.id)
    if delegation_id is not None:
        query = select(*ended_at).where(_d.delegation_id == delegation_id, text(schema.FINISHED))
        if (found := conn.execute(query).one_or_none()) is None:
            return []
        older = older.where(tuple_(*ended_at) < tuple_(*found))
    return _snapshot_rows(conn, conn.execute(older).all(), tail)


def replay(conn: Connection, after_seq: int, limit: int, workspace_id: str | None = None) -> list[StoredEvent]:
    """The events after a cursor in seq order, at most `limit`; of one workspace as source or target, or of all.

    Raises CursorGone where some of them are no longer kept, or where the cursor is ahead of the ledger.
    """
    _epoch, head, lowest = _META(conn).one()
    if after_seq > head or after_seq + 1 < lowest:
        raise CursorGone(after_seq, lowest, head)
    query = select(*_EVENT_COLUMNS).where(_e.seq > after_seq).order_by(_e.seq).limit(limit)
    if workspace_id is not None:
        query = query.where(or_(_e.workspace_id == workspace_id, _e.target_id == workspace_id))
    return [StoredEvent(*values) for values in conn.execute(query)]


def replay_page(
    conn: Connection, after_seq: int, limit: int, workspace_id: str | None = None
) -> tuple[list[StoredEvent], int]:
    """As `replay`, and the seq up to which nothing else concerns the workspace: what a reader goes on from.

    One page looks at `REPLAY_SPAN` events at most, so that one of a quiet workspace costs no more than others.
    """
    _epoch, head, lowest = _META(conn).one()
    if after_seq > head or after_seq + 1 < lowest:
        raise CursorGone(after_seq, lowest, head)
    upto = min(head, after_seq + REPLAY_SPAN)
    query = select(*_EVENT_COLUMNS).where(_e.seq > after_seq, _e.seq <= upto).order_by(_e.seq).limit(limit)
    if workspace_id is not None:
        query = query.where(or_(_e.workspace_id == workspace_id, _e.target_id == workspace_id))
    events = [StoredEvent(*values) for values in conn.execute(query)]
    return events, events[-1].seq if len(events) == limit else upto


def history(conn: Connection, delegation_id: str, limit: int) -> list[StoredEvent]:
    """The newest `limit` events of one delegation that are kept, oldest first; what it put out is not among them."""
    return [StoredEvent(*values) for values in _HISTORY(conn, delegation=delegation_id, limit_=limit)]


def position(conn: Connection) -> tuple[str, int, int]:
    """Epoch, seq of the newest event, and the lowest seq that is kept."""
    epoch, head, lowest = _META(conn).one()
    return epoch, head, lowest


def wanted(
    before: str | None, status: Status | None, *parties: tuple[Column[str], str | None], few: bool = False
) -> list[ColumnElement[bool]]:
    """The conditions of a page.

    `before` is a delegation_id, or a place in the order of arrival: `PLACE` and a number. A place stays good when what
    stood there is evicted. With `few`, those of the status are so few that they are gone through for the parties.
    """
    conditions = [
        (schema.by_status_first(column) if few else column) == party for column, party in parties if party is not None
    ]
    if status is not None:
        conditions.append(_d.status == status.value)
    if before is not None and before.startswith(PLACE):
        place = before.removeprefix(PLACE)
        conditions.append(_d.id < (int(place) if place.isdecimal() and len(place) <= _DIGITS else 0))
    elif before is not None:
        conditions.append(_d.id < select(_d.id).where(_d.delegation_id == before).scalar_subquery())
    return conditions


def place(key: int) -> str:
    """The `before` of a page that begins with what came just before this one."""
    return f"{PLACE}{key}"


def key_before(conn: Connection, before: str | None) -> int:
    """The key that a page begins below, for a `before` as in `wanted`."""
    conditions = wanted(before, None)
    return int(conn.execute(select(func.coalesce(func.max(_d.id), 0)).where(*conditions)).scalar_one()) + 1


def _listed(values: Sequence[Any]) -> Listed:
    *row, task, result = values
    return Listed(
        row=rows.read_row(row),
        summary=preview(task, SUMMARY),
        response_preview=None if result is None else preview(result, RESPONSE_PREVIEW),
    )


def _tails(conn: Connection, spoken: Sequence[Sequence[Any]], tail: int) -> dict[int, list[tuple[int, str]]]:
    """The stored chunks that reach into the last `tail` characters, by delegation."""
    chunks: dict[int, list[tuple[int, str]]] = defaultdict(list)
    if tail <= 0:
        return chunks
    reach = and_(_t.id == _d.id, _t.start > _d.progress_end - (tail + texts.CHUNK))
    keys = [values[0] for values in spoken]
    for at in range(0, len(keys), _MANY):
        query = (
            select(_t.id, _t.start, _t.text)
            .join_from(schema.delegations, schema.progress, reach)
            .where(_d.id.in_(keys[at : at + _MANY]))
            .order_by(_t.id, _t.start)
        )
        for key, start, chunk in conn.execute(query):
            chunks[key].append((start, chunk))
    return chunks


def _snapshot_rows(conn: Connection, found: Sequence[Sequence[Any]], tail: int) -> list[Row]:
    tails = _tails(conn, [values for values in found if values[2] > values[1]], tail)
    return [_snapshot_row(values, tails, tail) for values in found]


def _snapshot_row(values: Sequence[Any], tails: dict[int, list[tuple[int, str]]], tail: int) -> Row:
    key, start, end, *row = values
    first = max(start, end - tail)
    chunks = tails.get(key)
    held = texts.joined(chunks, first) if chunks else texts.nothing(end)
    return rows.read_row(row, held)
