"""A ledger and the model of it side by side: opened, restarted, crashed, and compared after every step."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from headway.core.delegation import Row, Status
from headway.core.events import Evicted
from headway.core.progress import EMPTY_PROGRESS
from headway.core.projection import apply
from headway.core.text import BODY_LIMIT
from headway.ledger.errors import CursorGone, LedgerError
from headway.ledger.ledger import Ledger
from headway.ledger.reading import position
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.ledger_model import EDGES, Item, Model, Refused
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from headway.ledger.records import StoredEvent

SOURCES = st.sampled_from(["s1", "s2"])
TARGETS = st.sampled_from(["t1", "t1", "t1", "t2"])
PICKS = st.integers(0, 9)
MOST = 8
EVERYTHING = 1_000


class LedgerMachine(RuleBasedStateMachine):
    scratch: Path
    """Where each example has its folder, beside the empty ledger that it begins with: migrations cost more than it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.root = Path(tempfile.mkdtemp(dir=self.scratch))
        self.lives = 0
        self.clock = Clockwork()
        self.new_id = numbered_ids()
        self.model = Model()
        self.heard: list[StoredEvent] = []
        self.wrong: list[Exception] = []
        self.folded: dict[str, Row] = {}
        self.snapshots: list[tuple[int, dict[str, Row]]] = []
        self.lowest = 1
        self.recorded = 0

    # The ledger, opened and reopened

    def open(self) -> None:
        self.folder = self.root / "0"
        self.folder.mkdir()
        shutil.copy(self.scratch / "empty.db", self.folder / "ledger.db")
        self._open()

    @rule()
    def restart(self) -> None:
        self.do(self.stack.aclose())
        self._open()

    @rule()
    def crash(self) -> None:
        """Go on from the files as they are at this moment, the write-ahead log unfolded: what kill -9 leaves."""
        self.lives += 1
        left = self.root / str(self.lives)
        left.mkdir()
        for file in self.folder.iterdir():
            if not file.name.endswith((".lock", "-shm")):
                shutil.copy(file, left / file.name)
        self.do(self.stack.aclose())
        self.folder = left
        self._open()

    def _open(self) -> None:
        opening = Ledger.open(self.folder / "ledger.db", clock=self.clock, new_id=self.new_id)
        self.ledger: Ledger = self.do(self.stack.enter_async_context(opening))
        assert self.ledger.head == len(self.heard)
        owed = self.do(self.ledger.undelivered_replies())
        assert {delegation_id: reply.text for delegation_id, reply in owed.items()} == self.model.undelivered()
        self.ledger.subscribe(self.hear)

    def hear(self, events: Sequence[StoredEvent]) -> None:
        """What is wrong is kept for the invariant: what a listener raises goes to the ledger's log and no further."""
        for stored in events:
            try:
                assert stored.seq == len(self.heard) + 1, "an event is lost, or out of order"
                fold(self.folded, stored)
            except (AssertionError, LookupError) as error:
                self.wrong.append(error)
            self.heard.append(stored)

    def do(self, operation: Awaitable[Any]) -> Any:
        async def run() -> Any:
            return await operation

        return self.runner.run(run())

    def agree(self, expected: Callable[[], Any], operation: Awaitable[Any]) -> Any:
        """Do it in the ledger and in the model: both do it, or both refuse it for the same reason (then None)."""
        refusal: LedgerError | None = None
        why = result = None
        try:
            expected()
        except Refused as refused:
            why = refused.why
        try:
            result = self.do(operation)
        except LedgerError as error:
            refusal = error
        said = type(refusal).__name__ if refusal else None
        assert said == why, f"the ledger says {refusal!r}, the model {why}"
        return result

    def pick(self, number: int, *likely: str) -> Item:
        """One of those that have a likely status; one of all for a high number, or where there is none."""
        items = [one for one in self.model.items.values() if one.status in likely and number < MOST]
        items = items or [*self.model.items.values()]
        return items[number % len(items)] if items else Item("nothing", 0, "s1", "t1", "", "pending")

    def find(self, item: Item) -> Item:
        return self.model.find(item.id)

    def now_of(self, item: Item) -> int:
        """The time that a change of it has: never before its last one, whatever the clock says."""
        return max(self.clock.ms, self.folded[item.id].updated_at) if item.id in self.folded else self.clock.ms

    def went_on(self, item: Item, row: Row, said: str | None) -> None:
        """The model learns which of the statuses that are right it became; `said` is what its agent named, if it did.

        Where it named none, one that asked before it fell silent asks again, unless somebody has answered meanwhile.
        """
        if item.status == "canceling":
            assert row.status is Status.CANCELING
            return
        if said is not None and not item.ended:
            item.asks = said == "input_required"
        asking = item.status == "input_required" or (item.status == "stuck" and item.asks)
        alive = "input_required" if asking else "in_progress"
        assert row.status.value in {item.status, said or alive}
        assert row.status.value == item.status or row.status.value in EDGES[item.status]
        item.status = row.status.value

    # What readers see

    @rule()
    def take_snapshot(self) -> None:
        taken = self.do(self.ledger.snapshot(EVERYTHING, BODY_LIMIT))
        self.snapshots.append((taken.seq, {row.delegation_id: row for row in taken.delegations}))

    @rule(number=PICKS)
    def a_snapshot_and_its_events_are_the_ledger(self, number: int) -> None:
        if not self.snapshots:
            return
        seq, rows = self.snapshots[number % len(self.snapshots)]
        if seq + 1 < self.lowest:
            with pytest.raises(CursorGone):
                self.do(self.ledger.replay(seq, EVERYTHING))
            return
        followed = dict(rows)
        replayed = self.do(self.ledger.replay(seq, 100_000))
        assert replayed == self.heard[seq:]
        for stored in replayed:
            fold(followed, stored)
        assert followed == self.rows()

    @rule(workspace=st.sampled_from(["s1", "t1", "t2"]))
    def a_workspace_is_replayed_its_own_events(self, workspace: str) -> None:
        after = max(0, self.lowest - 1)
        replayed = self.do(self.ledger.replay(after, 100_000, workspace))
        assert replayed == [one for one in self.heard[after:] if workspace in (one.workspace_id, one.target_id)]

    def rows(self) -> dict[str, Row]:
        taken = self.do(self.ledger.snapshot(EVERYTHING, BODY_LIMIT))
        assert taken.seq == self.ledger.head == len(self.heard)
        counted = Counter(row.status for row in taken.delegations)
        assert taken.totals == {status: counted[status] for status in Status}
        return {row.delegation_id: row for row in taken.delegations}

    @invariant()
    def ledger_model_and_events_agree(self) -> None:
        if self.wrong:
            raise self.wrong[0]
        if not hasattr(self, "ledger"):
            return
        rows = self.rows()
        assert rows == self.folded
        assert rows.keys() == self.model.items.keys()
        kept = {one.delegation_id: one for one in self.do(self.ledger.records(limit=EVERYTHING)).delegations}
        assert kept.keys() == rows.keys()
        for item in self.model.items.values():
            row, record = rows[item.id], kept[item.id]
            assert (row.status.value, row.attempt) == (item.status, item.attempt), item
            assert (row.finished_at, row.expires_at) == (item.finished_at, item.expires_at), item
            assert (row.priority, record.tries) == (item.priority, item.tries), item
            assert (record.queued_at, record.queue_id) == (item.queued_at, item.queue_id), item
            assert record.retry_of == item.retry_of, item
        if self.model.items:
            self._history_is_what_was_heard([*rows][len(self.heard) % len(rows)])

    def _history_is_what_was_heard(self, delegation_id: str) -> None:
        _epoch, _head, lowest = self.do(self.ledger._read(position))
        kept = [one for one in self.heard if one.seq >= lowest and one.delegation_id == delegation_id]
        told = [one for one in kept if one.type != "DELEGATION_PROGRESS"]
        assert self.do(self.ledger.history(delegation_id, EVERYTHING)) == told

    def teardown(self) -> None:
        try:
            self.do(self.stack.aclose())
        finally:
            self.runner.close()
            shutil.rmtree(self.root)


def fold(rows: dict[str, Row], stored: StoredEvent) -> None:
    """Apply one event; the lifecycle, the first terminal status and the attempts are watched on the way."""
    event = stored.decode()
    if isinstance(event.payload, Evicted):
        for delegation_id in event.payload.delegation_ids:
            del rows[delegation_id]
        return
    if stored.delegation_id is None:
        # Of a workspace: its runtime names another task.
        return
    before = rows.get(stored.delegation_id)
    after = apply(event, before)
    assert after is not None
    rows[stored.delegation_id] = after
    if before is not None:
        assert after.status is before.status or after.status.value in EDGES[before.status.value]
        assert after.attempt >= before.attempt
        answered = (before.status, after.status) == (Status.INPUT_REQUIRED, Status.IN_PROGRESS)
        assert after.attempt == before.attempt or answered or after.status is Status.DISPATCHED
        assert before.finished_at in (None, after.finished_at)
        assert after.updated_at >= before.updated_at
    assert replace(after, progress=EMPTY_PROGRESS).seq == stored.seq


async def make_empty_ledger(path: Path) -> None:
    async with Ledger.open(path, clock=Clockwork(), new_id=numbered_ids()):
        pass
