"""The ledger against a model of it: the lifecycle, the queue, fencing, restarts and crashes, in any order.

`make test` runs a few examples, `make soak` ten thousand. Found failures are made small and kept by hypothesis.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from headway.core.delegation import Row, Status
from headway.core.events import Evicted, apply
from headway.core.progress import EMPTY_PROGRESS, Splice
from headway.core.text import BODY_LIMIT
from headway.ledger.errors import CursorGone, LedgerError
from headway.ledger.ledger import Ledger
from headway.ledger.records import Cancellation, Completion, Failure, NewDelegation, Observation, Retention
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from support.ledger_model import EDGES, Item, Model, Refused
from support.ledgers import Clockwork, numbered_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from headway.ledger.records import StoredEvent

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "0"))
PARTS = int(os.environ.get("SOAK_PARTS", "1"))
STEPS = 50

SOURCES = st.sampled_from(["s1", "s2"])
TARGETS = st.sampled_from(["t1", "t1", "t1", "t2"])
PICKS = st.integers(0, 9)
MOST = 8
ATTEMPTS = st.sampled_from([None, 0, 0, 0, -1, 1])
"""None: not named; otherwise so far from the current attempt."""
SOON = st.sampled_from([None, None, None, None, None, 1, 1_000, 60_000])
SEEN = st.sampled_from([None, None, Status.IN_PROGRESS, Status.INPUT_REQUIRED])
OUTCOMES = st.sampled_from([Completion("done"), Completion(), Failure("no route"), Cancellation(True, "stopped")])
STATUS_OF = {Completion: "completed", Failure: "failed", Cancellation: "canceled"}
EVERYTHING = 1_000


class LifecycleMachine(RuleBasedStateMachine):
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
        self.folded: dict[str, Row] = {}
        self.snapshots: list[tuple[int, dict[str, Row]]] = []
        self.lowest = 1
        self.recorded = 0

    # The ledger, opened and reopened

    @initialize()
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
        self.ledger.subscribe(self.hear)

    def hear(self, events: Sequence[StoredEvent]) -> None:
        for stored in events:
            assert stored.seq == len(self.heard) + 1, "an event is lost, or out of order"
            self.heard.append(stored)
            fold(self.folded, stored)

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

    # What callers do

    @rule(
        source=SOURCES,
        agent=TARGETS,
        task=st.sampled_from(["a", "a", "b"]),
        key=st.sampled_from([None, None, None, "k"]),
        priority=st.sampled_from([50, 50, 10, 100]),
        expires=SOON,
        deadline=SOON,
    )
    def delegate(
        self,
        source: str,
        agent: str,
        task: str,
        key: str | None,
        priority: int,
        expires: int | None,
        deadline: int | None,
    ) -> None:
        now = self.clock.ms
        expires_at = None if expires is None else now + expires
        deadline_at = None if deadline is None else now + deadline
        known = self.model.keyed(source, key)

        def expected() -> None:
            if known is not None and (known.target, known.task) != (agent, task):
                raise Refused("IdempotencyConflict")

        new = NewDelegation(source, agent, task, key, priority, expires_at, deadline_at)
        made = self.agree(expected, self.ledger.delegate(new))
        if made is None:
            return
        assert made.created == (known is None)
        if known is not None:
            assert made.delegation.delegation_id == known.id
            return
        self.model.add(
            Item(
                made.delegation.delegation_id,
                self.model.next_arrival(),
                source,
                agent,
                task,
                "pending",
                key=key,
                priority=priority,
                expires_at=expires_at,
                deadline=deadline_at,
            )
        )

    @rule(agent=TARGETS, priorities=st.lists(st.sampled_from([50, 50, 10, 100]), min_size=2, max_size=4))
    def delegate_some(self, agent: str, priorities: list[int]) -> None:
        for priority in priorities:
            made = self.do(self.ledger.delegate(NewDelegation("s1", agent, "a", priority=priority)))
            arrival = self.model.next_arrival()
            self.model.add(Item(made.delegation.delegation_id, arrival, "s1", agent, "a", "pending", priority=priority))

    @rule(source=SOURCES, agent=TARGETS, again=st.booleans(), number=PICKS)
    def record(self, source: str, agent: str, again: bool, number: int) -> None:
        self.recorded += 1
        known = self.pick(number) if again and self.model.items else None
        delegation_id = known.id if known else f"recorded-{self.recorded}"

        def expected() -> None:
            if known is not None and known.source != source:
                raise Refused("Conflict")

        made = self.agree(expected, self.ledger.record(source, agent, "sent by itself", delegation_id))
        if made is not None and known is None:
            arrival = self.model.next_arrival()
            item = Item(delegation_id, arrival, source, agent, "sent by itself", "dispatched", recorded=True)
            self.model.add(replace(item, attempt=1))

    @rule(source=SOURCES, number=PICKS, status=st.sampled_from(Status))
    def update(self, source: str, number: int, status: Status) -> None:
        item = self.pick(number, "dispatched", "in_progress")
        row = self.agree(
            lambda: self.model.update(self.find(item), source, status.value, self.now_of(item)),
            self.ledger.update(source, item.id, status),
        )
        if row is not None and status in (Status.DISPATCHED, Status.IN_PROGRESS):
            self.went_on(item, row, {item.status, "in_progress", "input_required"})

    @rule(number=PICKS, reason=st.sampled_from([None, "not needed"]))
    def cancel(self, number: int, reason: str | None) -> None:
        item = self.pick(number)
        now = self.now_of(item)
        self.agree(lambda: self.model.cancel(self.find(item), now), self.ledger.request_cancel(item.id, reason))

    # What the dispatcher does

    @rule(agent=TARGETS, limit=st.integers(1, 3))
    def claim(self, agent: str, limit: int) -> None:
        expected = self.model.claimable(agent, self.clock.ms, limit)
        claimed = [one.delegation for one in self.do(self.ledger.claim(agent, limit))]
        assert [one.delegation_id for one in claimed] == [item.id for item in expected]
        for item, one in zip(expected, claimed, strict=True):
            self.model.claim(item)
            assert (one.attempt, one.status) == (item.attempt, Status.DISPATCHED)

    @rule(agent=TARGETS)
    def claim_in_a_race(self, agent: str) -> None:
        """Two at once take different ones, both from the front."""

        async def both() -> list[Any]:
            return [*await asyncio.gather(self.ledger.claim(agent, 1), self.ledger.claim(agent, 1))]

        expected = self.model.claimable(agent, self.clock.ms, 2)
        claimed = [one.delegation.delegation_id for taken in self.do(both()) for one in taken]
        assert claimed == [item.id for item in expected]
        for item in expected:
            self.model.claim(item)

    @rule(number=PICKS, off=ATTEMPTS, wait=st.sampled_from([None, None, 5_000]))
    def put_back(self, number: int, off: int | None, wait: int | None) -> None:
        item = self.pick(number, "dispatched")
        attempt = None if off is None else item.attempt + off
        not_before = None if wait is None else self.clock.ms + wait
        self.agree(
            lambda: self.model.enqueue(self.find(item), attempt, not_before),
            self.ledger.enqueue(item.id, attempt=attempt, not_before=not_before, message="the agent is busy"),
        )

    @rule(agent=TARGETS)
    def no_slot_free(self, agent: str) -> None:
        pending = [one for one in self.model.items.values() if (one.target, one.status) == (agent, "pending")]
        assert self.do(self.ledger.enqueue_pending(agent)) == len(pending)
        for item in pending:
            self.model.enqueue(item, None, None)

    @rule(number=PICKS, off=ATTEMPTS, seen=SEEN, text=st.sampled_from([None, "some ", "é字\n"]), back=PICKS)
    def observe(self, number: int, off: int | None, seen: Status | None, text: str | None, back: int) -> None:
        item = self.pick(number, "dispatched", "in_progress", "input_required", "stuck", "canceling")
        attempt = None if off is None else item.attempt + off
        end = self.folded[item.id].progress.end if item.id in self.folded else 0
        splice = None if text is None else Splice(max(0, end - back), text)
        row = self.agree(
            lambda: self.model.check_observing(self.find(item), attempt),
            self.ledger.append(item.id, attempt, Observation(seen, progress_percent=12.5, splice=splice)),
        )
        if row is not None:
            self.went_on(item, row, {item.status, seen.value if seen else "in_progress", "input_required"})

    @rule(number=PICKS)
    def sign_of_life(self, number: int) -> None:
        item = self.pick(number)
        row = self.agree(lambda: self.find(item), self.ledger.sign_of_life(item.id))
        if row is not None:
            allowed = {item.status} if item.ended or item.status in ("pending", "queued", "canceling") else set()
            self.went_on(item, row, allowed or {"in_progress", "input_required"})

    def went_on(self, item: Item, row: Row, allowed: set[str]) -> None:
        """The model learns which of the statuses that are right it became."""
        assert row.status.value in ({"canceling"} if item.status == "canceling" else allowed)
        assert row.status.value == item.status or row.status.value in EDGES[item.status]
        item.status = row.status.value

    @rule(number=PICKS, off=ATTEMPTS, outcome=OUTCOMES)
    def settle(self, number: int, off: int | None, outcome: Completion | Failure | Cancellation) -> None:
        item = self.pick(number, "dispatched", "in_progress", "input_required", "stuck", "canceling")
        attempt = None if off is None else item.attempt + off
        now = self.now_of(item)
        self.agree(
            lambda: self.model.settle(self.find(item), STATUS_OF[type(outcome)], attempt, now),
            self.ledger.settle(item.id, attempt, outcome),
        )

    def now_of(self, item: Item) -> int:
        """The time that a change of it has: never before its last one, whatever the clock says."""
        return max(self.clock.ms, self.folded[item.id].updated_at) if item.id in self.folded else self.clock.ms

    # Time

    @rule(by=st.sampled_from([0, 1, 1_000, 5_000, 60_000, -700]))
    def time_passes(self, by: int) -> None:
        self.clock.ms += by

    @rule(silence=st.sampled_from([0, 1_000, 30_000]))
    def sweep(self, silence: int) -> None:
        since = self.clock.ms - silence
        silent = [
            item
            for item in self.model.items.values()
            if item.status in ("dispatched", "in_progress") and self.folded[item.id].last_activity_at < since
        ]
        overdue = self.model.overdue(self.clock.ms)
        times = {item.id: self.now_of(item) for item in overdue}
        assert sorted(self.do(self.ledger.mark_stuck(since))) == sorted(item.id for item in silent)
        for item in silent:
            item.status = "stuck"
        failed = self.do(self.ledger.fail_overdue())
        assert sorted(row.delegation_id for row in failed) == sorted(item.id for item in overdue)
        for item in overdue:
            self.model.settle(item, "failed", None, times[item.id])

    @rule(
        keep=st.sampled_from([None, 0, 1, 3]),
        age=st.sampled_from([None, 0, 1_000, 60_000]),
        events=st.sampled_from([None, None, 0, 5]),
    )
    def evict(self, keep: int | None, age: int | None, events: int | None) -> None:
        gone = self.model.evict(keep, None if age is None else self.clock.ms - age)
        evicted = self.do(self.ledger.evict(Retention(keep, age, events, None)))
        assert evicted.delegations == len(gone)
        for delegation_id in gone:
            assert self.do(self.ledger.get(delegation_id)) is None
        if events is not None:
            self.lowest = max(self.lowest, self.ledger.head - events + 1)

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
        if not hasattr(self, "ledger"):
            return
        rows = self.rows()
        assert rows == self.folded
        assert rows.keys() == self.model.items.keys()
        for item in self.model.items.values():
            row = rows[item.id]
            assert (row.status.value, row.attempt) == (item.status, item.attempt), item
            assert row.finished_at == item.finished_at, item

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
    assert stored.delegation_id is not None
    before = rows.get(stored.delegation_id)
    after = apply(event, before)
    assert after is not None
    rows[stored.delegation_id] = after
    if before is not None:
        assert after.status is before.status or after.status.value in EDGES[before.status.value]
        assert after.attempt >= before.attempt
        assert after.attempt == before.attempt or after.status is Status.DISPATCHED
        assert before.finished_at in (None, after.finished_at)
        assert after.updated_at >= before.updated_at
    assert replace(after, progress=EMPTY_PROGRESS).seq == stored.seq


async def make_empty_ledger(path: Path) -> None:
    async with Ledger.open(path, clock=Clockwork(), new_id=numbered_ids()):
        pass


@pytest.mark.req("C4")
@pytest.mark.timeout(0 if EXAMPLES else 600)  # a failure is made small first
@pytest.mark.parametrize("part", range(PARTS))
def test_the_ledger_does_what_the_model_does(part: int, tmp_path: Path) -> None:
    asyncio.run(make_empty_ledger(tmp_path / "empty.db"))
    LifecycleMachine.scratch = tmp_path
    chosen = settings(
        max_examples=EXAMPLES // PARTS or 20,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=settings().derandomize and not EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(LifecycleMachine, settings=chosen)
