"""Faults at every step: in a block, the n-th time that an await returns in a task begun there, it raises instead.

for step in itertools.count():
    with fault_at(step, Injected) as walk:
        ...
    if not walk.struck:
        break
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


class Injected(Exception):
    """The fault that is put in."""


@dataclass(slots=True)
class Walk:
    """Counts the steps, and strikes at one of them. `struck` is the task where it did, empty while it has not."""

    strike_at: int
    fault: Callable[[], BaseException]
    steps: int = 0
    struck: str = ""

    def is_due(self) -> bool:
        self.steps += 1
        if self.struck or self.steps - 1 != self.strike_at:
            return False
        task = asyncio.current_task()
        assert task is not None
        self.struck = task.get_name()
        return True


class _Walked(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are counted; where it is its turn, the fault is raised inside it."""

    def __init__(self, inner: Coroutine[Any, Any, Any], walk: Walk) -> None:
        self._inner = inner
        self._walk = walk
        self._begun = False

    def send(self, value: Any) -> Any:
        begun, self._begun = self._begun, True
        if begun and self._walk.is_due():
            return self._inner.throw(self._walk.fault())
        return self._inner.send(value)

    def throw(self, *error: Any) -> Any:
        self._begun = True
        return self._inner.throw(*error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise NotImplementedError


@contextmanager
def fault_at(step: int, fault: Callable[[], BaseException]) -> Iterator[Walk]:
    """The step of that number raises; steps are those of all tasks that are begun in the block."""
    loop = asyncio.get_running_loop()
    walk = Walk(step, fault)
    loop.set_task_factory(lambda loop, coro, **more: asyncio.Task(_Walked(coro, walk), loop=loop, **more))  # type: ignore[arg-type]
    try:
        yield walk
    finally:
        loop.set_task_factory(None)
