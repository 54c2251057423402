"""The connector's door: what a platform answers is parsed, cleaned and bound here, and nowhere else."""

from __future__ import annotations

import logging
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from headway.connectors.connector import Cursor
from headway.connectors.errors import BadAnswer
from headway.core.events import Bookmark, Event, EventType, read_payload
from headway.core.text import clean_json, clean_line
from headway.net.event_parser import ServerEvent
from headway.net.http import loads

T = TypeVar("T")

_NOT_STORED: Final = frozenset({EventType.BOOKMARK, EventType.WORKSPACE_HEARTBEAT})

_log = logging.getLogger(__name__)


def read_answer(adapter: TypeAdapter[T], body: bytes) -> T:
    """Bind a JSON body. Raises BadAnswer."""
    try:
        return adapter.validate_python(clean_json(loads(body)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise _unreadable(f"{field}: {first['msg']}") from error
    except ValueError as error:
        raise _unreadable(str(error)) from error


def read_error(body: bytes) -> str:
    """The platform's own words in an error body; empty where it has none."""
    try:
        answer = clean_json(loads(body))
    except ValueError:
        return ""
    said = answer.get("error") if isinstance(answer, dict) else None
    return clean_line(said) if isinstance(said, str) else ""


def read_event(message: ServerEvent) -> tuple[Event, Cursor | None] | None:
    """One event of the stream and the cursor after it; None for what cannot be read, which is logged."""
    try:
        envelope: Any = clean_json(loads(message.data))
        event_type, timestamp = str(envelope["type"]), int(envelope["timestamp"])
        payload = read_payload(event_type, envelope["data"])
        if event_type in _NOT_STORED:
            return Event(0, event_type, timestamp, payload), _bookmarked(message, payload)
        cursor = Cursor.parse(message.id)
    except (ValueError, TypeError, KeyError) as error:
        _log.warning("an event that cannot be read was skipped: %s", clean_line(str(error)))
        return None
    return Event(cursor.seq, event_type, timestamp, payload), cursor


def _bookmarked(message: ServerEvent, payload: object) -> Cursor | None:
    """A bookmark moves the cursor within the epoch of the events before it."""
    if not isinstance(payload, Bookmark) or not message.id:
        return None
    return Cursor(Cursor.parse(message.id).epoch, payload.seq)


def _unreadable(why: str) -> BadAnswer:
    return BadAnswer(
        f"The platform's answer cannot be read ({clean_line(why, limit=120)}).",
        next_step="Check that the address is a Headway platform of a version that fits.",
    )
