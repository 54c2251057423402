"""How every operation of the ledger reaches the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from headway.core.clock import Clock
from headway.ledger import keeping
from headway.ledger.engines import SqliteEngine
from headway.ledger.remembered import Remembered

T = TypeVar("T")


class Access:
    """The engine, and what each operation needs beside it."""

    def __init__(self, clock: Clock) -> None:
        self._engine: SqliteEngine
        self._clock = clock
        self._remembered = Remembered()

    async def _write(self, operation: Callable[..., T], *args: Any, **named: Any) -> T:
        return await self._engine.write(lambda transaction: operation(transaction, *args, **named))

    async def _write_batches(self, operation: Callable[..., list[T]], items: Sequence[str], *args: Any) -> list[T]:
        """Several transactions, so that others get their turn between them."""
        written: list[T] = []
        for at in range(0, len(items), keeping.BATCH):
            written += await self._write(operation, items[at : at + keeping.BATCH], *args)
        return written

    async def _read(self, query: Callable[..., T], *args: Any, **named: Any) -> T:
        def run(conn: Connection) -> T:
            return query(conn, *args, **named)

        return await self._engine.read(run)
