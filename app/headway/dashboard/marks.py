"""The delegations that a person has marked, by their ids: sorting, filters and other tables change nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from headway.core.delegation import Row


class Marks:
    """Ids in the order in which they were marked; one that is held no more is marked no more. No Textual.

    `on_change` is called with the ids whose mark came or went.
    """

    def __init__(self, rows: Mapping[str, Row], on_change: Callable[[Collection[str]], None]) -> None:
        self._rows = rows
        self._on_change = on_change
        self._ids: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, delegation_id: object) -> bool:
        return delegation_id in self._ids

    def rows(self) -> list[Row]:
        """The marked delegations as they are now."""
        return [self._rows[one] for one in self._ids if one in self._rows]

    def toggle(self, delegation_id: str) -> None:
        """Mark this one, or unmark it."""
        if delegation_id in self._ids:
            self.remove([delegation_id])
        else:
            self.add([delegation_id])

    def toggle_all(self, delegation_ids: Collection[str]) -> None:
        """Mark all of these, or unmark them where all are marked."""
        if all(one in self._ids for one in delegation_ids):
            self.remove(delegation_ids)
        else:
            self.add(delegation_ids)

    def add(self, delegation_ids: Iterable[str]) -> None:
        """Mark these, as far as they are held."""
        self._changed([one for one in delegation_ids if one not in self._ids and one in self._rows], marked=True)

    def remove(self, delegation_ids: Iterable[str]) -> None:
        self._changed([one for one in delegation_ids if one in self._ids], marked=False)

    def clear(self) -> None:
        self.remove(tuple(self._ids))

    def forget_gone(self) -> None:
        """Unmark what is held no more."""
        self.remove([one for one in self._ids if one not in self._rows])

    def _changed(self, ids: Collection[str], *, marked: bool) -> None:
        if not ids:
            return
        for one in ids:
            if marked:
                self._ids[one] = None
            else:
                del self._ids[one]
        self._on_change(frozenset(ids))
