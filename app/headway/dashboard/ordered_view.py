"""Rows in the order of one of their columns: what the views of sorted tables share. No Textual."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Sequence

from headway.dashboard.columns import Column
from headway.dashboard.filters import EVERYTHING, Filter
from headway.dashboard.ordering import Ordering, SortKey


class OrderedView(ABC):
    """Ids, sorted by `sort_column` of `columns`, of the rows that the filter lets pass."""

    def __init__(self, columns: Sequence[Column], sort_column: str) -> None:
        self.sort_column = sort_column
        self._columns = columns
        self._filter = EVERYTHING
        self._order = Ordering(self._sort_key())

    @abstractmethod
    def rebuild(self) -> None:
        """Begin anew from what there is."""

    @abstractmethod
    def _sort_key(self) -> Callable[[str], SortKey]:
        """What the rows are sorted by now."""

    @property
    @abstractmethod
    def total(self) -> int:
        """How many there are, filter or no."""

    def __len__(self) -> int:
        return len(self._order)

    @property
    def is_filtered(self) -> bool:
        return bool(self._filter)

    @property
    def descending(self) -> bool:
        return self._order.reverse

    def id_at(self, index: int) -> str:
        """The id at a position. Raises IndexError."""
        return self._order.id_at(index)

    def index_of(self, row_id: str) -> int | None:
        """Where an id stands; None where it does not."""
        return self._order.index_of(row_id) if row_id in self._order else None

    def ids(self) -> list[str]:
        """All ids that the filter lets pass, in their order."""
        return list(self._order)

    def window(self, start: int, stop: int) -> list[str]:
        return self._order.slice(start, stop)

    def set_filter(self, wanted: Filter) -> None:
        self._filter = wanted
        self.rebuild()

    def sort_by_next(self, shown: Container[str]) -> None:
        """Sort by the next column of the table that is among `shown`, ascending."""
        ids = [column.id for column in self._columns]
        at = ids.index(self.sort_column) + 1
        self.sort_column = next((one for one in ids[at:] + ids[:at] if one in shown), self.sort_column)
        self._order.reverse = False
        self.rebuild()

    def sort_by(self, column_id: str) -> None:
        """Sort by a column, ascending; turn the order around where it is sorted by that one already."""
        self._order.reverse = column_id == self.sort_column and not self._order.reverse
        self.sort_column = column_id
        self.rebuild()

    def reverse(self) -> None:
        self._order.reverse = not self._order.reverse
