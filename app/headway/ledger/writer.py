"""The one writer: a thread that owns the writing connection and commits what waits in groups."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from headway.ledger.commits import Commits
from headway.ledger.errors import Conflict, LedgerError, LedgerUnavailable
from headway.ledger.records import StoredEvent
from headway.ledger.transaction import Transaction

_log = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Transaction], T]
Listener = Callable[[Sequence[StoredEvent]], None]

GROUP: Final = 256
"""Operations that share one commit at most, so that the first of them does not wait for a whole backlog."""


class _Order(NamedTuple):
    operation: Operation[Any]
    answer: asyncio.Future[Any]


class _Done(NamedTuple):
    order: _Order
    result: Any = None
    failure: BaseException | None = None


class Writer:
    """Runs operations in the order they came, many in one transaction.

    A group runs without savepoints, which would cost as much as its writes. Where an operation raises after it has
    written, the group is taken back and run again, each operation under a savepoint of its own; so an operation does
    nothing but write through its transaction. One that raises is undone alone, and its caller gets the exception. When
    the commit fails, every caller of the group gets LedgerUnavailable and nothing of the group was written. A caller
    that is canceled while it waits takes nothing back: its operation commits all the same.
    """

    def __init__(
        self,
        engine: Engine,
        begin: Callable[..., Transaction],
        commits: Commits,
        *,
        on_events: Listener,
        on_outdated: Callable[[], None],
        before_commit: Callable[[], None] | None = None,
    ) -> None:
        self._engine = engine
        self._begin = begin
        self._commits = commits
        self._on_events = on_events
        self._on_outdated = on_outdated
        self._before_commit = before_commit
        self._loop = asyncio.get_running_loop()
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._ended = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="headway-ledger-writer", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation[T]) -> T:
        """Run `operation` and return what it returned, after its commit."""
        if self._closed:
            raise LedgerUnavailable("the ledger is closed; nothing was written")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._orders.put(_Order(operation, answer))
        return await answer

    async def close(self) -> None:
        """Finish what waits, then end the thread."""
        if not self._closed:
            self._closed = True
            self._orders.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as conn:
            last = False
            while not last:
                batch, last = self._take()
                if batch:
                    self._loop.call_soon_threadsafe(self._deliver, *self._commit(conn, batch))
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _take(self) -> tuple[list[_Order], bool]:
        """Wait for an order, then take those that wait behind it; True when there will be no more."""
        batch: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            batch.append(order)
            if len(batch) == GROUP:
                return batch, False
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, conn: Connection, batch: list[_Order]) -> tuple[list[_Done], Transaction | None]:
        try:
            with self._commits.measure(len(batch)):
                try:
                    return self._attempt(conn, batch, self._perform)
                except _HalfWritten:
                    return self._attempt(conn, batch, self._perform_apart)
        except SQLAlchemyError as failure:
            cause = getattr(failure, "orig", None) or failure
            refused = LedgerUnavailable(f"the ledger cannot be written: {cause}; nothing was changed; try again later")
            refused.__cause__ = failure
            return [_Done(order, failure=refused) for order in batch], None
        except Exception as failure:  # noqa: BLE001 - the callers get it
            _log.exception("a group of %d ledger operations failed", len(batch))
            return [_Done(order, failure=failure) for order in batch], None

    def _attempt(
        self, conn: Connection, batch: list[_Order], perform: Callable[[Transaction, _Order], _Done]
    ) -> tuple[list[_Done], Transaction | None]:
        transaction = None
        try:
            with conn.begin():
                transaction = self._begin(conn)
                done = [perform(transaction, order) for order in batch]
                self._flush(transaction)
                if self._before_commit:
                    self._before_commit()
        except BaseException:
            # Rolled back, whatever it was: the rows that it remembers are not in the database.
            if transaction is not None:
                transaction.abandon()
            raise
        return done, transaction

    def _flush(self, transaction: Transaction) -> None:
        """Raises _HalfWritten where a row that had waited is refused: it is somebody's, and not everybody's."""
        try:
            transaction.flush()
        except Exception as failure:
            if transaction.spoiled:
                raise _HalfWritten from failure
            raise

    def _perform(self, transaction: Transaction, order: _Order) -> _Done:
        """Raises _HalfWritten where the operation has to be undone."""
        before = transaction.written()
        done = _perform(transaction, order)
        if done.failure is not None and (transaction.spoiled or before != transaction.written()):
            raise _HalfWritten
        return done

    def _perform_apart(self, transaction: Transaction, order: _Order) -> _Done:
        with transaction.savepoint() as undo:
            done = _perform(transaction, order, settled=True)
            if done.failure is not None:
                undo()
        return done

    def _deliver(self, batch: list[_Done], committed: Transaction | None) -> None:
        if committed is not None and committed.outdates:
            self._on_outdated()
        for done in batch:
            answer = done.order.answer
            if answer.done():
                if done.failure is not None:
                    _log.warning("a ledger operation failed after its caller had gone: %s", done.failure)
            elif done.failure is not None:
                answer.set_exception(done.failure)
            else:
                answer.set_result(done.result)
        if committed is not None and committed.events:
            self._on_events(committed.events)


def _perform(transaction: Transaction, order: _Order, *, settled: bool = False) -> _Done:
    """`settled` writes the operation's own rows at once, so that what is wrong with them is its own failure."""
    try:
        done = _Done(order, order.operation(transaction))
        if settled:
            transaction.settle()
        return done
    except LedgerError as refusal:
        return _Done(order, failure=refusal)
    except IntegrityError as clash:
        return _Done(order, failure=Conflict(f"this contradicts what is stored: {clash.orig}; nothing was changed"))
    except SQLAlchemyError:
        raise
    except Exception as failure:  # noqa: BLE001 - the caller gets it
        return _Done(order, failure=failure)


class _HalfWritten(Exception):
    """An operation has written and then raised."""
