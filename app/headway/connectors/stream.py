"""Reading a platform's event stream: envelopes into events (spec: platform-api, "The event stream")."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from headway.connectors import door
from headway.connectors.connector import Batch
from headway.connectors.errors import CursorGone
from headway.core.cursor import Cursor
from headway.core.events import Event, Other, read_payload
from headway.net.event_parser import ServerEvent

UNREADABLE: Final = "UNREADABLE"
"""The type of an event whose envelope cannot be read; it keeps its place in the stream."""

_log = logging.getLogger(__name__)


class EventReader:
    """Turns the messages of one subscription into batches of events, its cursor going along."""

    def __init__(self, after: Cursor | None) -> None:
        self._cursor = after
        self._last_id = str(after) if after else ""

    @property
    def cursor(self) -> Cursor | None:
        """Where the stream goes on."""
        return self._cursor

    def read(self, messages: Sequence[ServerEvent]) -> Batch:
        """Read what one network read brought.

        An event that cannot be read is kept as `Other`, so that one odd event does not end the stream. Raises
        `CursorGone` when the stream has become that of another ledger.
        """
        before = self._cursor
        events = [_event(self._seq(message), message.data) for message in messages]
        return Batch(events, self._cursor if self._cursor != before else None)

    def _seq(self, message: ServerEvent) -> int:
        """0 for an event without an id line of its own: the parser then repeats the id of the one before."""
        if not message.id or message.id == self._last_id:
            return 0
        self._last_id = message.id
        try:
            cursor = Cursor.parse(message.id)
        except ValueError:
            return 0
        if self._cursor is not None and cursor.epoch != self._cursor.epoch:
            raise CursorGone("The platform now tells of another ledger.", next_step="Take a new snapshot.")
        self._cursor = cursor
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
