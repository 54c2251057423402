"""The door: where what a platform answered becomes ours (spec: safety, "Text" 1).

Texts are cleaned and bounded and numbers kept within what records and clocks can hold, once, here; a platform need not
be friendly. What a platform of ours has cleaned before passes unchanged.
"""

from __future__ import annotations

import math
from typing import Any, Final

from headway.core.delegation import Status
from headway.core.progress import ProgressText
from headway.core.text import BODY_LIMIT, ERROR_LIMIT, LINE_LIMIT, clean, clean_line
from headway.core.timestamps import from_rfc3339
from headway.net.http import loads

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
_BODIES: Final = frozenset({"task", "result", "text", "progress_text"})


def read(content: bytes | str) -> Any:
    """Parse JSON and make it safe to keep and draw. Raises ValueError for what cannot be read."""
    return _safe("", loads(content), MAX_DEPTH)


def _safe(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text(name, value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(name, value)
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_safe(name, item, depth - 1) for item in value]
    safe = {key if _is_plain(key) else clean_line(key): _safe(key, item, depth - 1) for key, item in value.items()}
    return _progress(safe) if name == "progress" else safe


def _text(name: str, value: str) -> str | int:
    if name not in _NEVER_PLAIN and _is_plain(value):
        return value
    if name in _TIMES:
        return min(max(from_rfc3339(value), 0), MAX_TIME)
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


def _progress(value: dict[str, Any]) -> ProgressText:
    offset, text = value.get("offset"), value.get("text")
    if not isinstance(offset, int) or not isinstance(text, str):
        raise ValueError("progress is {offset, text}")
    return ProgressText.of(text, start=offset)
