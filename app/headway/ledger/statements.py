"""Statements that are compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, bindparam, insert, update
from sqlalchemy.sql import ClauseElement


class Prepared:
    """A statement, compiled once for each dialect and then run as driver SQL.

    `Connection.execute` looks its compiled form up by a key built at each call, which costs more than SQLite's work on
    a small row. Statements use types that need no processing, and no lists of values: see `schema.status_in`.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Form] = {}

    def __call__(self, conn: Connection, /, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        """Run it once."""
        form = self._form(conn)
        return conn.exec_driver_sql(form.sql, form.bind(values))

    def many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row of values, in one call of the driver."""
        form = self._form(conn)
        conn.exec_driver_sql(form.sql, [form.bind(row) for row in rows])

    def _form(self, conn: Connection) -> _Form:
        form = self._compiled.get(conn.dialect.name)
        if form is None:
            compiled = self._statement.compile(conn)
            names = tuple(getattr(compiled, "positiontup", None) or ())
            form = self._compiled[conn.dialect.name] = _Form(str(compiled), names, compiled.params)
        return form


@dataclass(frozen=True, slots=True)
class _Form:
    """What a dialect makes of a statement: its SQL, its binds in order, and the values that are part of it."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([values[name] if name in values else self.constants[name] for name in self.names])


def inserting(table: Table, *, omit: Sequence[str] = (), returning: str | None = None) -> Prepared:
    """An INSERT of every column but those of `omit`, each bound by its name."""
    columns = [column.name for column in table.columns if column.name not in omit]
    statement = insert(table).values({name: bindparam(name) for name in columns})
    return Prepared(statement.returning(table.c[returning]) if returning else statement)


@lru_cache(maxsize=256)
def updating(table: Table, key: str, columns: tuple[str, ...]) -> Prepared:
    """An UPDATE of these columns where `key` equals the bind `k`.

    Only what changed is named: an index is written for every column of it that an UPDATE names.
    """
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Prepared(update(table).where(table.c[key] == bindparam("k")).values(values))
