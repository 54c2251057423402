"""The events of a log that a filter lets pass, in the order in which they came; it can stand still. No Textual."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from headway.core.events import Event
from headway.dashboard.columns import Facts
from headway.dashboard.event_log import EventLog
from headway.dashboard.filters import EVERYTHING, Filter


class EventsView:
    """Rows are events by their number, written as text. While it is paused it keeps what it shows, come what may."""

    sort_column = ""
    descending = False

    def __init__(self, log: EventLog, facts: Callable[[], Facts]) -> None:
        self._log = log
        self._facts = facts
        self._filter = EVERYTHING
        self._held: dict[int, Event] = {}
        self._passing: list[int] = []
        self._taken = 0
        self.paused = False
        self.take()

    def __len__(self) -> int:
        return len(self._passing)

    @property
    def total(self) -> int:
        return len(self._held)

    @property
    def is_filtered(self) -> bool:
        return bool(self._filter)

    @property
    def waiting(self) -> int:
        """How many have come that are not shown, as it is paused."""
        return self._log.last - self._taken

    def event(self, row_id: str | None) -> Event | None:
        return self._held.get(int(row_id)) if row_id else None

    def id_at(self, index: int) -> str:
        """Raises IndexError."""
        return str(self._passing[index])

    def index_of(self, row_id: str) -> int | None:
        at = bisect_left(self._passing, int(row_id))
        return at if at < len(self._passing) and self._passing[at] == int(row_id) else None

    def window(self, start: int, stop: int) -> list[str]:
        return [str(number) for number in self._passing[max(0, start) : max(0, stop)]]

    def set_filter(self, wanted: Filter) -> None:
        self._filter = wanted
        facts = self._facts()
        self._passing = [number for number, event in self._held.items() if wanted.matches(event, facts)]

    def take(self) -> bool:
        """Take what came since; whether anything shown is different. Nothing is taken while it is paused."""
        log = self._log
        if self.paused or self._taken == log.last:
            return False
        facts = self._facts()
        for number, event in log.after(self._taken):
            self._held[number] = event
            if self._filter.matches(event, facts):
                self._passing.append(number)
        self._taken = log.last
        for number in list(self._held):
            if number >= log.first:
                break
            del self._held[number]
        del self._passing[: bisect_left(self._passing, log.first)]
        return True
