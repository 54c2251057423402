"""What lies between rows and the table that draws them. No Textual."""

from __future__ import annotations

from typing import Protocol


class View(Protocol):
    """What a table shows: ids of rows in an order, filtered or not."""

    def __len__(self) -> int: ...

    @property
    def total(self) -> int:
        """How many there are, filter or no."""

    @property
    def is_filtered(self) -> bool: ...

    @property
    def sort_column(self) -> str: ...

    @property
    def descending(self) -> bool: ...

    def id_at(self, index: int) -> str: ...

    def index_of(self, row_id: str) -> int | None: ...

    def window(self, start: int, stop: int) -> list[str]: ...
