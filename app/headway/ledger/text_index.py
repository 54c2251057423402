"""The index of texts: which of the ended delegations hold what is searched for. SQLite's own FTS5.

It knows which runs of three characters stand in the task, the result and the error, with case folded, and nothing of
where; so it names candidates, and whoever asks looks at each of them. A delegation is taken in some time after it has
ended, many at once, which costs a fraction of doing so one by one while somebody waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text

from headway.ledger import schema
from headway.ledger.statements import Prepared, run, updating
from headway.ledger.transaction import Transaction

RUN: Final = 3
"""Characters that are indexed together; what is shorter cannot be looked up."""
TEXT_LIMIT: Final = 65_536
"""Characters of a delegation that are indexed; a longer result is found by its beginning only."""
BATCH: Final = 200
"""Delegations that one transaction takes in at most."""
BATCH_CHARACTERS: Final = 65_536
"""Characters that one transaction takes in, about: the delegation that reaches this is its last."""
AT_ONCE: Final = 20
"""Such transactions that one sweep runs at most, between which others get their turn."""

_RUNS_ASKED: Final = 12
_d, _b = schema.delegations.c, schema.bodies.c
_TEXTS: Final = (_d.id, _b.task, _b.result, _d.error)
_JOINED: Final = schema.delegations.join(schema.bodies, _b.id == _d.id)
_WAITS: Final = Prepared(select(_d.id).where(text(schema.UNSEARCHED)).limit(1))
_NEXT: Final = Prepared(
    select(*_TEXTS)
    .select_from(_JOINED)
    .where(text(schema.UNSEARCHED))
    .order_by(_d.id.desc())
    .limit(bindparam("limit_"))
)
_HELD: Final = Prepared(select(*_TEXTS).select_from(_JOINED).where(_d.id == bindparam("k"), _d.searched.is_not(None)))
_NOTE: Final = updating(schema.delegations, "id", ("searched",))


def waits(conn: Connection) -> bool:
    """Whether there is anything to take in."""
    return bool(_WAITS(conn).all())


def take_in(transaction: Transaction) -> int:
    """Index the newest of what has ended and is not indexed, a bounded part; returns how many."""
    conn = transaction.conn
    taken = characters = 0
    for key, *texts in _NEXT(conn, limit_=BATCH):
        indexed = _indexed(texts)
        run(conn, "INSERT INTO texts (rowid, text) VALUES (?, ?)", (key, indexed))
        _NOTE(conn, k=key, searched=1)
        taken += 1
        characters += len(indexed)
        if characters >= BATCH_CHARACTERS:
            break
    return taken


def let_go(conn: Connection, keys: Iterable[int]) -> None:
    """Take these out again, before their texts change or go; those that are not indexed are left as they are."""
    for key in keys:
        found = _HELD(conn, k=key).one_or_none()
        if found is not None:
            # The index holds no texts: it is told what it had been given.
            run(conn, "INSERT INTO texts (texts, rowid, text) VALUES ('delete', ?, ?)", (key, _indexed(found[1:])))
            _NOTE(conn, k=key, searched=None)


def candidates(conn: Connection, folded: str, low: int, high: int, limit: int) -> list[int]:
    """The newest of those from `low` up to before `high` that may hold `folded`, of at least `RUN` characters."""
    found = run(
        conn,
        "SELECT rowid FROM texts WHERE texts MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
        (_expression(folded), low, high, limit),
    )
    return found.scalars()


def _indexed(texts: Sequence[Any]) -> str:
    # A line break between two texts: nothing that is searched for has one.
    return "\n".join([said for said in texts if said])[:TEXT_LIMIT].casefold()


def _expression(folded: str) -> str:
    """All of its runs of three, or where these are many, some from every part of it."""
    runs = list(dict.fromkeys(folded[at : at + RUN] for at in range(len(folded) - RUN + 1)))
    step = -(-len(runs) // _RUNS_ASKED)
    return " ".join(['"{}"'.format(one.replace('"', '""')) for one in runs[::step]])
