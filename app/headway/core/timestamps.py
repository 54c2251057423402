"""Times: whole milliseconds inside, RFC 3339 in UTC on the wire (spec: lifecycle, "Record")."""

from __future__ import annotations

from datetime import UTC, datetime


def to_rfc3339(ms: int) -> str:
    """Unix milliseconds as RFC 3339 with six decimals and `Z`."""
    seconds, millis = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis * 1000:06d}Z"


def from_rfc3339(text: str) -> int:
    """Read an RFC 3339 time as Unix milliseconds. Raises ValueError where it is none or names no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone, such as Z")
    return round(moment.timestamp() * 1000)
