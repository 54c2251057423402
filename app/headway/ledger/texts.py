"""Where progress texts are kept: the law of `ProgressText.splice`, on chunks in a table.

A text is up to a mebibyte and grows by small deltas, so what a delta costs must not depend on what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from headway.core.progress import EMPTY_PROGRESS, ProgressText
from headway.core.text import BODY_LIMIT
from headway.ledger import schema
from headway.ledger.statements import Prepared, inserting

CHUNK: Final = 4_096
"""Characters of one stored chunk at most: what a tail may have to read beyond its own length."""

_t = schema.progress.c
_INSERT: Final = inserting(schema.progress)
_EXTEND: Final = Prepared(
    update(schema.progress)
    .where(_t.id == bindparam("k"), _t.start == bindparam("at"))
    .values(text=_t.text.concat(bindparam("delta")))
)
_REPLACE: Final = Prepared(
    update(schema.progress).where(_t.id == bindparam("k"), _t.start == bindparam("at")).values(text=bindparam("kept"))
)
_DROP: Final = Prepared(delete(schema.progress).where(_t.id == bindparam("k")))
_DROP_FROM: Final = Prepared(delete(schema.progress).where(_t.id == bindparam("k"), _t.start >= bindparam("first")))
_DROP_UNTIL: Final = Prepared(delete(schema.progress).where(_t.id == bindparam("k"), _t.start <= bindparam("last")))
_READ: Final = Prepared(
    select(_t.start, _t.text).where(_t.id == bindparam("k"), _t.start > bindparam("above")).order_by(_t.start)
)


@dataclass(frozen=True, slots=True)
class Extent:
    """Which characters of a text are kept, and where its last chunk begins."""

    start: int = 0
    end: int = 0
    chunk: int = 0


def splice(conn: Connection, key: int, extent: Extent, offset: int, delta: str) -> Extent:
    """What is kept up to `offset`, then `delta`, at most `BODY_LIMIT` characters; returns the new extent."""
    if offset < extent.start or offset > extent.end:
        _DROP(conn, k=key)
        extent = Extent(offset, offset, offset)
    elif offset < extent.end:
        extent = _cut(conn, key, extent, offset)
    extent = _append(conn, key, extent, delta)
    if extent.end - extent.start > BODY_LIMIT:
        extent = replace(extent, start=extent.end - BODY_LIMIT)
        _DROP_UNTIL(conn, k=key, last=extent.start - CHUNK)
    return extent


def says_nothing_new(conn: Connection, key: int, extent: Extent, offset: int, delta: str) -> bool:
    """Whether a splice would leave the text as it is."""
    if offset < extent.start or offset + len(delta) != extent.end:
        return False
    return not delta or read(conn, key, extent, tail=len(delta)).text == delta


def read(conn: Connection, key: int, extent: Extent, *, tail: int = BODY_LIMIT) -> ProgressText:
    """The last `tail` characters."""
    first = max(extent.start, extent.end - tail)
    if first == extent.end:
        return nothing(extent.end)
    return joined([(row[0], row[1]) for row in _READ(conn, k=key, above=first - CHUNK)], first)


def nothing(end: int) -> ProgressText:
    """A text of which nothing is kept, or nothing was said."""
    return ProgressText(end, 0, ()) if end else EMPTY_PROGRESS


def joined(chunks: list[tuple[int, str]], first: int) -> ProgressText:
    """Chunks in order, of which the first may begin before `first`."""
    text = "".join([text for _, text in chunks])
    return ProgressText.of(text[first - chunks[0][0] :], start=first)


def drop(conn: Connection, keys: list[int]) -> None:
    """Forget the texts of these delegations."""
    conn.execute(delete(schema.progress).where(_t.id.in_(keys)))


def _cut(conn: Connection, key: int, extent: Extent, offset: int) -> Extent:
    _DROP_FROM(conn, k=key, first=offset)
    chunks = _READ(conn, k=key, above=max(offset - CHUNK, -1) - 1).all()
    if not chunks or offset == extent.start:
        _DROP(conn, k=key)
        return Extent(extent.start, offset, offset)
    at, text = chunks[-1]
    _REPLACE(conn, k=key, at=at, kept=text[: offset - at])
    return Extent(extent.start, offset, at)


def _append(conn: Connection, key: int, extent: Extent, delta: str) -> Extent:
    if not delta:
        return extent
    held = extent.end - extent.chunk
    if 0 < held <= CHUNK - len(delta):
        _EXTEND(conn, k=key, at=extent.chunk, delta=delta)
        return replace(extent, end=extent.end + len(delta))
    starts = range(0, len(delta), CHUNK)
    _INSERT.many(conn, [{"id": key, "start": extent.end + at, "text": delta[at : at + CHUNK]} for at in starts])
    return Extent(extent.start, extent.end + len(delta), extent.end + starts[-1])
