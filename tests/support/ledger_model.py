"""What the ledger must do, said again in plain Python: lists and comparisons, no tables, no events.

The edges are copied from the text of spec lifecycle and not from the code, so that one wrong there is seen here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENDED = {"completed", "failed", "canceled"}
WAITING = {"pending", "queued"}
EDGES = {
    "pending": {"dispatched", "queued", "failed", "canceled"},
    "queued": {"dispatched", "failed", "canceled", "completed"},
    "dispatched": {"in_progress", "input_required", "queued", "stuck", "canceling", *ENDED},
    "in_progress": {"input_required", "stuck", "canceling", *ENDED},
    "input_required": {"in_progress", "stuck", "canceling", *ENDED},
    "stuck": {"in_progress", "input_required", "canceling", *ENDED},
    "canceling": ENDED,
    "completed": set(),
    "failed": set(),
    "canceled": set(),
}


class Refused(Exception):
    """The ledger must not do this; `why` is the name of the error that it raises."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass
class Item:
    """One delegation."""

    id: str
    arrival: int
    source: str
    target: str
    task: str
    status: str
    key: str | None = None
    priority: int = 50
    attempt: int = 0
    expires_at: int | None = None
    deadline: int | None = None
    not_before: int | None = None
    created_at: int = 0
    recorded: bool = False
    sent: bool = False
    """Handed out to be sent, and not put back since: it may be at its agent."""
    attempts_sent: list[int] = field(default_factory=list)
    finished_at: int | None = None
    tries: int = 0
    queued_at: int | None = None
    queue_id: str | None = None
    message: str | None = None
    """The messageId of the message that it stands for in the queue."""
    sends: str | None = None
    """The messageId of what is sent to the agent, where that is not made of the task."""
    retry_of: str | None = None
    remote: bool = False
    """Whether its agent has named a task."""
    reply: str | None = None
    """What was answered, until the agent is known to have it."""
    asks: bool = False
    """Whether the last that its agent has said of itself is that it asks, with nobody having answered since."""

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def ours(self) -> bool:
        """Whether the platform hands it over, and not its source."""
        return not self.recorded or self.queue_id is not None


