"""The ledger: every operation there is, each of them one transaction or one consistent read."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from headway.core.clock import Clock
from headway.ledger import reading
from headway.ledger.commits import CommitFigures
from headway.ledger.engines import SqliteEngine
from headway.ledger.facade.asking import Asking
from headway.ledger.facade.delegating import Delegating
from headway.ledger.facade.directory import Directory
from headway.ledger.facade.progressing import Progressing
from headway.ledger.facade.upkeep import Upkeep
from headway.ledger.records import StoredEvent
from headway.ledger.transaction import Transaction
from headway.ledger.writer import Listener

_log = logging.getLogger(__name__)


class Ledger(Delegating, Progressing, Upkeep, Asking, Directory):
    """What is durably true. What writes is durable when it returns, and its caller going away undoes nothing.

    Methods raise the errors of `headway.ledger.errors`; each function they name says which. Rows that writing methods
    return carry no progress text. Everything is called in the event loop that opened the ledger.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._listeners: list[Listener] = []
        self._epoch = ""
        self._head = 0

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        before_commit: Callable[[], None] | None = None,
        inbox_push: bool = False,
    ) -> AsyncIterator[Ledger]:
        """Open the database at `path`, made if it is not there, until the block ends.

        With `inbox_push`, a delegation that ends leaves its result in its source's inbox; see `inbox.deliver`.

        `before_commit` runs in the writer's thread before each commit: benchmarks simulate a slow disk with it.
        Raises LedgerLocked where another process has it open, LedgerUnavailable where it cannot be used.
        """
        ledger = cls(clock)
        engine = await SqliteEngine.open(
            path,
            clock=clock,
            new_id=new_id,
            on_events=ledger._publish,
            on_outdated=ledger._remembered.forget,
            before_commit=before_commit,
            inbox_push=inbox_push,
        )
        ledger._engine = engine
        try:
            ledger._epoch, ledger._head, _lowest = await engine.read(reading.position)
            yield ledger
        finally:
            await engine.close()

    @property
    def epoch(self) -> str:
        """The random id of this database; a cursor of another epoch means nothing here."""
        return self._epoch

    @property
    def head(self) -> int:
        """The seq of the newest event that listeners were given."""
        return self._head

    @property
    def commits(self) -> CommitFigures:
        """How many commits there were since the ledger was opened, and how long they took."""
        return self._engine.commits.read()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hand every committed event to `listener` from now on, in seq order, a group at a time, in the event loop.

        Returns what ends it. A listener must not block.
        """
        self._listeners.append(listener)
        return partial(self._unsubscribe, listener)

    async def check_writable(self) -> None:
        """Take the database's write lock once, and write where the last commit failed. Raises LedgerUnavailable.

        A full disk still gives the lock; writing at each question would let anybody who asks keep the disk busy.
        """
        await self._engine.write(Transaction.touch if self._engine.commits.failing else Transaction.now_ms)

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        self._head = events[-1].seq
        for listener in tuple(self._listeners):
            try:
                listener(events)
            except Exception:  # noqa: BLE001 - one listener must not take the events from the others
                _log.exception("a listener of the ledger failed; the others go on")

    def _unsubscribe(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
