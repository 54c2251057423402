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
    recorded: bool = False
    sent: bool = False
    """Handed out to be sent, and not put back since: it may be at its agent."""
    attempts_sent: list[int] = field(default_factory=list)
    finished_at: int | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED


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
        waiting = [
            one
            for one in self.items.values()
            if one.target == target
            and one.status in WAITING
            and not one.recorded
            and (one.not_before is None or one.not_before <= now)
            and (one.expires_at is None or one.expires_at > now)
            and (one.deadline is None or one.deadline > now)
        ]
        return sorted(waiting, key=lambda one: (-one.priority, one.arrival))[:limit]

    def claim(self, item: Item) -> None:
        assert not item.sent, f"{item.id} was handed out twice without having been put back"
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

    def enqueue(self, item: Item, attempt: int | None, not_before: int | None) -> None:
        self.check(item, "queued", attempt)
        item.status, item.not_before, item.sent = "queued", not_before, False

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
                if item.status == "dispatched" and not item.recorded:
                    raise Refused("IllegalMove")
                self.enqueue(item, None, None)
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
