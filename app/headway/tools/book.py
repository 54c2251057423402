"""What is known of every delegation: in memory for whoever asks, and in the journal for the next start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from headway.tools.delegation import History, Kept
from headway.tools.delegation_store import DelegationStore
from headway.tools.errors import JournalUnavailable

_log = logging.getLogger(__name__)


class Book:
    """The first end of a delegation stays; whatever is said of its status later changes nothing."""

    def __init__(self, store: DelegationStore, limit: int) -> None:
        """`limit` is how many delegations are kept."""
        self._store = store
        self._history = History(limit)

    def __iter__(self) -> Iterator[Kept]:
        """Oldest first."""
        return iter(self._history)

    def get(self, task_id: str) -> Kept | None:
        return self._history.get(task_id)

    async def load(self) -> list[Kept]:
        """Read what an earlier run has kept. Raises JournalUnavailable."""
        for kept in await self._store.load():
            self._history.put(kept)
        return list(self._history)

    async def add(self, kept: Kept) -> None:
        """Begin one; it is durable when this returns. Raises JournalUnavailable, and then there is none."""
        try:
            await self._store.save(kept, self._history.put(kept))
        except JournalUnavailable:
            self._history.drop(kept.task_id)
            raise

    async def change(self, task_id: str, *, durable: bool = True, **changes: Any) -> Kept | None:
        """What has become of one; None where it is no longer kept. What is not `durable` is so with the next that is.

        Raises JournalUnavailable; the change is made in memory all the same.
        """
        kept = self._history.get(task_id)
        if kept is None or (kept.ended and "status" in changes):
            return kept
        kept = replace(kept, **changes)
        gone = self._history.put(kept)
        if durable:
            await self._store.save(kept, gone)
        return kept

    async def note(self, task_id: str, **changes: Any) -> Kept | None:
        """As `change`, where a journal that cannot be written is shown as a warning and stops nothing."""
        try:
            return await self.change(task_id, **changes)
        except JournalUnavailable as error:
            return await self.warn(task_id, f"journal: {error}", durable=False)

    async def warn(self, task_id: str, warning: str, *, durable: bool = True) -> Kept | None:
        """A failure beside the delegation itself, for its result."""
        _log.warning("delegation %s: %s", task_id, warning)
        kept = self._history.get(task_id)
        if kept is None:
            return None
        warnings = kept.warned(warning).warnings
        if not durable:
            return await self.change(task_id, durable=False, warnings=warnings)
        return await self.note(task_id, warnings=warnings)
