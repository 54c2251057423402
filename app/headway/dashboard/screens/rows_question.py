"""A question about delegations that it names: what it names is what the answer is about, whatever moves meanwhile."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from headway.core.delegation import Row
from headway.dashboard.cells import fit, one_line
from headway.dashboard.columns import Facts, standing
from headway.dashboard.screens.question import YesNo

LISTED: Final = 6
"""Delegations that are named one by one; of the others it is said how many there are."""
_LEFT_LISTED: Final = 3
_NAME_WIDTH: Final = 14


class RowsQuestion(YesNo[bool]):
    """Answers whether to do it; No is where the focus is. A subclass says what is asked.

    `now` gives a delegation as it is at a moment: one that ends while the question stands is said to.
    """

    YES: ClassVar[str]
    """The answer that does it."""

    def __init__(self, rows: Sequence[Row], facts: Callable[[], Facts], now: Callable[[Row], Row]) -> None:
        super().__init__()
        self.rows = tuple(rows)
        self._facts = facts
        self._now = now

    @abstractmethod
    def title_of(self, count: int) -> str:
        """What is asked, of `count` delegations."""

    @abstractmethod
    def keys_of(self, count: int) -> str:
        """What the keys do, with `count` delegations."""

    @abstractmethod
    def applies(self, row: Row) -> bool:
        """Whether it can be done to this one as it is now."""

    @abstractmethod
    def consequences(self, rows: Sequence[Row]) -> Sequence[str]:
        """What it does to these, to which it applies."""

    @abstractmethod
    def left_words(self, count: int) -> str:
        """Why `count` others are left alone."""

    def compose(self) -> ComposeResult:
        with self.frame(self.title_of(len(self.rows)), self.keys_of(len(self.rows))):
            yield Static(Content(""), id="named")
            yield self.yes_no(self.YES)

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer == "yes")

    def take_frame(self) -> None:
        self.say("named", self._text())

    def _text(self) -> Content:
        rows = [self._now(row) for row in self.rows]
        doing = [row for row in rows if self.applies(row)]
        left = [row for row in rows if not self.applies(row)]
        parts = self._listed(doing, LISTED)
        if left:
            parts += [("" if not doing else "\n", ""), (f"{self.left_words(len(left))}\n", "$warning")]
            parts += self._listed(left, LISTED if not doing else _LEFT_LISTED)
        parts += [(f"\n{line}", "$faint") for line in self.consequences(doing)]
        return Content.assemble(*parts).rstrip()

    def _listed(self, rows: Sequence[Row], most: int) -> list[tuple[str, str]]:
        facts = self._facts()
        width = max(20, min(72, self.app.size.width * 94 // 100) - 6)
        parts: list[tuple[str, str]] = []
        for row in rows[:most]:
            target = one_line(facts.name_of(row.target_id))
            said, _ = standing(row, facts)
            head = f"{row.delegation_id[:8]}  {target}  {said}  for {facts.age(row.created_at)}"
            task = one_line(row.task_preview)
            if len(self.rows) == 1:
                parts += [(f"{head}\n", "$faint"), (f"{task}\n", "$foreground")]
            else:
                name = f"{row.delegation_id[:8]}  {fit(target, _NAME_WIDTH)}  "
                parts += [(name, "$faint"), (f"{fit(task, width - len(name)).rstrip()}\n", "$foreground")]
        if len(rows) > most:
            parts.append((f"and {len(rows) - most:,} more\n", "$faint"))
        return parts
