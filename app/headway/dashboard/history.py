"""Finished delegations that are older than those the board holds, fetched a page at a time when somebody goes there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from headway.connectors.errors import ConnectorError, NotFound
from headway.core.api import SNAPSHOT_FINISHED
from headway.dashboard.answers import Notice, Tidings

if TYPE_CHECKING:
    from headway.connectors.connector import Connector
    from headway.core.clock import Clock
    from headway.core.delegation import Row
    from headway.dashboard.store import Store

PAUSE: Final = 5.0
"""Seconds after a failure in which it is not tried again."""


class History:
    """Goes back in a store's finished delegations; one page is asked for at a time."""

    def __init__(
        self,
        connector: Connector,
        store: Store,
        clock: Clock,
        *,
        tell: Callable[[Notice], None],
        on_change: Callable[[], None],
    ) -> None:
        self._connector = connector
        self._store = store
        self._clock = clock
        self._tell = tell
        self._on_change = on_change
        self._asking = False
        self._unseen = False
        """What was fetched is not shown yet: who is at the end is not at the end of it."""
        self._not_before = float("-inf")
        self._first: str | None = None
        """The one that nothing ended before, as the platform said."""

    def begin(self) -> bool:
        """Whether there may be older ones, and it is time to `go_back` to them: then that is to be done."""
        oldest = self._store.oldest_finished
        if oldest is None or self._asking or self._unseen or not self._connector.capabilities.older:
            return False
        self._asking = oldest.delegation_id != self._first and self._clock.monotonic() >= self._not_before
        return self._asking

    async def go_back(self) -> None:
        """Fetch the next older page, once it was begun; where that fails it is told, and what is held stays."""
        oldest, generation = self._store.oldest_finished, self._store.generation
        try:
            older = [] if oldest is None else await self._ended_before(oldest)
        except ConnectorError as error:
            self._not_before = self._clock.monotonic() + PAUSE
            self._tell(Notice("Older delegations were not fetched", str(error), Tidings.FAILED))
            return
        finally:
            self._asking = False
        if oldest is None or self._store.generation != generation:
            return
        if not older:
            self._first = oldest.delegation_id
            return
        self._store.hold_older(older)
        self._unseen = True
        self._on_change()

    def shown(self) -> None:
        """What was fetched is shown now."""
        self._unseen = False

    async def _ended_before(self, oldest: Row) -> list[Row]:
        try:
            return await self._connector.finished_before(oldest, limit=SNAPSHOT_FINISHED)
        except NotFound:
            # A platform from before this could be asked.
            return []
