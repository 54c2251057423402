"""The journal: a small SQLite file of a workspace's own, where its tools keep what must outlive the process.

Standard library only: a tool that an agent imports brings no database framework with it. The file is never the
platform's (spec: agent-tools).
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from headway.core.text import clean_line
from headway.tools.errors import JournalLocked, JournalUnavailable
from headway.tools.migrations import MIGRATIONS, Step

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]

GROUP: Final = 256
"""Operations that share one commit at most."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def journal_path(workspace_id: str | None, folder: Path | None = None) -> Path:
    """Where the journal of a workspace is: in `folder`, or in this account's data folder."""
    if folder is None:
        from platformdirs import user_data_path

        folder = user_data_path("headway", appauthor=False) / "tools"
    name = workspace_id or "local"
    if not _PLAIN.fullmatch(name):
        # The name of a file may say less than an id does; two ids never share a file.
        name = "ws-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return folder / f"{name}.db"


@dataclass(frozen=True, slots=True)
class _Order:
    operation: Operation[Any]
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    result: Any = None
    failure: BaseException | None = None


class Journal:
    """One open file. Each operation is a transaction of its own; what waits at the same time shares a commit.

    Only one process has the file open: a second one would resume the tasks of the first, which is still reading them.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int, thread: ThreadPoolExecutor) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._thread = thread
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Order] = deque()
        self._busy = False
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    async def open(cls, path: Path, *, migrations: Sequence[Step] = MIGRATIONS) -> Journal:
        """Lock, open and migrate the file, made (private to the account) if it is not there.

        Raises JournalLocked where another process has it open, JournalUnavailable where it cannot be used.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="headway-journal")
        try:
            connection, lock = await asyncio.get_running_loop().run_in_executor(thread, _open, path, migrations)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(path, connection, lock, thread)

    async def run(self, operation: Operation[T]) -> T:
        """Run `operation` in a transaction in the journal's thread; it is durable when this returns.

        What it raises is raised here, and undone alone. A caller that is canceled while it waits takes nothing back.
        Raises JournalUnavailable where the file cannot be read or written; then nothing was changed.
        """
        if self._closed:
            raise JournalUnavailable(f"the journal at {self.path} is closed; nothing was written")
        if asyncio.get_running_loop() is not self._loop:
            raise JournalUnavailable(f"the journal at {self.path} belongs to another event loop; nothing was written")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(_Order(operation, answer))
        self._work()
        return await answer

    async def aclose(self) -> None:
        """Finish what was asked for, close the file and let others open it. To close twice does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._idle.wait()
        finally:
            # Also where the wait was canceled: the lock must not outlive its owner.
            self._refuse(self._waiting)
            releasing = self._thread.submit(self._release)
            self._thread.shutdown(wait=False)
            await asyncio.wrap_future(releasing)

    def abandon(self) -> None:
        """Let others open the file, where the event loop of its owner was closed without closing the journal.

        What was being written is finished; what waited is not written. It blocks until then.
        """
        if not self._closed:
            self._closed = True
            self._thread.submit(self._release)
            self._thread.shutdown(wait=True)

    def _refuse(self, orders: deque[_Order]) -> None:
        while orders:
            if not (answer := orders.popleft().answer).done():
                answer.set_exception(JournalUnavailable(f"the journal at {self.path} is closed; nothing was written"))

    def _work(self) -> None:
        if self._busy or not self._waiting:
            return
        batch = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
        self._busy = True
        self._idle.clear()
        # A callback and not a task: the end of the loop cancels tasks, and those who wait would get no answer.
        working = self._loop.run_in_executor(self._thread, _commit, self._connection, self.path, batch)
        working.add_done_callback(partial(self._deliver, batch))

    def _deliver(self, batch: list[_Order], working: asyncio.Future[list[_Done]]) -> None:
        self._busy = False
        fault = working.exception()
        for order, done in zip(batch, [_Done(failure=fault)] * len(batch) if fault else working.result(), strict=True):
            if order.answer.done():
                continue
            if done.failure is not None:
                order.answer.set_exception(done.failure)
            else:
                order.answer.set_result(done.result)
        self._work()
        if not self._busy:
            self._idle.set()

    def _release(self) -> None:
        self._connection.close()
        os.close(self._lock)


def _open(path: Path, migrations: Sequence[Step]) -> tuple[sqlite3.Connection, int]:
    lock = _locked(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            _migrate(connection, migrations, path)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error, UnicodeDecodeError) as failure:
        # Of a damaged file, SQLite may quote bytes that are no text.
        os.close(lock)
        raise JournalUnavailable(
            f"{path} cannot be used as a journal: {failure}; nothing was changed; choose another place with "
            "HEADWAY_TOOLS_DATA"
        ) from failure
    except BaseException:
        os.close(lock)
        raise
    return connection, lock


def _locked(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise JournalUnavailable(
            f"the journal at {path} cannot be opened: {failure}; nothing was changed; choose another place with "
            "HEADWAY_TOOLS_DATA"
        ) from failure
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = clean_line(os.read(lock, 32).decode(errors="replace"))
        os.close(lock)
        raise JournalLocked(_held_by(holder, path)) from None
    # Who holds it is told to others as far as there is room for that.
    with suppress(OSError):
        os.ftruncate(lock, 0)
        os.pwrite(lock, _pid().encode(), 0)
    return lock


def _held_by(holder: str, path: Path) -> str:
    if holder == _pid():
        return (
            f"the journal at {path} is open already in this process ({holder}); nothing was changed; use the tools "
            "that have it open, in their event loop, or close them first"
        )
    return (
        f"the journal at {path} is open in another process{f' ({holder})' if holder else ''}; nothing was changed; "
        "stop that process, or give this one a folder of its own with HEADWAY_TOOLS_DATA"
    )


def _pid() -> str:
    return f"pid {os.getpid()}"


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Step], path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    [seen] = connection.execute("PRAGMA user_version").fetchone()
    if seen > len(migrations):
        raise JournalUnavailable(
            f"{path} was written by a newer version of headway; nothing was changed; install that version, or choose "
            "another place with HEADWAY_TOOLS_DATA"
        )
    for step in migrations[seen:]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _commit(connection: sqlite3.Connection, path: Path, batch: Sequence[_Order]) -> list[_Done]:
    """Run a batch in one transaction, each operation under a savepoint of its own. Raises nothing."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        done = [_perform(connection, order.operation) for order in batch]
        connection.execute("COMMIT")
    except sqlite3.Error as failure:
        with suppress(sqlite3.Error):
            connection.rollback()
        refused = JournalUnavailable(f"the journal at {path} cannot be used: {failure}; nothing was changed")
        refused.__cause__ = failure
        return [_Done(failure=refused) for _ in batch]
    return done


def _perform(connection: sqlite3.Connection, operation: Operation[Any]) -> _Done:
    connection.execute("SAVEPOINT one")
    try:
        result = operation(connection)
    except sqlite3.IntegrityError as clash:
        failure: BaseException = clash
    except sqlite3.Error:
        raise
    except UnicodeDecodeError as damaged:
        raise sqlite3.DatabaseError("the file is damaged: it holds bytes that are no text") from damaged
    except Exception as raised:  # noqa: BLE001 - the caller gets it
        failure = raised
    else:
        connection.execute("RELEASE one")
        return _Done(result)
    connection.execute("ROLLBACK TO one")
    connection.execute("RELEASE one")
    return _Done(failure=failure)
