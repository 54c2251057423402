"""Reading a platform's event stream: envelopes into events (spec: platform-api, "The event stream")."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from headway.connectors import door
from headway.connectors.connector import Batch
from headway.connectors.errors import CursorGone
from headway.connectors.plain_events import read_plain
from headway.core.cursor import MAX_DIGITS, Cursor
from headway.core.events import Event, Other, read_payload
from headway.net.event_parser import ServerEvent

UNREADABLE: Final = "UNREADABLE"
"""The type of an event whose envelope cannot be read; it keeps its place in the stream."""

_log = logging.getLogger(__name__)


class EventReader:
    """Turns the messages of one subscription into batches of events, its cursor going along."""

    def __init__(self, after: Cursor | None) -> None:
        self._stand_at(after)
        self._last_id = str(after) if after else ""

    def _stand_at(self, cursor: Cursor | None) -> None:
        self._epoch = cursor.epoch if cursor else None
        self._seq = cursor.seq if cursor else 0
        self._start = f"{cursor.epoch}:" if cursor else ""
        """What the ids of this ledger begin with; empty while none is known."""

    @property
    def cursor(self) -> Cursor | None:
        """Where the stream goes on."""
        return None if self._epoch is None else Cursor(self._epoch, self._seq)

    def read(self, messages: Sequence[ServerEvent]) -> Batch:
        """Read what one network read brought.

        An event that cannot be read is kept as `Other`, so that one odd event does not end the stream. Raises
        `CursorGone` when the stream has become that of another ledger.
        """
        before = self._epoch, self._seq
        events = []
        for data, _, message_id in messages:
            seq = self._seq_of(message_id)
            events.append(read_plain(seq, data) or _event(seq, data))
        return Batch(events, self.cursor if (self._epoch, self._seq) != before else None)

    def _seq_of(self, message_id: str) -> int:
        """0 for an event without an id line of its own: the parser then repeats the id of the one before."""
        if not message_id or message_id == self._last_id:
            return 0
        self._last_id = message_id
        if self._start and message_id.startswith(self._start):
            digits = message_id[len(self._start) :]
            if len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit():
                self._seq = int(digits)
                return self._seq
        try:
            cursor = Cursor.parse(message_id)
        except ValueError:
            return 0
        if self._epoch is not None and cursor.epoch != self._epoch:
            raise CursorGone("The platform now tells of another ledger.", next_step="Take a new snapshot.")
        self._stand_at(cursor)
        return cursor.seq


def _event(seq: int, data: str) -> Event:
    event_type, timestamp = UNREADABLE, 0
    try:
        envelope = door.read(data)
        event_type, timestamp = str(envelope["type"]), int(envelope["timestamp"])
        return Event(seq, event_type, timestamp, read_payload(event_type, envelope["data"]))
    except (ValueError, KeyError, TypeError) as error:
        _log.warning("event %d of type %s cannot be read: %s", seq, event_type, type(error).__name__)
        return Event(seq, event_type, timestamp, Other(data={}))
