"""What the ledger refuses, in words for a person. Where one of these is raised, nothing was changed."""

from __future__ import annotations

from headway.core.delegation import Status


class LedgerError(Exception):
    """The base of everything the ledger raises on purpose."""


class NotFound(LedgerError):
    """Nothing is known under the id."""


class Conflict(LedgerError):
    """The request contradicts what is recorded."""


class IdempotencyConflict(Conflict):
    """The idempotency key stands for another task or target."""

    def __init__(self, key: str, delegation_id: str) -> None:
        super().__init__(
            f"idempotency key {key!r} was used for another task or target, by delegation {delegation_id}; "
            "nothing was sent; use a new key, or repeat the first request as it was"
        )
        self.delegation_id = delegation_id


class AlreadyFinished(Conflict):
    """The delegation has its terminal status; the first one wins."""

    def __init__(self, delegation_id: str, status: Status) -> None:
        super().__init__(f"delegation {delegation_id} is already {status}; it stays so")
        self.status = status


class IllegalMove(Conflict):
    """The lifecycle has no such edge (spec: lifecycle, "Status")."""

    def __init__(self, delegation_id: str, status: Status, asked: Status) -> None:
        super().__init__(f"delegation {delegation_id} is {status} and cannot become {asked}; nothing was changed")
        self.status = status
        self.asked = asked


class StaleAttempt(Conflict):
    """What was said belongs to an earlier attempt."""

    def __init__(self, delegation_id: str, attempt: int, current: int) -> None:
        super().__init__(
            f"delegation {delegation_id} is at attempt {current}; what attempt {attempt} says is refused as late"
        )
        self.attempt = attempt
        self.current = current


class CursorGone(LedgerError):
    """The events after a cursor are not, or not yet, held here: take a new snapshot."""

    def __init__(self, after_seq: int, lowest: int, head: int) -> None:
        super().__init__(
            f"events after {after_seq} cannot be replayed: events {lowest} to {head} are kept; take a new snapshot"
        )
        self.lowest = lowest
        self.head = head


class LedgerUnavailable(LedgerError):
    """The ledger cannot write or read now: closed, disk full, or its file cannot be used."""


class LedgerLocked(LedgerUnavailable):
    """Another process has the database open."""
