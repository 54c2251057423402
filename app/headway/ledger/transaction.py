"""One transaction of the ledger: what operations write through, so that a row and its event are never apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.exc import OperationalError

from headway.core.clock import Clock
from headway.core.delegation import Status
from headway.core.events import Event, Other, Payload
from headway.ledger import schema
from headway.ledger.hot import Hot
from headway.ledger.pending import Pending
from headway.ledger.records import StoredEvent
from headway.ledger.statements import Prepared, inserting, run

_HEAD: Final = Prepared(select(schema.meta.c.head_seq).with_for_update())
_SET_HEAD: Final = Prepared(
    update(schema.meta).values(head_seq=bindparam("head"), event_bytes=schema.meta.c.event_bytes + bindparam("added"))
)
_INSERT_EVENT: Final = inserting(schema.events)
_COUNT: Final = Prepared(
    update(schema.counters)
    .where(schema.counters.c.status == bindparam("status_is"))
    .values(count=schema.counters.c.count + bindparam("delta"))
)
_FIRST_COUNT: Final = inserting(schema.counters)


class Transaction:
    """A connection inside a transaction, the events made so far, and the counters they move.

    Events and counters are written once, by `flush`, however many operations share the transaction. The row of `meta`
    is taken first and written last, so on a database with many writers no event becomes visible behind a later one.
    Rows of delegations and bodies wait as well, until somebody asks for `conn`: whoever reads sees all of them.
    """

    def __init__(
        self,
        conn: Connection,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        changes: Callable[[Connection], int],
        hot: Hot,
        inbox_push: bool = False,
    ) -> None:
        """`changes` counts the rows that a connection has changed so far."""
        self.new_id = new_id
        self.inbox_push = inbox_push
        self.hot = hot
        self.beside = conn
        """The connection as it is, for tables of which no row waits: texts of progress, workspaces, activity."""
        self.events: list[StoredEvent] = []
        self.outdates = False
        """Whether what is remembered of tokens and workspaces is no longer true; see `outdate`."""
        self.spoiled = False
        """Whether something that had waited could not be written; whose it was is not known then."""
        self._clock = clock
        self._changes = changes
        self._first = self._head = int(_HEAD(conn).scalar_one())
        self._added = 0
        self._previous: list[int | None] = []
        self._counts: Counter[Status] = Counter()
        self._moves = 0
        self._pending = Pending()
        self._settled = 0

    @property
    def conn(self) -> Connection:
        """The connection, once everything that waited is written. To be asked for anew at each use."""
        if self._pending:
            self.settle()
        return self.beside

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def emit(
        self,
        payload: Payload,
        *,
        workspace_id: str,
        timestamp: int,
        event_type: str | None = None,
        target_id: str | None = None,
        delegation_id: str | None = None,
        previous: int | None = None,
    ) -> Event:
        """Give an event its seq and keep it for `flush`; `event_type` names one whose payload is `Other`.

        `previous` is the seq of the one before it in its delegation's history.
        """
        encoded = _encode(payload)
        event = Event(self._head + 1, str(event_type or payload.TYPE), timestamp, payload)
        self.events.append(
            StoredEvent(event.seq, workspace_id, target_id, delegation_id, event.type, timestamp, encoded.decode())
        )
        self._previous.append(previous)
        self._added += len(encoded)
        self._head = event.seq
        self._moves += 1
        return event

    def outdate(self) -> None:
        """A token, or a workspace's place among the others, is written; see `remembered`."""
        self.outdates = True

    def count(self, before: Status | None, after: Status | None) -> None:
        """Move one delegation from a status to another; None is outside the ledger."""
        self._moves += 1
        if before is not None:
            self._counts[before] -= 1
        if after is not None:
            self._counts[after] += 1

    def insert(self, table: Table, key: int, values: dict[str, Any]) -> None:
        """Write a row of every column, at the latest before anybody reads; see `Pending`."""
        self._moves += 1
        self._pending.insert(table, key, values)

    def update(self, table: Table, key: int, values: dict[str, Any]) -> None:
        """Write columns of a row, at the latest before anybody reads; see `Pending`."""
        self._moves += 1
        self._pending.update(table, key, values)

    def written(self) -> tuple[int, int]:
        """What differs as soon as anything is written or waits to be."""
        return self._changes(self.beside) - self._settled, self._moves

    @contextmanager
    def savepoint(self) -> Iterator[Callable[[], None]]:
        """Gives what undoes alone what is done inside."""
        self.settle()
        head, events, counts, added = self._head, len(self.events), self._counts.copy(), self._added

        def undo() -> None:
            run(self.beside, "ROLLBACK TO SAVEPOINT operation")
            self._head, self._counts, self._added = head, counts, added
            del self.events[events:], self._previous[events:]
            self.abandon()

        run(self.beside, "SAVEPOINT operation")
        yield undo
        run(self.beside, "RELEASE SAVEPOINT operation")

    def abandon(self) -> None:
        """It is rolled back, or a part of it: nothing waits, and what is known of rows is forgotten."""
        self._pending.drop()
        self.hot.forget()

    def touch(self) -> None:
        """Write and change nothing, to learn whether the disk takes it."""
        for there_and_back in (1, -1):  # SQLite writes no page for a row that is given the values it has
            _SET_HEAD(self.beside, head=self._head, added=there_and_back)

    def settle(self) -> None:
        """Write the rows that wait. What the database makes of them is raised; `spoiled` means it was not the disk."""
        before = self._changes(self.beside)
        try:
            self._pending.write(self.beside)
        except OperationalError:
            raise
        except Exception:
            # All that is not the disk: a row that was refused, by whichever error of driver or SQLAlchemy.
            self.spoiled = True
            raise
        finally:
            self._settled += self._changes(self.beside) - before

    def flush(self) -> None:
        """Write what waits, the events, the head and the counters; to be called once, before the commit."""
        self.settle()
        for status, delta in self._counts.items():
            if delta and not _COUNT(self.beside, status_is=status.value, delta=delta).rowcount:
                _FIRST_COUNT(self.beside, status=status.value, count=delta)
        if self._head == self._first:
            return
        rows = [(*event, previous) for event, previous in zip(self.events, self._previous, strict=True)]
        _INSERT_EVENT.many_of(self.beside, rows)
        _SET_HEAD(self.beside, head=self._head, added=self._added)


def _encode(payload: Payload) -> bytes:
    if isinstance(payload, Other):
        return json.dumps(payload.data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    # As `model_dump_json` does it, which looks at a dozen more arguments first.
    return payload.__pydantic_serializer__.to_json(payload, exclude_none=True)
