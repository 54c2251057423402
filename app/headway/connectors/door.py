"""The door: where what a platform answered becomes ours (spec: safety, "Text" 1).

Texts are cleaned and bounded and numbers kept within what records and clocks can hold, once, here; a platform need not
be friendly. What a platform of ours has cleaned before passes unchanged.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from headway.core.delegation import Status
from headway.core.progress import ProgressText
from headway.core.text import BODY_LIMIT, ERROR_LIMIT, LINE_LIMIT, clean, clean_line
from headway.core.timestamps import from_rfc3339
from headway.net.parsing import loads

MAX_NUMBER: Final = 2**53
MAX_TIME: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""
MAX_DEPTH: Final = 64

_TIMES: Final = frozenset({
    "timestamp", "created_at", "updated_at", "finished_at", "last_activity_at", "last_heartbeat_at",
    "cancel_requested_at", "queued_at", "deadline", "expires_at",
})  # fmt: skip
_NUMBERS: Final = frozenset({
    "seq", "priority", "attempt", "tries", "offset", "progress_offset", "progress_percent", "active_tasks",
    "max_concurrent_tasks", "queue_depth", "uptime_seconds", "last_error_rate", *Status,
})  # fmt: skip
_LINES: Final = frozenset({
    "id", "delegation_id", "source_id", "target_id", "workspace_id", "parent_id", "remote_task_id", "context_id",
    "idempotency_key", "retry_of", "queue_id", "name", "role", "status", "type", "dialect", "epoch", "version",
    "traceparent",
})  # fmt: skip
_NEVER_PLAIN: Final = frozenset({"name", "role", *_TIMES, *_NUMBERS})
_KNOWN: Final = frozenset({
    *_TIMES, *_LINES, *_NUMBERS, "data", "text", "task_preview", "status_message", "response_preview", "error",
    "result_preview", "progress", "via", "recorded", "confirmed", "reason",
})  # fmt: skip
"""Keys that are ours, and so need no cleaning."""
_NUMERIC: Final = frozenset({int, float})
_LEAST_BOUND: Final = 100
"""What no number of any name is cut below."""
_TIMES_KEPT: Final = 4_096
"""Times as text whose numbers are remembered: thousands of events name the same millisecond more than once."""
_JSON: Final = TypeAdapter[object](object)
_BODIES: Final = frozenset({"task", "result", "text", "progress_text"})


def read(content: bytes | str) -> Any:
    """Parse JSON and make it safe to keep and draw. Raises ValueError for what cannot be read."""
    return _safe("", _parsed(content), MAX_DEPTH)


def _parsed(content: bytes | str) -> object:
    try:
        return _JSON.validate_json(content)
    except ValueError:
        # What this one is stricter about than the standard library's, such as a lone surrogate, is to be mended.
        return loads(content)


def _safe(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return text(name, value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(name, value)
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_safe(name, item, depth - 1) for item in value]
    # Most of what a firehose brings is as it should be, which is seen here without a call for each piece of it.
    safe = {
        key if key in _KNOWN or _is_plain(key) else clean_line(key): item
        if item is None
        or (type(item) is str and len(item) <= LINE_LIMIT and item.isascii() and item.isprintable()
            and key not in _NEVER_PLAIN)
        or (type(item) in _NUMERIC and 0 <= item <= _LEAST_BOUND)
        else _safe(key, item, depth - 1)
        for key, item in value.items()
    }  # fmt: skip
    return _progress(safe) if name == "progress" else safe


def text(name: str, value: str) -> str | int:
    """The text of a field of that name, made safe; a time is its number. Raises ValueError for one that is neither."""
    if name not in _NEVER_PLAIN and _is_plain(value):
        return value
    if name in _TIMES:
        return _time(value)
    if name in _NUMBERS:
        raise ValueError(f"{name} is not a number")
    if name in _LINES:
        return clean_line(value)
    return clean(value, limit=BODY_LIMIT if name in _BODIES else ERROR_LIMIT)


def _is_plain(text: str) -> bool:
    """Whether cleaning would change nothing but blanks; most texts are so, and a firehose has many."""
    return len(text) <= LINE_LIMIT and text.isascii() and text.isprintable()


def _number(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} is not a finite number")
    most = MAX_TIME if name in _TIMES else 100 if name == "progress_percent" else MAX_NUMBER
    return min(max(value, 0), most)


@lru_cache(_TIMES_KEPT)
def _time(text: str) -> int:
    return min(max(from_rfc3339(text), 0), MAX_TIME)


def _progress(value: dict[str, Any]) -> ProgressText:
    offset, text = value.get("offset"), value.get("text")
    if not isinstance(offset, int) or not isinstance(text, str):
        raise ValueError("progress is {offset, text}")
    return ProgressText.of(text, start=offset)
