"""The attempts under way, each in a task of its own that holds a slot of its target until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from headway.net.tasks import Tasks
from headway.platform.attempt import Attempt
from headway.platform.slots import Slots


@dataclass(frozen=True, slots=True)
class Following:
    """One of them."""

    attempt: Attempt
    task: asyncio.Task[None]


class Followings:
    """By delegation. `freed` is called with the target's id when a slot is given back."""

    def __init__(self, slots: Slots, tasks: Tasks, freed: Callable[[str], None]) -> None:
        self._slots = slots
        self._tasks = tasks
        self._freed = freed
        self._of: dict[str, Following] = {}

    def of(self, delegation_id: str) -> Following | None:
        """The attempt that is under way for a delegation."""
        return self._of.get(delegation_id)

    def begin(self, attempt: Attempt, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `work` beside the loop; what is followed at this attempt already is left alone."""
        delegation_id, target_id = attempt.delegation.delegation_id, attempt.delegation.target_id
        known = self._of.get(delegation_id)
        if known is not None and known.attempt.delegation.attempt == attempt.delegation.attempt:
            return
        self._slots.take(target_id)
        following = self._of[delegation_id] = Following(attempt, self._tasks.begin(delegation_id, work()))
        # Not a `finally` in the task: one that is canceled before its first step never gets that far.
        following.task.add_done_callback(lambda _: self._let_go(following))

    def work_at(self, target_id: str) -> bool:
        """Whether the target has taken one of ours on, whose end will say that there is room."""
        return any(
            one.attempt.delegation.target_id == target_id and one.attempt.remote_task_id is not None
            for one in self._of.values()
        )

    def _let_go(self, following: Following) -> None:
        delegation = following.attempt.delegation
        self._slots.give_back(delegation.target_id)
        if self._of.get(delegation.delegation_id) is following:
            del self._of[delegation.delegation_id]
        self._freed(delegation.target_id)
