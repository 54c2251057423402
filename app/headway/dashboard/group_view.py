"""What one table shows of the store: the rows of its group that the filter lets pass, in its order. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from headway.core.delegation import Group, Row
from headway.dashboard.changes import Changes
from headway.dashboard.columns import COLUMNS
from headway.dashboard.ordered_view import OrderedView
from headway.dashboard.ordering import SortKey
from headway.dashboard.sorting import FIXED, SORT_KEYS
from headway.dashboard.store import Store

_FIRST_SORT: Final[Mapping[Group, str]] = {
    Group.QUEUED: "priority",
    Group.IN_PROGRESS: "elapsed",
    Group.COMPLETED: "finished",
}
"""Orders in which a row keeps its place while it works."""


class GroupView(OrderedView):
    """The ids of one group, filtered and sorted, kept so from the changes of each frame."""

    def __init__(self, group: Group, store: Store, now_ms: Callable[[], int]) -> None:
        self.group = group
        self._store = store
        self._now_ms = now_ms
        self._names: dict[str, str] = {}
        super().__init__(COLUMNS[group], _FIRST_SORT[group])
        self.rebuild()

    @property
    def total(self) -> int:
        return len(self._store.group(self.group))

    @property
    def everywhere(self) -> int:
        """How many the platform has, those that are not held here included."""
        return self._store.finished if self.group is Group.COMPLETED else self.total

    def row(self, delegation_id: str) -> Row:
        """The row of an id that is here. Raises KeyError."""
        return self._store.rows[delegation_id]

    def held(self, delegation_id: str) -> Row | None:
        """The row of an id; None where the store has let it go since the last frame."""
        return self._store.rows.get(delegation_id)

    def rebuild(self) -> None:
        self._order.rebuild(filter(self._passes, self._store.group(self.group)), self._sort_key())

    def take(self, changes: Changes) -> bool:
        """Take over a frame's changes; whether rows came, went or moved."""
        renamed = self._take_names(changes)
        if changes.reloaded or (renamed and (self._filter or self.sort_column == "target")):
            self.rebuild()
            return True
        older = changes.older & self._store.group(self.group)
        came = changes.entered.get(self.group, frozenset()) | older
        moved = bool(came)
        for delegation_id in changes.left.get(self.group, ()):
            moved |= self._order.discard(delegation_id)
        # Where what is sorted by never changes, only those that came have no place yet.
        stays = self.sort_column in FIXED and not self._filter
        here = came if stays else (changes.touched & self._store.group(self.group)) | older
        for delegation_id in here:
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

    def _passes(self, delegation_id: str) -> bool:
        store = self._store
        return not self._filter or self._filter.matches(store.rows[delegation_id], store.name_of, self._now_ms())

    def _sort_key(self) -> Callable[[str], SortKey]:
        key, store = SORT_KEYS[self.sort_column], self._store
        return lambda delegation_id: key(store.rows[delegation_id], store.name_of)
