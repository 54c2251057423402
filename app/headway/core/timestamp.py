"""A time as a field of a model; apart from `core.timestamps`, so that who only writes times does without pydantic."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from headway.core.timestamps import from_rfc3339, to_rfc3339


def _read(value: Any) -> Any:
    return from_rfc3339(value) if isinstance(value, str) else value


Timestamp = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A pydantic field that is an int of Unix milliseconds in Python and an RFC 3339 string in JSON."""
