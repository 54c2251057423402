"""Answers kept until what they rest on is written: who a token speaks for, and where a workspace stands.

Every request asks for both, and both rarely change. A write that touches them says so in its transaction
(`Transaction.outdate`), and everything is forgotten after its commit and before its caller hears of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST: Final = 4_096
"""Answers that are kept; with one more all are forgotten, so that made-up questions cannot fill the memory."""


class Remembered:
    """Asks each question once. Nothing that was asked before a `forget` is kept after it."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}
        self._forgotten = 0

    def forget(self) -> None:
        """What was remembered may no longer be true."""
        self._answers.clear()
        self._forgotten += 1

    async def ask(self, question: Hashable, find: Callable[[], Awaitable[T]]) -> T:
        """The answer that is remembered, or that `find` gives; None is asked for again."""
        known: T | None = self._answers.get(question)
        if known is not None:
            return known
        forgotten = self._forgotten
        answer = await find()
        if answer is not None and forgotten == self._forgotten:
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[question] = answer
        return answer
