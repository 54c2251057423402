"""One of the three tables of delegations."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from headway.core.delegation import Group
from headway.dashboard.columns import COLUMNS, Facts, Place, Spans
from headway.dashboard.group_view import GroupView
from headway.dashboard.widgets.row_table import RowTable

_TITLES: Final = {Group.QUEUED: "Queued", Group.IN_PROGRESS: "In progress", Group.COMPLETED: "Completed"}
_EMPTY: Final = {
    Group.QUEUED: "nothing waits",
    Group.IN_PROGRESS: "nothing runs",
    Group.COMPLETED: "nothing has finished yet",
}


class DelegationTable(RowTable):
    """The delegations of a `GroupView`; one that changes its status stands out for a moment."""

    view: GroupView

    def __init__(
        self,
        view: GroupView,
        facts: Callable[[], Facts],
        monotonic: Callable[[], float],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(view, COLUMNS[view.group], monotonic, id=id)
        self._facts = facts

    @property
    def title(self) -> str:
        return _TITLES[self.view.group]

    @property
    def empty(self) -> str:
        return _EMPTY[self.view.group]

    def cell(self, row_id: str, place: Place) -> Spans:
        return place.column.render(self.view.row(row_id), self._facts(), place.width)

    def state_of(self, row_id: str) -> Hashable:
        return self.view.row(row_id).status
