"""What one table shows of the store: the rows of its group that the filter lets pass, in its order. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Final

from headway.core.delegation import Group, Row
from headway.dashboard.columns import COLUMNS
from headway.dashboard.filters import EVERYTHING, Filter
from headway.dashboard.ordering import Ordering, SortKey
from headway.dashboard.sorting import SORT_KEYS
from headway.dashboard.store import Changes, Store

_FIRST_SORT: Final[Mapping[Group, str]] = {
    Group.QUEUED: "priority",
    Group.IN_PROGRESS: "elapsed",
    Group.COMPLETED: "finished",
}
"""Orders in which a row keeps its place while it works."""


class GroupView:
    """The ids of one group, filtered and sorted, kept so from the changes of each frame."""

    def __init__(self, group: Group, store: Store, now_ms: Callable[[], int]) -> None:
        self.group = group
        self.sort_column = _FIRST_SORT[group]
        self._store = store
        self._now_ms = now_ms
        self._filter = EVERYTHING
        self._names: dict[str, str] = {}
        self._order = Ordering(self._sort_key())
        self.rebuild()

    def __len__(self) -> int:
        return len(self._order)

    @property
    def total(self) -> int:
        """How many the group has, filter or no."""
        return len(self._store.group(self.group))

    @property
    def is_filtered(self) -> bool:
        return bool(self._filter)

    @property
    def descending(self) -> bool:
        return self._order.reverse

    def row(self, delegation_id: str) -> Row:
        """The row of an id that is here. Raises KeyError."""
        return self._store.rows[delegation_id]

    def id_at(self, index: int) -> str:
        """The id at a position. Raises IndexError."""
        return self._order.id_at(index)

    def index_of(self, delegation_id: str) -> int | None:
        """Where an id stands; None where it does not."""
        return self._order.index_of(delegation_id) if delegation_id in self._order else None

    def window(self, start: int, stop: int) -> list[str]:
        return self._order.slice(start, stop)

    def rebuild(self) -> None:
        """Begin anew from the store."""
        self._order.rebuild(filter(self._passes, self._store.group(self.group)), self._sort_key())

    def take(self, changes: Changes) -> bool:
        """Take over a frame's changes; whether rows came, went or moved."""
        renamed = self._take_names(changes)
        if changes.reloaded or (renamed and (self._filter or self.sort_column == "target")):
            self.rebuild()
            return True
        moved = bool(changes.entered.get(self.group))
        for delegation_id in changes.left.get(self.group, ()):
            moved |= self._order.discard(delegation_id)
        group = self._store.group(self.group)
        for delegation_id in changes.touched:
            if delegation_id not in group:
                continue
            if self._filter and not self._passes(delegation_id):
                moved |= self._order.discard(delegation_id)
            else:
                moved |= self._order.put(delegation_id)
        return moved

    def _take_names(self, changes: Changes) -> bool:
        """Whether a workspace is called otherwise than before; most of what changes of one is not its name."""
        names = {one: self._store.name_of(one) for one in changes.workspaces}
        renamed = any(self._names.get(one) != name for one, name in names.items())
        self._names.update(names)
        return renamed

    def pass_time(self) -> bool:
        """Whether the filter let other rows pass as time went on."""
        if not self._filter.uses_time:
            return False
        before = list(self._order)
        self.rebuild()
        return before != list(self._order)

    def set_filter(self, wanted: Filter) -> None:
        self._filter = wanted
        self.rebuild()

    def sort_by_next(self, shown: Container[str]) -> None:
        """Sort by the next column of the table that is among `shown`, ascending."""
        ids = [column.id for column in COLUMNS[self.group]]
        at = ids.index(self.sort_column) + 1
        self.sort_column = next((one for one in ids[at:] + ids[:at] if one in shown), self.sort_column)
        self._order.reverse = False
        self.rebuild()

    def reverse(self) -> None:
        self._order.reverse = not self._order.reverse

    def _passes(self, delegation_id: str) -> bool:
        store = self._store
        return not self._filter or self._filter.matches(store.rows[delegation_id], store.name_of, self._now_ms())

    def _sort_key(self) -> Callable[[str], SortKey]:
        key, store = SORT_KEYS[self.sort_column], self._store
        return lambda delegation_id: key(store.rows[delegation_id], store.name_of)
