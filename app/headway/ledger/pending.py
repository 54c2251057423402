"""Writes that wait until somebody has to see them: one statement for many rows in place of one for each."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Table

from headway.ledger.statements import inserting, updating


class Pending:
    """New rows and changes of rows, by table and key. Both of one row are joined, and the last value of a column wins.

    What waits violates no constraint that the statements before it did not: a change of a column that has to be unique
    does not belong here.
    """

    __slots__ = ("_made", "_moved")

    def __init__(self) -> None:
        self._made: dict[Table, dict[int, dict[str, Any]]] = {}
        self._moved: dict[Table, dict[int, dict[str, Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._made or self._moved)

    def insert(self, table: Table, key: int, values: dict[str, Any]) -> None:
        """A row of every column of a table whose key is `id`. `values` is the caller's no longer."""
        self._made.setdefault(table, {})[key] = values

    def update(self, table: Table, key: int, values: dict[str, Any]) -> None:
        """Columns of the row with this `id`. `values` is the caller's no longer."""
        made = self._made.get(table)
        if made is not None and key in made:
            made[key].update(values)
            return
        moved = self._moved.setdefault(table, {})
        if key in moved:
            moved[key].update(values)
        else:
            moved[key] = values

    def write(self, conn: Connection) -> None:
        """Write all of it, and wait for more. Nothing waits afterwards, whatever is raised."""
        made, moved = self._made, self._moved
        self.drop()
        for table, inserted in made.items():
            inserting(table).many(conn, list(inserted.values()))
        for table, updated in moved.items():
            alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
            for key, values in updated.items():
                columns = tuple(values)
                values["k"] = key
                alike[columns].append(values)
            for columns, rows in alike.items():
                updating(table, "id", columns).many(conn, rows)

    def drop(self) -> None:
        """Forget what waits."""
        self._made, self._moved = {}, {}
