"""One transaction of the ledger: what operations write through, so that a row and its event are never apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from headway.core.clock import Clock
from headway.core.delegation import Status
from headway.core.events import Event, Other, Payload
from headway.ledger import schema
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
    """

    def __init__(self, conn: Connection, clock: Clock, new_id: Callable[[], str], *, inbox_push: bool = False) -> None:
        self.conn = conn
        self.new_id = new_id
        self.inbox_push = inbox_push
        self.events: list[StoredEvent] = []
        self._clock = clock
        self._first = self._head = int(_HEAD(conn).scalar_one())
        self._counts: Counter[Status] = Counter()
        self._moves = 0
        self.outdates = False
        """Whether what is remembered of tokens and workspaces is no longer true; see `outdate`."""

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
    ) -> Event:
        """Give an event its seq and keep it for `flush`; `event_type` names one whose payload is `Other`."""
        event = Event(self._head + 1, str(event_type or payload.TYPE), timestamp, payload)
        encoded = _encode(payload)
        self.events.append(
            StoredEvent(event.seq, workspace_id, target_id, delegation_id, event.type, timestamp, encoded)
        )
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

    @property
    def moves(self) -> int:
        """How many events and moves between statuses there were."""
        return self._moves

    @contextmanager
    def savepoint(self) -> Iterator[Callable[[], None]]:
        """Gives what undoes alone what is done inside."""
        head, events, counts = self._head, len(self.events), self._counts.copy()

        def undo() -> None:
            run(self.conn, "ROLLBACK TO SAVEPOINT operation")
            self._head, self._counts = head, counts
            del self.events[events:]

        run(self.conn, "SAVEPOINT operation")
        yield undo
        run(self.conn, "RELEASE SAVEPOINT operation")

    def touch(self) -> None:
        """Write and change nothing, to learn whether the disk takes it."""
        for there_and_back in (1, -1):  # SQLite writes no page for a row that is given the values it has
            _SET_HEAD(self.conn, head=self._head, added=there_and_back)

    def flush(self) -> None:
        """Write the events, the head and the counters; to be called once, before the commit."""
        for status, delta in self._counts.items():
            if delta and not _COUNT(self.conn, status_is=status.value, delta=delta).rowcount:
                _FIRST_COUNT(self.conn, status=status.value, count=delta)
        if self._head == self._first:
            return
        _INSERT_EVENT.many_of(self.conn, self.events)
        added = sum(_size(event.payload) for event in self.events)
        _SET_HEAD(self.conn, head=self._head, added=added)


def _encode(payload: Payload) -> str:
    if isinstance(payload, Other):
        return json.dumps(payload.data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return payload.model_dump_json(exclude_none=True)


def _size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
