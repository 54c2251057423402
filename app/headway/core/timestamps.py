"""Times: whole milliseconds inside, RFC 3339 in UTC on the wire (spec: lifecycle, "Record")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_TO_SECONDS: Final = len("2026-01-01T00:00:00")


def to_rfc3339(ms: int) -> str:
    """Unix milliseconds as RFC 3339 with six decimals and `Z`."""
    seconds, millis = divmod(ms, 1000)
    # `strftime` takes half as long again, and each event has one.
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:_TO_SECONDS]}.{millis:03d}000Z"


def from_rfc3339(text: str) -> int:
    """Read an RFC 3339 time as Unix milliseconds. Raises ValueError where it is none or names no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone, such as Z")
    return round(moment.timestamp() * 1000)
