"""Reading a platform's whole record of a delegation, whatever a platform may answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.core.delegation import Status
from headway.tools.sending import Ended

_SEEN: Final = frozenset({Status.IN_PROGRESS, Status.INPUT_REQUIRED, Status.STUCK, Status.CANCELING})


@dataclass(frozen=True, slots=True)
class Seen:
    """How a delegation stands that the platform has taken out of its queue."""

    status: Status
    message: str | None
    percent: float | None


def outcome_of(record: Mapping[str, Any]) -> Ended | None:
    """How a delegation has ended, as the platform's whole record tells; None where it has not, or cannot be read."""
    result, error, message = (_text(record.get(name)) for name in ("result", "error", "status_message"))
    match _status(record):
        case Status.COMPLETED:
            return Ended(Status.COMPLETED, result or _text(record.get("response_preview")))
        case Status.FAILED:
            return Ended(Status.FAILED, error or "failed, without a reason given")
        case Status.CANCELED:
            reason = _text(record.get("cancel_reason"))
            said = [part for part in (f"canceled: {reason}" if reason else "", message) if part]
            return Ended(Status.CANCELED, "; ".join(said) or "canceled")
        case _:
            return None


def seen_of(record: Mapping[str, Any]) -> Seen | None:
    """How it stands; None where it waits, has ended, or cannot be read."""
    status, percent = _status(record), record.get("progress_percent")
    if status not in _SEEN:
        return None
    known = isinstance(percent, int | float) and not isinstance(percent, bool)
    return Seen(status, _text(record.get("status_message")) or None, percent if known else None)


def waits(record: Mapping[str, Any]) -> bool:
    """Whether the platform's gateway has taken its message in."""
    return bool(record.get("queue_id")) or _status(record) is Status.QUEUED


def _status(record: Mapping[str, Any]) -> Status | None:
    named = record.get("status")
    try:
        return Status(named) if isinstance(named, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
