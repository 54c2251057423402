"""Snapshot + events = the ledger's own rows, for any order of operations, clocks that go back, and restarts."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from headway.core.delegation import EDGES, Row, Status, Via
from headway.core.events import Evicted
from headway.core.progress import EMPTY_PROGRESS, ProgressText, Splice
from headway.core.projection import apply
from headway.core.text import BODY_LIMIT
from headway.ledger.errors import CursorGone, LedgerError
from headway.ledger.ledger import Ledger
from headway.ledger.records import (
    Beat,
    Cancellation,
    Completion,
    Failure,
    NewDelegation,
    NewWorkspace,
    Observation,
    Retention,
    Undelivered,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from headway.ledger.records import StoredEvent

EXAMPLES = int(os.environ.get("PROJECTION_EXAMPLES", "12"))
SOURCES = st.sampled_from(["s1", "s2"])
TARGETS = st.sampled_from(["t1", "t2"])
PICKS = st.integers(0, 1_000)
ATTEMPTS = st.sampled_from([None, 0, 0, 0, 1])
"""None: not named; otherwise so far from the current attempt."""
TEXTS = st.text(alphabet="ab\né字", max_size=12) | st.integers(1, 3).map(lambda times: "0123456789" * 300 * times)
PERCENTS = st.none() | st.sampled_from([0.0, 12.5, 100.0])
MESSAGES = st.none() | st.sampled_from(["", "reading", "writing"])
OUTCOMES = st.one_of(
    st.builds(Completion, result=TEXTS, via=st.none() | st.sampled_from(Via)),
    st.builds(Failure, error=st.sampled_from(["", "no route", "empty body"])),
    st.builds(Cancellation, confirmed=st.booleans(), message=st.just("stopped"), reason=MESSAGES),
)


@dataclass
class Reader:
    """A dashboard: it took a snapshot once and has followed the events since."""

    seq: int
    rows: dict[str, Row]
    unseen: set[str]
    """What had ended, and was left out of its snapshot."""

    def follow(self, events: Sequence[StoredEvent]) -> None:
        for stored in events:
            event = stored.decode()
            assert event.seq == stored.seq > self.seq
            self.seq = event.seq
            if isinstance(event.payload, Evicted):
                for delegation_id in event.payload.delegation_ids:
                    self.rows.pop(delegation_id, None)
                    self.unseen.discard(delegation_id)
            elif stored.delegation_id:
                row = apply(event, self.rows.get(stored.delegation_id))
                assert (row is None) == (stored.delegation_id in self.unseen)
                if row is not None:
                    self.rows[stored.delegation_id] = row


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp(prefix="headway-ledger-"))
        self.clock = Clockwork()
        self.new_id = numbered_ids()
        self.stack = AsyncExitStack()
        self.readers: list[Reader] = []
        self.heard: list[StoredEvent] = []
        self.lowest = 1
        self.ids: list[str] = []
        self.recorded = 0

    def do(self, operation: Awaitable[Any]) -> Any:
        async def run() -> Any:
            return await operation

        return self.runner.run(run())

    def attempt(self, operation: Awaitable[Any]) -> Any:
        try:
            return self.do(operation)
        except LedgerError:
            return None

    def pick(self, number: int) -> str:
        return self.ids[number % len(self.ids)] if self.ids else "nothing"

    def attempt_of(self, delegation_id: str, off: int | None) -> int | None:
        found = self.do(self.ledger.get(delegation_id))
        return None if off is None or found is None else found.attempt + off

    @initialize()
    def begin(self) -> None:
        self.open()
        for agent in ("t1", "t2"):
            self.do(self.ledger.add_workspace(NewWorkspace(agent, id=agent)))

    def open(self) -> None:
        self.ledger: Ledger = self.do(
            self.stack.enter_async_context(
                Ledger.open(self.directory / "ledger.db", clock=self.clock, new_id=self.new_id)
            )
        )
        self.ledger.subscribe(self.heard.extend)

    @rule()
    def restart(self) -> None:
        epoch = self.ledger.epoch
        self.do(self.stack.aclose())
        self.open()
        assert self.ledger.epoch == epoch
        assert self.ledger.head == (self.heard[-1].seq if self.heard else 0)

    @rule(ms=st.integers(-3_000, 60_000))
    def tick(self, ms: int) -> None:
        self.clock.ms += ms

    @rule(
        source=SOURCES,
        agent=TARGETS,
        task=st.sampled_from(["a", "b" * 300]),
        key=st.none() | st.sampled_from(["k1", "k2"]),
        priority=st.sampled_from([10, 50, 100]),
        due=st.none() | st.integers(0, 90_000),
        expiry=st.none() | st.integers(0, 90_000),
    )
    def delegate(
        self, source: str, agent: str, task: str, key: str | None, priority: int, due: int | None, expiry: int | None
    ) -> None:
        new = NewDelegation(
            source,
            agent,
            task,
            idempotency_key=key,
            priority=priority,
            deadline=None if due is None else self.clock.ms + due,
            expires_at=None if expiry is None else self.clock.ms + expiry,
        )
        made = self.attempt(self.ledger.delegate(new))
        if made and made.created:
            self.ids.append(made.delegation.delegation_id)

    @rule(source=SOURCES, agent=TARGETS, again=st.booleans(), number=PICKS)
    def record(self, source: str, agent: str, again: bool, number: int) -> None:
        self.recorded += 1
        delegation_id = self.pick(number) if again and self.ids else f"recorded-{self.recorded}"
        made = self.attempt(self.ledger.record(source, agent, "sent by itself", delegation_id))
        if made and made.created:
            self.ids.append(delegation_id)

    @rule(agent=TARGETS, limit=st.integers(1, 3))
    def claim(self, agent: str, limit: int) -> None:
        self.do(self.ledger.claim(agent, limit))

    @rule(
        number=PICKS,
        off=st.sampled_from([0, 0, 0, 1]),
        message=st.sampled_from(["", "reading", "writing"]),
        tries=st.integers(0, 2),
        wait=st.none() | st.just(5_000),
        give_up=st.sampled_from([False, False, False, True]),
    )
    def put_back(self, number: int, off: int, message: str, tries: int, wait: int | None, give_up: bool) -> None:
        delegation_id = self.pick(number)
        not_before = None if wait is None else self.clock.ms + wait
        said = Undelivered(message, tries, not_before, give_up)
        self.attempt(self.ledger.put_back(delegation_id, self.attempt_of(delegation_id, off) or 0, said))

    @rule(
        number=PICKS,
        off=ATTEMPTS,
        status=st.none() | st.sampled_from([*Status]),
        message=MESSAGES,
        percent=PERCENTS,
        text=st.none() | TEXTS,
        back=st.integers(-3, 40) | st.just(0),
    )
    def append(
        self,
        number: int,
        off: int | None,
        status: Status | None,
        message: str | None,
        percent: float | None,
        text: str | None,
        back: int,
    ) -> None:
        delegation_id = self.pick(number)
        found = self.do(self.ledger.get(delegation_id))
        if found is None:
            return
        end = found.progress_offset + len(found.progress_text)
        splice = None if text is None else Splice(max(0, end - back), text)
        seen = Observation(status, message, percent, splice, remote_task_id="r" if percent else None)
        attempt = None if off is None else found.attempt + off
        self.attempt(self.ledger.append(delegation_id, attempt, seen))

    @rule(number=PICKS)
    def heartbeat(self, number: int) -> None:
        found = self.do(self.ledger.get(self.pick(number)))
        if found is not None:
            self.do(self.ledger.heartbeat(found.target_id, Beat(current_task=found.delegation_id), self.clock.ms))

    @rule(number=PICKS, off=ATTEMPTS, outcome=OUTCOMES)
    def settle(self, number: int, off: int | None, outcome: Completion | Failure | Cancellation) -> None:
        delegation_id = self.pick(number)
        self.attempt(self.ledger.settle(delegation_id, self.attempt_of(delegation_id, off), outcome))

    @rule(source=SOURCES, number=PICKS, status=st.sampled_from(Status), preview=st.none() | st.just("done so far"))
    def update(self, source: str, number: int, status: Status, preview: str | None) -> None:
        self.attempt(self.ledger.update(source, self.pick(number), status, response_preview=preview))

    @rule(number=PICKS, reason=MESSAGES)
    def cancel(self, number: int, reason: str | None) -> None:
        self.attempt(self.ledger.request_cancel(self.pick(number), reason))

    @rule(silence=st.integers(0, 30_000))
    def sweep(self, silence: int) -> None:
        self.do(self.ledger.mark_stuck(self.clock.ms - silence))
        self.do(self.ledger.fail_overdue())

    @rule(finished=st.none() | st.integers(0, 3), age=st.none() | st.integers(0, 50_000), events=st.none() | PICKS)
    def evict(self, finished: int | None, age: int | None, events: int | None) -> None:
        self.do(self.ledger.evict(Retention(finished, age, events, None)))
        if events is not None:
            self.lowest = max(self.lowest, self.ledger.head - events + 1)

    @rule(finished=st.sampled_from([0, 1, 1_000]), tail=st.sampled_from([0, 7, 4_096, BODY_LIMIT]))
    def take_snapshot(self, finished: int, tail: int) -> None:
        taken = self.do(self.ledger.snapshot(finished, tail))
        whole = self.do(self.ledger.snapshot(1_000))
        rows = {row.delegation_id: row for row in taken.delegations}
        unseen = {row.delegation_id: row for row in whole.delegations if row.delegation_id not in rows}
        assert all(row.status.is_terminal for row in unseen.values())
        assert len([row for row in rows.values() if row.status.is_terminal]) <= finished
        self.readers.append(Reader(taken.seq, rows, set(unseen)))

    @rule()
    def readers_catch_up(self) -> None:
        truth = self.do(self.ledger.snapshot(1_000, BODY_LIMIT))
        rows = {row.delegation_id: row for row in truth.delegations}
        followed = []
        for reader in self.readers:
            try:
                reader.follow(self.do(self.ledger.replay(reader.seq, 100_000)))
            except CursorGone:
                assert reader.seq + 1 < self.lowest
                continue
            assert reader.rows.keys() | reader.unseen == rows.keys()
            for delegation_id, row in reader.rows.items():
                assert_same(row, rows[delegation_id])
            followed.append(reader)
        self.readers = followed

    @invariant()
    def counters_are_the_counts(self) -> None:
        if not hasattr(self, "ledger"):
            return
        taken = self.do(self.ledger.snapshot(1_000))
        counted = Counter(row.status for row in taken.delegations)
        assert taken.totals == {status: counted[status] for status in Status}
        assert taken.seq == self.ledger.head

    def teardown(self) -> None:
        try:
            if hasattr(self, "ledger"):
                self.readers_catch_up()
                assert [event.seq for event in self.heard] == list(range(1, len(self.heard) + 1))
                assert self.do(self.ledger.replay(self.lowest - 1, 100_000)) == self.heard[self.lowest - 1 :]
                assert_lawful(self.heard)
        finally:
            self.do(self.stack.aclose())
            self.runner.close()
            shutil.rmtree(self.directory)


def assert_same(row: Row, truth: Row) -> None:
    """The rows are equal, and the text is from where the reader's begins."""
    assert replace(row, progress=EMPTY_PROGRESS) == replace(truth, progress=EMPTY_PROGRESS)
    held, whole = row.progress, truth.progress
    assert held.end == whole.end
    assert held.start >= whole.start
    assert held == ProgressText.of(whole.text[held.start - whole.start :], start=held.start)


def assert_lawful(events: Sequence[StoredEvent]) -> None:
    """Every status follows from the one before by an edge, the first terminal one stays, and time does not go back."""
    rows: dict[str, Row] = {}
    for stored in events:
        event = stored.decode()
        if isinstance(event.payload, Evicted):
            # What an agent records again under an id that was forgotten is another delegation.
            for delegation_id in event.payload.delegation_ids:
                rows.pop(delegation_id, None)
        before = rows.get(stored.delegation_id or "")
        after = apply(event, before)
        if after is None:
            continue
        rows[after.delegation_id] = after
        if before is not None:
            assert after.status is before.status or after.status in EDGES[before.status]
            assert after.updated_at >= before.updated_at
            assert before.finished_at in (None, after.finished_at)


@pytest.mark.req("C4")
@pytest.mark.timeout(600)  # a failure is made small first
def test_whoever_follows_the_events_holds_the_ledgers_rows() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
    )
