"""What a board works with: one platform's connector, store, feed and operations, and what was fetched. No Textual."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from headway.connectors.errors import NotAllowed
from headway.dashboard.answers import Notice, Tidings
from headway.dashboard.columns import Facts
from headway.dashboard.event_log import EventLog
from headway.dashboard.feed import Feed
from headway.dashboard.history import History
from headway.dashboard.operations import Operations
from headway.dashboard.store import Store

if TYPE_CHECKING:
    import random

    from headway.connectors.connector import Connector
    from headway.connectors.playback import Playback
    from headway.core.clock import Clock
    from headway.core.delegation import Row

RESULTS_KEPT: Final = 32
"""Whole results held for the streams; the others are fetched again when they are looked at."""


class Session:
    """`run` its feed as a task; `request_frame` is called whenever something may look different."""

    def __init__(
        self,
        connector: Connector,
        *,
        clock: Clock,
        rng: random.Random,
        title: str,
        tell: Callable[[Notice], None],
        request_frame: Callable[[], None],
        playback: Playback | None = None,
        finished_kept: int | None = None,
    ) -> None:
        """`finished_kept` is how many finished delegations are held; None is the store's own bound."""
        self.connector = connector
        self.clock = clock
        self.title = title
        self.playback = playback
        """The recording that is played, where there is no platform."""
        self.request_frame = request_frame
        self.store = Store() if finished_kept is None else Store(finished_kept=finished_kept)
        self.events = EventLog()
        self.feed = Feed(
            connector, self.store, clock=clock, rng=rng, on_change=request_frame, on_events=self.events.extend
        )
        self.operations = Operations(connector, self.store, tell=tell, on_change=request_frame)
        self.history = History(connector, self.store, clock, tell=tell, on_change=request_frame)
        self.tell = tell
        self._results: OrderedDict[str, str] = OrderedDict()
        self._asked: set[str] = set()
        self.results: Final[Mapping[str, str]] = MappingProxyType(self._results)
        """Whole results by delegation id, of those that were looked at last."""

    def facts(self) -> Facts:
        """What cells are drawn with, as it is now."""
        return Facts(self.clock.now_ms(), self.store.name_of, self.store.notes)

    def wants_record(self, row: Row) -> bool:
        """Whether the whole record has something to show that the row has not."""
        if row.delegation_id in self._asked:
            return False
        return row.progress.start > 0 or (row.status.is_terminal and row.delegation_id not in self._results)

    def use_token(self, token: str) -> None:
        """Go on with another token; what cannot be one is told, and the one there is stays."""
        try:
            self.feed.use_token(token)
        except NotAllowed as error:
            self.tell(Notice("That is no token", str(error), Tidings.FAILED))

    async def fetch_record(self, row: Row) -> None:
        """Fetch the whole record, for its result and the head of its output; nothing differs where it cannot be had."""
        self._asked.add(row.delegation_id)
        try:
            record = await self.operations.record(row.delegation_id)
        finally:
            self._asked.discard(row.delegation_id)
        if record is not None and record.result:
            self._results[row.delegation_id] = record.result
            while len(self._results) > RESULTS_KEPT:
                self._results.popitem(last=False)
