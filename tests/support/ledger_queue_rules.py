"""What becomes of what waits, in any order: tries and back-off, messages that the gateway keeps, reply and retry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from headway.core.delegation import Status
from headway.ledger.records import Message, Observation, Undelivered
from hypothesis import strategies as st
from hypothesis.stateful import rule
from support.ledger_machine import PICKS, SOURCES, TARGETS, LedgerMachine
from support.ledger_model import WAITING, Item

if TYPE_CHECKING:
    from headway.ledger.records import Queued

ATTEMPTS = st.sampled_from([None, 0, 0, 0, -1, 1])
"""None: not named; otherwise so far from the current attempt."""
ATTEMPT = st.sampled_from([0, 0, 0, -1])
WAITS = st.sampled_from([None, None, 5_000])
"""Milliseconds until the next try."""


class QueueRules(LedgerMachine):
    """The rules of the queue, the gateway's messages, replies and retries."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, str] = {}
        """Every queue_id that was ever given, with the delegation that it stands for."""

    # An attempt is over, and its agent has nothing

    @rule(
        number=PICKS,
        off=ATTEMPT,
        failed=st.booleans(),
        wait=WAITS,
        give_up=st.sampled_from([False, False, False, False, True]),
    )
    def put_back(self, number: int, off: int, failed: bool, wait: int | None, give_up: bool) -> None:
        item = self.pick(number, "dispatched", "dispatched", "stuck", "canceling")
        not_before = None if wait is None else self.clock.ms + wait
        attempt, tries, now = item.attempt + off, item.tries + failed, self.now_of(item)
        self.agree(
            lambda: self.model.put_back(self.find(item), attempt, tries, not_before, give_up, now),
            self.ledger.put_back(item.id, attempt, Undelivered("not delivered", tries, not_before, give_up)),
        )

    @rule(agent=TARGETS, limit=st.integers(1, 2), later=st.sampled_from([0, 1, 5_000]))
    def deliveries_fail(self, agent: str, limit: int, later: int) -> None:
        """What is next is claimed, reaches nobody and waits for a later try, at its place; then time passes."""
        for item in self.claim_next(agent, limit):
            tries, not_before, now = item.tries + 1, self.clock.ms + 5_000, self.now_of(item)
            self.model.put_back(item, item.attempt, tries, not_before, False, now)
            said = Undelivered("not delivered", tries, not_before)
            self.do(self.ledger.put_back(item.id, item.attempt, said))
        self.clock.ms += later

    @rule(agent=TARGETS)
    def when_is_the_next_due(self, agent: str) -> None:
        assert self.do(self.ledger.next_due(agent)) == self.model.next_due(agent, self.clock.ms)

    @rule(agent=st.sampled_from([None, "t1", "t2"]), age=st.sampled_from([0, 1_000, 60_000]))
    def drop_stale(self, agent: str | None, age: int) -> None:
        stale = self.model.stale(agent, self.clock.ms - age)
        times = {item.id: self.now_of(item) for item in stale}
        dropped = self.do(self.ledger.drop_stale(age, agent))
        assert sorted(row.delegation_id for row in dropped) == sorted(item.id for item in stale)
        assert all(row.error.startswith("dropped from the queue") for row in dropped)
        for item in stale:
            self.model.settle(item, "failed", None, times[item.id])

    # The gateway

    @rule(
        source=SOURCES,
        agent=TARGETS,
        message=st.sampled_from(["m1", "m1", "m2"]),
        names=st.sampled_from([None, 0, 1, 2]),
        priority=st.sampled_from([50, 50, 10, 100]),
        expires=st.sampled_from([None, None, None, 1_000, 60_000]),
    )
    def hold(
        self, source: str, agent: str, message: str, names: int | None, priority: int, expires: int | None
    ) -> None:
        """A message comes in for a busy agent; it may name a delegation that it belongs to."""
        named = None if names is None else self.pick(names, "pending", "queued", "dispatched")
        if named is not None:
            source, agent = named.source, named.target
        known = self.model.held(source, agent, message)
        item = self.model.may_stand_for(named, source, agent)
        now = self.now_of(item) if item else self.clock.ms
        expires_at = None if expires is None else self.clock.ms + expires
        request = json.dumps({"message": {"messageId": message}})
        came = Message(
            source, agent, message, "said", request, named and named.id, priority=priority, expires_at=expires_at
        )
        held: Queued = self.do(self.ledger.hold(came))
        if known is not None:
            assert (held.queue_id, held.delegation_id) == (known.queue_id, known.id)
            return
        assert held.queue_id not in self.messages
        self.messages[held.queue_id] = held.delegation_id
        if item is None:
            item = Item(held.delegation_id, self.model.next_arrival(), source, agent, "said", "queued")
            self.model.add(replace(item, created_at=now))
            item = self.model.items[item.id]
        assert held.delegation_id == item.id
        item.priority = priority
        self.model.hold(item, message, held.queue_id, expires_at, now)
        self.compare(held, item)

    @rule(number=PICKS)
    def look_up_a_message(self, number: int) -> None:
        if not self.messages:
            return
        queue_id, delegation_id = [*self.messages.items()][number % len(self.messages)]
        found = self.do(self.ledger.queued(queue_id))
        item = self.model.items.get(delegation_id)
        assert (found is None) == (item is None)
        if item is None:
            return
        assert item.queue_id == queue_id
        self.compare(found, item)
        assert item.message is not None
        known = self.do(self.ledger.held_message(item.source, item.target, item.message))
        by_name = self.model.held(item.source, item.target, item.message)
        assert (known and known.queue_id) == (by_name and by_name.queue_id)

    def compare(self, found: Queued, item: Item) -> None:
        waiting = self.model.waiting(item.target)
        assert (found.delegation_id, found.queue_id) == (item.id, item.queue_id)
        assert (found.status.value, found.tries, found.priority) == (item.status, item.tries, item.priority)
        assert found.position == (waiting.index(item) + 1 if item.status in WAITING else 0)
        assert found.depth == len(waiting)
        assert (found.created_at, found.expires_at) == (item.queued_at, item.expires_at)
        assert found.attempted == (len(item.attempts_sent) > 0)

    # An agent that asks, and a person

    @rule(agent=TARGETS)
    def an_agent_asks(self, agent: str) -> None:
        """What is next is claimed, and its agent names a task and asks."""
        for item in self.claim_next(agent, 1):
            asked = Observation(Status.INPUT_REQUIRED, remote_task_id="task")
            row = self.do(self.ledger.append(item.id, item.attempt, asked))
            item.remote = True
            self.went_on(item, row, "input_required")

    def claim_next(self, agent: str, limit: int) -> list[Item]:
        """Claim in both; the model says in what order, and with which message."""
        expected = self.model.claimable(agent, self.clock.ms, limit)
        claimed = self.do(self.ledger.claim(agent, limit))
        assert [one.delegation.delegation_id for one in claimed] == [item.id for item in expected]
        for item, one in zip(expected, claimed, strict=True):
            self.model.claim(item)
            assert (one.delegation.attempt, one.delegation.status) == (item.attempt, Status.DISPATCHED)
            assert (one.request["message"]["messageId"] if one.request else None) == item.sends
        return expected

    @rule(number=PICKS, said=st.sampled_from(["yes", "no"]))
    def reply(self, number: int, said: str) -> None:
        item = self.pick(number, "input_required")
        answered = self.agree(lambda: self.model.reply(self.find(item), said), self.ledger.reply(item.id, said))
        if answered is not None:
            assert answered[1].text == said

    @rule(number=PICKS, off=ATTEMPT, delivered=st.booleans())
    def replied(self, number: int, off: int, delivered: bool) -> None:
        """What its sender says of a reply, perhaps late: another reply may have followed it."""
        answered = [one for one in self.model.items.values() if one.reply is not None]
        if not answered:
            return
        item = answered[number % len(answered)]
        attempt = item.attempt + off
        self.agree(
            lambda: self.model.replied(item, attempt, delivered),
            self.ledger.reply_delivered(item.id, attempt)
            if delivered
            else self.ledger.reply_not_delivered(item.id, attempt, "the agent does not have it"),
        )

    @rule(number=PICKS, own=st.sampled_from([True, True, True, False]))
    def retry(self, number: int, own: bool) -> None:
        item = self.pick(number, "failed", "canceled")
        source = item.source if own else {"s1": "s2", "s2": "s1"}[item.source]
        made = self.agree(lambda: self.model.running_retry(source, self.find(item)), self.ledger.retry(source, item.id))
        if made is None:
            return
        running, new_id = self.model.running_retry(source, item), made.delegation.delegation_id
        assert made.created == (running is None)
        if running is not None:
            assert new_id == running.id
            return
        retried = Item(new_id, self.model.next_arrival(), source, item.target, item.task, "pending")
        retried.priority, retried.created_at, retried.retry_of = item.priority, self.clock.ms, item.id
        # A message goes along, under an id of its own.
        retried.sends = None if item.sends is None else new_id
        self.model.add(retried)
