"""Statements that are compiled once, and run without what SQLAlchemy makes of each result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement


class Rows:
    """What a statement gave, all of it: the rows as tuples, and how many rows it changed."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[tuple[Any, ...]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)

    def all(self) -> Sequence[tuple[Any, ...]]:
        """Every row."""
        return self._rows

    def one_or_none(self) -> tuple[Any, ...] | None:
        """The row, or None. Raises ValueError where there are several."""
        if not self._rows:
            return None
        (row,) = self._rows
        return row

    def one(self) -> tuple[Any, ...]:
        """The row. Raises ValueError where there is not exactly one."""
        (row,) = self._rows
        return row

    def scalar_one(self) -> Any:
        """The first value of the row. Raises ValueError where there is not exactly one."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """The first value of the row, or None. Raises ValueError where there are several."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def first_scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalars(self) -> list[Any]:
        """The first value of every row."""
        return [row[0] for row in self._rows]


class Prepared:
    """A statement, compiled once for each dialect and then run by the driver itself.

    `Connection.execute` looks its compiled form up by a key built at each call and describes every column of the
    result, which costs more than SQLite's work on a small row. Statements use types that need no processing, and no
    lists of values: see `schema.status_in`. The connection is in a transaction already; errors are SQLAlchemy's.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Form] = {}

    def __call__(self, conn: Connection, /, **values: Any) -> Rows:
        """Run it once."""
        form = self._form(conn)
        return run(conn, form.sql, form.bind(values))

    def many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row of values, in one call of the driver."""
        form = self._form(conn)
        conn.exec_driver_sql(form.sql, [form.bind(row) for row in rows])

    def many_of(self, conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it for each row, whose values are in the order of the statement's binds."""
        conn.exec_driver_sql(self._form(conn).sql, list(rows))

    def _form(self, conn: Connection) -> _Form:
        form = self._compiled.get(conn.dialect.name)
        if form is None:
            compiled = self._statement.compile(conn)
            names = tuple(getattr(compiled, "positiontup", None) or ())
            form = self._compiled[conn.dialect.name] = _Form(str(compiled), names, compiled.params, _getter(names))
        return form


def run(conn: Connection, sql: str, binds: tuple[Any, ...] = ()) -> Rows:
    """Run the driver's SQL inside the connection's transaction. Raises SQLAlchemy's errors."""
    try:
        cursor = conn.connection.cursor()
        cursor.execute(sql, binds)
        return Rows(cursor.fetchall() if cursor.description else (), cursor.rowcount)
    except conn.dialect.loaded_dbapi.Error as failure:
        error = conn.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, binds, failure, error, hide_parameters=True, dialect=conn.dialect) from failure


@dataclass(frozen=True, slots=True)
class _Form:
    """What a dialect makes of a statement: its SQL, its binds in order, and the values that are part of it."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    getter: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        try:
            return self.getter(values)
        except KeyError:
            return self.getter({**self.constants, **values})


def _getter(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


@cache
def inserting(table: Table, *, omit: tuple[str, ...] = ()) -> Prepared:
    """An INSERT of every column but those of `omit`, in their order, each bound by its name."""
    columns = [column.name for column in table.columns if column.name not in omit]
    return Prepared(insert(table).values({name: bindparam(name) for name in columns}))


@lru_cache(maxsize=256)
def updating(table: Table, key: str, columns: tuple[str, ...]) -> Prepared:
    """An UPDATE of these columns where `key` equals the bind `k`.

    Only what changed is named: an index is written for every column of it that an UPDATE names.
    """
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Prepared(update(table).where(table.c[key] == bindparam("k")).values(values))
