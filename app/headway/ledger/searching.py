"""Searching across workspaces, in parts whose cost is bounded (spec: requirements C14). Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Select, bindparam, select, text

from headway.core.delegation import ACTIVE, Status
from headway.ledger import reading, rows, schema, text_index
from headway.ledger.records import Page
from headway.ledger.rows import BODY_COLUMNS, HELD_COLUMNS
from headway.ledger.statements import Prepared

SECONDS: Final = 0.008
"""After this long a search answers with what it has."""
SPAN: Final = 131_072
"""Keys that are asked of the index at once."""
PART: Final = 50
"""Records that are looked at between two looks at the clock."""
FEW: Final = 500
"""Candidates of one kind that are asked for at once."""

_d, _b, _w = schema.delegations.c, schema.bodies.c, schema.workspaces.c
_NAMES: Final = Prepared(select(_w.id, _w.name))
_IDS: Final = Prepared(
    select(_d.id)
    .where(_d.delegation_id >= bindparam("prefix"), _d.delegation_id < bindparam("beyond"))
    .limit(bindparam("limit_"))
)
_FIELDS: Final = (*HELD_COLUMNS, *BODY_COLUMNS)
_LOOKED_AT: Final = (_d.id, _d.delegation_id, _d.source_id, _d.target_id, _b.task, _d.error, _b.result)
"""What tells whether a delegation fits; the rest is read of those that do."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is searched for: the text as it is and with case folded, the workspaces whose names have it, and the keys of
    those whose ids begin so. `common` is whether these are so many that looking at each delegation finds them."""

    text: str
    folded: str
    named: frozenset[str]
    ids: Sequence[int]

    @property
    def common(self) -> bool:
        return len(self.folded) < text_index.RUN or max(len(self.named), len(self.ids)) > FEW

    def fits(self, values: Sequence[Any]) -> bool:
        """Whether values of `_LOOKED_AT` are of one that is searched for."""
        _key, delegation_id, source_id, target_id, *texts = values
        if target_id in self.named or source_id in self.named or delegation_id.startswith(self.text):
            return True
        return any(self.folded in said.casefold() for said in texts if said)


def search(
    conn: Connection,
    searched: str,
    monotonic: Callable[[], float],
    *,
    status: Status | None = None,
    limit: int = 50,
    before: str | None = None,
) -> Page:
    """Whole records without progress text, newest first, that have the text in their task, result, error or the name
    of a workspace, whatever the case, or whose id begins so.

    What ended is found by the index, of each the first `text_index.TEXT_LIMIT` characters; what has not ended is
    looked through. A page takes about `SECONDS` of `monotonic`: it may come short, and its `next` says where to go on.
    """
    until = monotonic() + SECONDS
    wanted = _wanted(conn, searched)
    high = reading.key_before(conn, before)
    found: list[tuple[int, Any]] = []
    while high > 1:
        low, keys = _candidates(conn, wanted, high)
        for at in range(0, len(keys), PART):
            part = keys[at : at + PART]
            fitting = [values[0] for values in _read(conn, _LOOKED_AT, part, status) if wanted.fits(values)]
            if fitting:
                found += [rows.read_record(values) for values in _read(conn, _FIELDS, fitting, status)]
            if len(found) >= limit:
                return _page(found[:limit], found[limit - 1][0])
            if monotonic() >= until:
                return _page(found, part[-1])
        high = low
        if monotonic() >= until:
            break
    return _page(found, high)


def _page(found: list[tuple[int, Any]], high: int) -> Page:
    """What was found, and that everything from `high` on has been looked at."""
    return Page([record for _, record in found], reading.place(high) if high > 1 else None)


def _wanted(conn: Connection, searched: str) -> _Wanted:
    folded = searched.casefold()
    named = frozenset(row[0] for row in _NAMES(conn) if folded in row[1].casefold())
    ids = _IDS(conn, prefix=searched, beyond=searched + "\U0010ffff", limit_=FEW + 1).scalars()
    return _Wanted(searched, folded, named, ids)


def _candidates(conn: Connection, wanted: _Wanted, high: int) -> tuple[int, list[int]]:
    """A key below `high`, and all that may fit from it on, newest first."""
    if wanted.common:
        keys = _keys(conn, select(_d.id), high, 0)
        return (keys[-1] if len(keys) == FEW else 1), keys
    low = max(1, high - SPAN)
    kinds = [text_index.candidates(conn, wanted.folded, low, high, FEW)]
    kinds += [_keys(conn, query, high, low) for query in _unindexed(wanted)]
    # Where there are more of a kind than were asked for, nothing is known below the last of them.
    low = max([low, *(keys[-1] for keys in kinds if len(keys) == FEW)])
    known = {key for keys in (*kinds, wanted.ids) for key in keys if low <= key < high}
    return low, sorted(known, reverse=True)


def _unindexed(wanted: _Wanted) -> Iterable[Select[Any]]:
    """What the index of texts does not answer."""
    yield select(_d.id).where(text(schema.UNSEARCHED))
    yield select(_d.id).where(schema.status_in(ACTIVE))
    if wanted.named:
        yield select(_d.id).where(_d.source_id.in_(wanted.named))
        yield select(_d.id).where(_d.target_id.in_(wanted.named))


def _keys(conn: Connection, query: Select[Any], high: int, low: int) -> list[int]:
    newest = query.where(_d.id >= low, _d.id < high).order_by(_d.id.desc()).limit(FEW)
    return list(conn.execute(newest).scalars())


def _read(
    conn: Connection, columns: Sequence[Column[Any]], keys: Sequence[int], status: Status | None
) -> Iterable[Sequence[Any]]:
    query = (
        select(*columns)
        .join_from(schema.delegations, schema.bodies, _b.id == _d.id)
        .where(_d.id.in_(keys))
        .order_by(_d.id.desc())
    )
    return conn.execute(query if status is None else query.where(_d.status == status.value)).all()
