"""The newest events as they came, in a bounded ring. No Textual."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from headway.core.events import Event, Other, Progressed

MOST_EVENTS: Final = 5_000
MOST_CHARACTERS: Final = 8_000_000
"""In the texts of all events that are kept; the oldest go first."""


class EventLog:
    """Events by the number in which they came here, from 1; most have a seq of the platform's besides."""

    def __init__(self, *, most: int = MOST_EVENTS, most_characters: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._most_characters = most_characters
        self._events: deque[Event] = deque()
        self._sizes: deque[int] = deque()
        self._characters = 0
        self.last = 0
        """The number of the newest one."""

    def __len__(self) -> int:
        return len(self._events)

    @property
    def first(self) -> int:
        """The number of the oldest one that is kept; one more than `last` where none is."""
        return self.last + 1 - len(self._events)

    def extend(self, events: Iterable[Event]) -> None:
        fresh = list(events)
        sizes = [_characters(event) for event in fresh]
        self.last += len(fresh)
        self._events.extend(fresh)
        self._sizes.extend(sizes)
        self._characters += sum(sizes)
        while self._events and (len(self._events) > self._most or self._characters > self._most_characters):
            self._events.popleft()
            self._characters -= self._sizes.popleft()

    def after(self, number: int) -> Iterator[tuple[int, Event]]:
        """Those that came after a number, the oldest first."""
        fresh = min(len(self._events), max(0, self.last - number))
        newest = [self._events[-1 - back] for back in range(fresh)]
        yield from enumerate(reversed(newest), self.last + 1 - fresh)


def _characters(event: Event) -> int:
    """Roughly the characters of an event; those of a kind that is not known are counted from its text."""
    payload = event.payload
    if type(payload) is Progressed:
        return len(payload.delegation_id) + len(payload.target_id) + len(payload.text)
    if isinstance(payload, Other):
        return len(str(payload.data))
    return sum(len(value) for value in payload.__dict__.values() if isinstance(value, str))
