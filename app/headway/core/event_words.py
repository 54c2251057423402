"""What an event says, in the words of it that say most: for lists of events, where each has one line."""

from __future__ import annotations

from typing import Final

from headway.core.events import Event

_FIELDS: Final = (
    "error", "task_preview", "response_preview", "status_message", "reason", "text", "message", "current_task",
    "status", "name",
)  # fmt: skip
"""The fields that say most of an event, the best first."""


def words_of(event: Event) -> str:
    """The text of the first of those fields that has any, whole and as it came; empty where none has."""
    values = (getattr(event.payload, name, None) for name in _FIELDS)
    return next((str(value) for value in values if isinstance(value, str) and value.strip()), "")