class Model:
    """Every delegation there is."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.arrivals = 0

    def add(self, item: Item) -> Item:
        assert item.id not in self.items
        self.items[item.id] = item
        return item

    def next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def find(self, delegation_id: str) -> Item:
        try:
            return self.items[delegation_id]
        except KeyError:
            raise Refused("NotFound") from None

    def keyed(self, source: str, key: str | None) -> Item | None:
        """The delegation that a key stands for: a failed or canceled one has freed it."""
        held = [one for one in self.items.values() if key is not None and (one.source, one.key) == (source, key)]
        held = [one for one in held if one.status not in ("failed", "canceled")]
        assert len(held) <= 1
        return held[0] if held else None

    def claimable(self, target: str, now: int, limit: int) -> list[Item]:
        """What a claim takes, in order: the highest priority, then the order of arrival, whatever came between."""
        return [
            one
            for one in self.waiting(target)
            if (one.not_before is None or one.not_before <= now)
            and (one.expires_at is None or one.expires_at > now)
            and (one.deadline is None or one.deadline > now)
        ][:limit]

    def waiting(self, target: str) -> list[Item]:
        """The queue of a target, in the order of its places."""
        waiting = [one for one in self.items.values() if one.target == target and one.status in WAITING and one.ours]
        return sorted(waiting, key=lambda one: (-one.priority, one.arrival))

    def next_due(self, target: str, now: int) -> int | None:
        """When the first of those that wait for a later try may be claimed."""
        due = [one.not_before for one in self.waiting(target) if one.not_before is not None and one.not_before > now]
        return min(due, default=None)

    def claim(self, item: Item) -> None:
        assert not item.sent, f"{item.id} was handed out twice without having been put back"
        item.asks = False
        item.status, item.attempt, item.not_before, item.sent = "dispatched", item.attempt + 1, None, True
        item.attempts_sent.append(item.attempt)

    def check(self, item: Item, status: str, attempt: int | None) -> None:
        """Raises Refused where the attempt is an old one, or the lifecycle has no such edge."""
        if attempt is not None and attempt != item.attempt:
            raise Refused("StaleAttempt")
        if item.status == status:
            return
        if item.ended:
            raise Refused("AlreadyFinished")
        if status not in EDGES[item.status]:
            raise Refused("IllegalMove")

    def enqueue(self, item: Item, not_before: int | None, now: int) -> None:
        self.check(item, "queued", None)
        item.status, item.not_before, item.sent = "queued", not_before, False
        item.queued_at = now if item.queued_at is None else item.queued_at

    def put_back(self, item: Item, attempt: int, tries: int, not_before: int | None, give_up: bool, now: int) -> None:
        """An attempt that surely reached nobody; `tries` is how many deliveries have failed by now."""
        if attempt != item.attempt:
            raise Refused("StaleAttempt")
        if item.ended:
            raise Refused("AlreadyFinished")
        if item.status == "canceling":
            self.settle(item, "canceled", attempt, now)
        elif give_up or item.status == "stuck":
            self.settle(item, "failed", attempt, now)
            item.tries = tries
        else:
            self.enqueue(item, not_before, now)
            item.tries = tries

    def stale(self, target: str | None, since: int) -> list[Item]:
        """What has waited in the queue since then or longer."""
        targets = {one.target for one in self.items.values()} if target is None else {target}
        waiting = [one for name in targets for one in self.waiting(name) if one.status == "queued"]
        return [one for one in waiting if (one.created_at if one.queued_at is None else one.queued_at) <= since]

    # A message that the gateway keeps

    def held(self, source: str, target: str, message: str) -> Item | None:
        """What stands for a message that is not done with yet."""
        wanted = (source, target, message)
        known = [one for one in self.items.values() if (one.source, one.target, one.message) == wanted]
        known = [one for one in known if not one.ended]
        assert len(known) <= 1, "two stand for one message"
        return known[0] if known else None

    def may_stand_for(self, named: Item | None, source: str, target: str) -> Item | None:
        """The delegation that a message names, where it may wait for it: its source's, and surely not at the target."""
        if named is None or named.id not in self.items or (named.source, named.target) != (source, target):
            return None
        if named.queue_id is not None:
            return None
        sent_by_source = named.status == "dispatched" and named.recorded
        return named if sent_by_source or named.status in WAITING else None

    def hold(self, item: Item, message: str, queue_id: str, expires_at: int | None, now: int) -> None:
        """Where the message names no time to expire at, the one that its delegation has stays."""
        item.expires_at = item.expires_at if expires_at is None else expires_at
        item.status, item.message, item.sends, item.queue_id = "queued", message, message, queue_id
        item.queued_at = now

    # Reply and retry

    def reply(self, item: Item, said: str) -> None:
        if item.status != "input_required" or not item.ours or not item.remote:
            raise Refused("Conflict")
        item.status, item.attempt, item.reply, item.asks = "in_progress", item.attempt + 1, said, False

    def replied(self, item: Item, attempt: int, delivered: bool) -> None:
        """What became of the reply; where the agent does not have it, it asks again."""
        if attempt != item.attempt:
            raise Refused("StaleAttempt")
        item.reply = None
        if not delivered and (item.status == "input_required" or "input_required" in EDGES[item.status]):
            item.status, item.asks = "input_required", True

    def undelivered(self) -> dict[str, str]:
        return {one.id: one.reply for one in self.items.values() if one.reply is not None and not one.ended}

    def running_retry(self, source: str, item: Item) -> Item | None:
        if item.source != source:
            raise Refused("NotFound")
        if item.status not in ("failed", "canceled"):
            raise Refused("Conflict")
        running = [one for one in self.items.values() if one.retry_of == item.id and not one.ended]
        assert len(running) <= 1, "two retries of one run"
        return running[0] if running else None

    def settle(self, item: Item, status: str, attempt: int | None, now: int) -> None:
        self.check(item, status, attempt)
        if not item.ended:
            item.status, item.finished_at = status, now

    def check_observing(self, item: Item, attempt: int | None) -> None:
        if item.ended:
            raise Refused("AlreadyFinished")
        if attempt is not None and attempt != item.attempt:
            raise Refused("StaleAttempt")
        if item.status in WAITING:
            raise Refused("IllegalMove")

    def update(self, item: Item, source: str, status: str, now: int) -> None:
        """What a source says of its own; `in_progress` and `dispatched` are for `check_observing`."""
        if item.source != source:
            raise Refused("NotFound")
        match status:
            case "completed" | "failed":
                self.settle(item, status, None, now)
            case "queued" if item.status == "queued":
                return
            case "queued":
                if item.status == "dispatched" and item.ours:
                    raise Refused("IllegalMove")
                self.enqueue(item, None, now)
            case "in_progress" | "dispatched":
                self.check_observing(item, None)
            case _:
                raise Refused("IllegalMove")

    def cancel(self, item: Item, now: int) -> None:
        if item.ended:
            raise Refused("AlreadyFinished")
        if item.status in WAITING:
            item.status, item.finished_at = "canceled", now
        else:
            item.status = "canceling"

    def overdue(self, now: int) -> list[Item]:
        """What is failed at `now`: past its deadline, or waited past its expiry; a cancel is left alone."""
        return [
            one
            for one in self.items.values()
            if not one.ended
            and one.status != "canceling"
            and (
                (one.deadline is not None and one.deadline <= now)
                or (one.status in WAITING and one.expires_at is not None and one.expires_at <= now)
            )
        ]

    def evict(self, keep: int | None, older_than: int | None) -> list[str]:
        """Forget what ended first, beyond a number and beyond an age; their ids."""
        ended = sorted(
            (one for one in self.items.values() if one.finished_at is not None),
            key=lambda one: (one.finished_at, one.arrival),
        )
        surplus = 0 if keep is None else len(ended) - keep
        gone = [
            one.id
            for at, one in enumerate(ended)
            if at < surplus or (older_than is not None and (one.finished_at or 0) < older_than)
        ]
        for delegation_id in gone:
            del self.items[delegation_id]
        return gone
