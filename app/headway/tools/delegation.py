"""What the tools keep of one delegation, and of the last so many (spec: agent-tools; requirements B8). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from headway.core.delegation import Status

WARNINGS: Final = 10
"""Failures beside the delegation itself that are kept of each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One delegation as its source knows it. Times are Unix milliseconds.

    `attempt` is 0 until the first byte may have left. `held` is whether the platform has it in its queue, and knows
    more of it than we do; `platform_id` is what the platform calls it, where that is not `task_id`. `heard_at` is the
    last sign of life. `told` is whether the platform was told of its end; `confirmed` whether an
    agent that was asked to cancel has said so.
    """

    task_id: str
    workspace_id: str
    task: str = field(repr=False)
    traceparent: str
    created_at: int
    heard_at: int
    status: Status = Status.PENDING
    attempt: int = 0
    url: str | None = None
    remote_task_id: str | None = None
    platform_id: str | None = None
    held: bool = False
    percent: float | None = None
    message: str | None = None
    result: str | None = field(default=None, repr=False)
    error: str | None = None
    cancel_reason: str | None = None
    confirmed: bool = False
    finished_at: int | None = None
    told: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.status.is_terminal

    @property
    def name_there(self) -> str:
        """What the platform calls it."""
        return self.platform_id or self.task_id

    def warned(self, warning: str) -> Kept:
        """With one more failure beside the delegation itself; the same one is told once."""
        if warning in self.warnings:
            return self
        return replace(self, warnings=(*self.warnings, warning)[-WARNINGS:])


class History:
    """The delegations that can be asked about, in the order they were made. Only what has ended is ever dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: dict[str, Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Kept]:
        """Oldest first."""
        return iter(tuple(self._kept.values()))

    def get(self, task_id: str) -> Kept | None:
        return self._kept.get(task_id)

    def drop(self, task_id: str) -> None:
        """Forget one that was never begun."""
        self._kept.pop(task_id, None)

    def put(self, kept: Kept) -> list[str]:
        """Add one, or what has become of one. Returns the ids that had to go, the oldest of what has ended first."""
        self._kept[kept.task_id] = kept
        excess = len(self._kept) - self._limit
        if excess <= 0:
            return []
        gone = [one.task_id for one in self._kept.values() if one.ended][:excess]
        for task_id in gone:
            del self._kept[task_id]
        return gone


def as_fields(kept: Kept) -> dict[str, Any]:
    """What is written of one, as JSON can hold it."""
    return {name: getattr(kept, name) for name in Kept.__dataclass_fields__}


def from_fields(fields: dict[str, Any]) -> Kept:
    """Read what `as_fields` gave; members of a newer version are let pass."""
    known = {name: value for name, value in fields.items() if name in Kept.__dataclass_fields__}
    return Kept(**{**known, "status": Status(known["status"]), "warnings": tuple(known.get("warnings", ()))})
