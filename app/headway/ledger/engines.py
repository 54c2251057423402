"""What is SQLite's own: how its database is opened, locked, written and read (spec: safety, "The platform")."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from headway.core.clock import Clock
from headway.ledger import migrate
from headway.ledger.commits import Commits
from headway.ledger.errors import LedgerLocked, LedgerUnavailable
from headway.ledger.hot import Hot
from headway.ledger.transaction import Transaction
from headway.ledger.writer import Listener, Operation, Writer

_log = logging.getLogger(__name__)

T = TypeVar("T")

READERS: Final = 2
"""Threads and connections that read at the same time."""
_SAFE_WAL: Final = (3, 51, 3)
_WAL_KEPT: Final = 64 * 1_048_576


class SqliteEngine:
    """One database file in WAL mode: a writer with full synchronisation, and readers of consistent snapshots."""

    def __init__(
        self, path: Path, lock: int, writing: Engine, reading: Engine, writer: Writer, commits: Commits
    ) -> None:
        self._path = path
        self._lock = lock
        self._writing = writing
        self._reading = reading
        self._writer = writer
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="headway-ledger-reader")
        self._closed = False
        self.commits = commits

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        on_events: Listener,
        on_outdated: Callable[[], None],
        before_commit: Callable[[], None] | None = None,
        inbox_push: bool = False,
    ) -> SqliteEngine:
        """Lock, migrate and open the database, made if it is not there.

        Raises LedgerLocked where another process has it open, LedgerUnavailable where it cannot be used.
        """
        _warn_once_of_old_sqlite()
        lock = await asyncio.to_thread(_lock, path)
        writing = _engine(path, "BEGIN IMMEDIATE", {"journal_mode": "WAL", "synchronous": "FULL"}, connections=1)
        reading = _engine(path, "BEGIN", {"query_only": "ON"}, connections=READERS)
        try:
            await asyncio.to_thread(_prepare, writing, new_id)
        except BaseException:
            # A start that is canceled would leave the file locked, too.
            writing.dispose()
            os.close(lock)
            raise
        commits, hot = Commits(clock), Hot()
        writer = Writer(
            writing,
            lambda conn: Transaction(conn, clock, new_id, changes=_changes, hot=hot, inbox_push=inbox_push),
            commits,
            on_events=on_events,
            on_outdated=on_outdated,
            before_commit=before_commit,
        )
        return cls(path, lock, writing, reading, writer, commits)

    async def write(self, operation: Operation[T]) -> T:
        """Run `operation` in a transaction; it is durable when this returns."""
        return await self._writer.run(operation)

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run `operation` on one consistent snapshot of everything committed so far."""
        if self._closed:
            raise LedgerUnavailable("the ledger is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, operation)

    def _read(self, operation: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as conn, conn.begin():
                return operation(conn)
        except SQLAlchemyError as failure:
            cause = getattr(failure, "orig", None) or failure
            raise LedgerUnavailable(f"the ledger cannot be read: {cause}") from failure

    async def close(self) -> None:
        """Finish what was asked for, fold the log into the database, and let others open it."""
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        await asyncio.to_thread(self._dispose)

    def _dispose(self) -> None:
        self._readers.shutdown(wait=True)
        self._reading.dispose()
        try:
            with self._writing.connect() as conn:
                conn.exec_driver_sql("PRAGMA optimize")
        except SQLAlchemyError as failure:
            _log.warning("the ledger could not be tidied at close: %s", failure)
        self._writing.dispose()
        os.close(self._lock)


def _engine(path: Path, begin: str, pragmas: dict[str, str], *, connections: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": 5, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        pool_reset_on_return=None,
    )
    settings = {**pragmas, "busy_timeout": "5000", "temp_store": "MEMORY", "journal_size_limit": str(_WAL_KEPT)}

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def start(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine


def _changes(conn: Connection) -> int:
    driver: Any = conn.connection.dbapi_connection
    return int(driver.total_changes)


def _prepare(engine: Engine, new_id: Callable[[], str]) -> None:
    try:
        with engine.begin() as conn:
            migrate.upgrade(conn)
            migrate.found_epoch(conn, new_id())
    except SQLAlchemyError as failure:
        cause = getattr(failure, "orig", None) or failure
        raise LedgerUnavailable(
            f"{engine.url.database} cannot be used as a ledger: {cause}; nothing was changed"
        ) from failure


def _lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise LedgerUnavailable(f"the ledger at {path} cannot be opened: {failure}; choose another place") from failure
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode(errors="replace").strip()
        os.close(lock)
        raise LedgerLocked(
            f"the ledger at {path} is open in another process{f' ({holder})' if holder else ''}; nothing was changed; "
            "stop that process, or choose another database file"
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"pid {os.getpid()}".encode())
    return lock


@cache
def _warn_once_of_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < _SAFE_WAL:
        _log.warning(
            "SQLite %s has the WAL-reset bug, which in rare cases loses committed writes; 3.51.3 and newer do not",
            sqlite3.sqlite_version,
        )
