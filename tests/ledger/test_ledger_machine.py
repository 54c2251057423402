"""The ledger against a model of it: the lifecycle, the queue, fencing, restarts and crashes, in any order.

`make test` runs a few examples, `make soak` ten thousand. Found failures are made small and kept by hypothesis.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from headway.core.delegation import Status
from headway.core.progress import Splice
from headway.ledger.records import (
    Beat,
    Cancellation,
    Completion,
    Failure,
    NewDelegation,
    NewWorkspace,
    Observation,
    Retention,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from support.ledger_machine import PICKS, SOURCES, TARGETS, make_empty_ledger
from support.ledger_model import Item, Refused
from support.ledger_queue_rules import ATTEMPTS, QueueRules

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "0"))
PARTS = int(os.environ.get("SOAK_PARTS", "1"))
STEPS = 50

SOON = st.sampled_from([None, None, None, None, None, 1, 1_000, 60_000])
SEEN = st.sampled_from([None, Status.IN_PROGRESS, Status.INPUT_REQUIRED, Status.INPUT_REQUIRED])
OUTCOMES = st.sampled_from([Completion("done"), Completion(), Failure("no route"), Cancellation(True, "stopped")])
STAGES = st.sampled_from(["waits", "runs", "asks", "failed once", "kept by the gateway", "canceled"])
STATUS_OF = {Completion: "completed", Failure: "failed", Cancellation: "canceled"}


class LifecycleMachine(QueueRules):
    @initialize(stages=st.lists(STAGES, max_size=6))
    def begin(self, stages: list[str]) -> None:
        """Most histories begin in the middle of one, or few of the fifty steps would find much to do."""
        self.open()
        for agent in ("t1", "t2"):
            self.do(self.ledger.add_workspace(NewWorkspace(agent, id=agent)))
        for stage in stages:
            self.delegate_some("t1", [50])
            match stage:
                case "runs":
                    self.claim("t1", 1)
                case "asks":
                    self.an_agent_asks("t1")
                case "failed once":
                    self.deliveries_fail("t1", 1, 0)
                case "kept by the gateway":
                    self.hold("s1", "t1", "m1", 0, 50, None)
                case "canceled":
                    self.cancel(0, None)

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
                created_at=now,
            )
        )

    @rule(agent=TARGETS, priorities=st.lists(st.sampled_from([50, 50, 10, 100]), min_size=2, max_size=4))
    def delegate_some(self, agent: str, priorities: list[int]) -> None:
        for priority in priorities:
            made = self.do(self.ledger.delegate(NewDelegation("s1", agent, "a", priority=priority)))
            arrival = self.model.next_arrival()
            item = Item(made.delegation.delegation_id, arrival, "s1", agent, "a", "pending", priority=priority)
            self.model.add(replace(item, created_at=self.clock.ms))

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
            self.model.add(replace(item, attempt=1, created_at=self.clock.ms))

    @rule(source=SOURCES, number=PICKS, status=st.sampled_from(Status))
    def update(self, source: str, number: int, status: Status) -> None:
        item = self.pick(number, "dispatched", "in_progress")
        row = self.agree(
            lambda: self.model.update(self.find(item), source, status.value, self.now_of(item)),
            self.ledger.update(source, item.id, status),
        )
        if row is not None and status in (Status.DISPATCHED, Status.IN_PROGRESS):
            self.went_on(item, row, "in_progress" if status is Status.IN_PROGRESS else None)

    @rule(number=PICKS, reason=st.sampled_from([None, "not needed"]))
    def cancel(self, number: int, reason: str | None) -> None:
        item = self.pick(number)
        now = self.now_of(item)
        self.agree(lambda: self.model.cancel(self.find(item), now), self.ledger.request_cancel(item.id, reason))

    # What the dispatcher does

    @rule(agent=TARGETS, limit=st.integers(1, 3))
    def claim(self, agent: str, limit: int) -> None:
        self.claim_next(agent, limit)

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

    @rule(agent=TARGETS)
    def no_slot_free(self, agent: str) -> None:
        pending = [one for one in self.model.waiting(agent) if one.status == "pending"]
        times = {item.id: self.now_of(item) for item in pending}
        assert self.do(self.ledger.enqueue_pending(agent)) == len(pending)
        for item in pending:
            self.model.enqueue(item, None, times[item.id])

    @rule(
        number=PICKS,
        off=ATTEMPTS,
        seen=SEEN,
        text=st.sampled_from([None, "some ", "é字\n"]),
        back=PICKS,
        task=st.sampled_from([None, "task", "task"]),
    )
    def observe(
        self, number: int, off: int | None, seen: Status | None, text: str | None, back: int, task: str | None
    ) -> None:
        item = self.pick(number, "dispatched", "in_progress", "input_required", "stuck", "canceling")
        attempt = None if off is None else item.attempt + off
        end = self.folded[item.id].progress.end if item.id in self.folded else 0
        splice = None if text is None else Splice(max(0, end - back), text)
        row = self.agree(
            lambda: self.model.check_observing(self.find(item), attempt),
            self.ledger.append(
                item.id, attempt, Observation(seen, progress_percent=12.5, splice=splice, remote_task_id=task)
            ),
        )
        if row is not None:
            item.remote = item.remote or task is not None
            self.went_on(item, row, seen.value if seen else None)

    @rule(number=PICKS)
    def sign_of_life(self, number: int) -> None:
        """The heartbeat of its agent names it."""
        item = self.pick(number)
        self.do(self.ledger.heartbeat(item.target, Beat(current_task=item.id), self.clock.ms))
        if item.id in self.model.items:
            still = item.ended or item.status in ("pending", "queued", "canceling")
            self.went_on(item, self.folded[item.id], item.status if still else None)
            assert still or item.status in ("in_progress", "input_required")

    @rule(number=PICKS, off=ATTEMPTS, outcome=OUTCOMES)
    def settle(self, number: int, off: int | None, outcome: Completion | Failure | Cancellation) -> None:
        item = self.pick(number, "dispatched", "in_progress", "input_required", "stuck", "canceling")
        attempt = None if off is None else item.attempt + off
        now = self.now_of(item)
        self.agree(
            lambda: self.model.settle(self.find(item), STATUS_OF[type(outcome)], attempt, now),
            self.ledger.settle(item.id, attempt, outcome),
        )

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
