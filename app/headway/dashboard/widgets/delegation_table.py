"""One of the three tables of delegations."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable
from typing import ClassVar, Final

from headway.core.delegation import Group
from headway.dashboard.columns import COLUMNS, Facts, Place, Span, Spans, Tone
from headway.dashboard.group_view import GroupView
from headway.dashboard.widgets.row_table import RowTable

MARK: Final = "◆"
"""The sign of a marked row."""
_TITLES: Final = {Group.QUEUED: "Queued", Group.IN_PROGRESS: "In progress", Group.COMPLETED: "Completed"}
_EMPTY: Final = {
    Group.QUEUED: "nothing waits",
    Group.IN_PROGRESS: "nothing runs",
    Group.COMPLETED: "nothing has finished yet",
}


class DelegationTable(RowTable[GroupView]):
    """The delegations of a `GroupView`; one that changes its status stands out for a moment."""

    LEAD: ClassVar = 2

    def __init__(
        self,
        view: GroupView,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        marks: Container[str] = frozenset(),
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(view, facts, monotonic, columns=COLUMNS[view.group], id=id)
        self._marks = marks
        self._marked = 0

    @property
    def title(self) -> str:
        return _TITLES[self.view.group]

    @property
    def remark(self) -> str:
        everywhere, here = self.view.everywhere, self.view.total
        older = f" of {everywhere:,}" if everywhere > here and not self.view.is_filtered else ""
        return older + (f" · {self._marked:,} marked" if self._marked else "")

    def show_marks(self, changed: Container[str], marked: int) -> None:
        """Marks came or went: of the rows `changed`, and now there are `marked` in this table."""
        self._marked = marked
        self.repaint(y + self.HEAD for y, one in enumerate(self._window()) if one in changed)
        self.set_title()

    @property
    def empty(self) -> str:
        return _EMPTY[self.view.group]

    def cell(self, row_id: str, place: Place) -> Spans:
        row = self.view.held(row_id)
        # One that the platform lets go is gone at once, and from here with the next frame; a paint may come between.
        return place.column.render(row, self.facts(), place.width) if row else (("", Tone.PLAIN),)

    def lead(self, row_id: str, *, chosen: bool) -> list[Span]:
        return [*super().lead(row_id, chosen=chosen), (MARK if row_id in self._marks else " ", Tone.ACCENT)]

    def state_of(self, row_id: str) -> Hashable:
        row = self.view.held(row_id)
        return row.status if row else None
