"""The agent's tasks, bounded, so that a soak does not grow for ever."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.agents.job import Job


class TaskTable:
    """Jobs by id. Of the finished ones the newest `keep` stay; running ones are never evicted."""

    def __init__(self, keep: int = 1_000) -> None:
        self._keep = keep
        self._jobs: dict[str, Job] = {}
        self._finished: OrderedDict[str, None] = OrderedDict()

    def add(self, job: Job) -> None:
        self._jobs[job.task_id] = job

    def get(self, task_id: str) -> Job | None:
        return self._jobs.get(task_id)

    def finish(self, job: Job) -> None:
        """Note that a task is terminal; those that finished first make room."""
        self._finished.setdefault(job.task_id)
        while len(self._finished) > self._keep:
            oldest, _ = self._finished.popitem(last=False)
            self._jobs.pop(oldest, None)

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        """Oldest first."""
        return iter(self._jobs.values())
