"""`apply`: the one reducer from events to rows (spec: lifecycle, "Events").

The ledger projects its rows with it and the dashboard updates its own with it, so whoever has read a snapshot and every
event after it holds the same rows as the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from headway.core.delegation import Row, Status, made
from headway.core.events import (
    Canceled,
    Completed,
    Event,
    Failed,
    Payload,
    Progressed,
    Sent,
    StatusChanged,
)

_SIGNS_OF_LIFE: Final = frozenset({Status.DISPATCHED, Status.IN_PROGRESS, Status.INPUT_REQUIRED})


def apply(event: Event, row: Row | None) -> Row | None:
    """The row after `event`, given the row before it; None while nothing is known of the delegation.

    An event that the row has seen already (by seq) changes nothing, so events that overlap a snapshot are harmless.
    """
    if row is None:
        return _sent(event, event.payload) if isinstance(event.payload, Sent) else None
    fold = _FOLDS.get(type(event.payload))
    return row if fold is None or event.seq <= row.seq else fold(event, event.payload, row)


def _sent(event: Event, payload: Sent) -> Row:
    return Row(
        delegation_id=payload.delegation_id,
        source_id=payload.source_id,
        target_id=payload.target_id,
        status=payload.status,
        priority=payload.priority,
        task_preview=payload.task_preview,
        attempt=payload.attempt,
        created_at=payload.created_at,
        updated_at=event.timestamp,
        last_activity_at=event.timestamp,
        seq=event.seq,
        deadline=payload.deadline,
        expires_at=payload.expires_at,
        recorded=payload.recorded,
    )


def _status_changed(event: Event, payload: StatusChanged, row: Row) -> Row:
    draft = row.draft()
    draft.status = payload.status
    draft.attempt = payload.attempt
    draft.status_message = payload.status_message
    if payload.progress_percent is not None:
        draft.progress_percent = payload.progress_percent
    if payload.priority is not None:
        draft.priority = payload.priority
    if payload.expires_at is not None:
        draft.expires_at = payload.expires_at
    draft.updated_at = event.timestamp
    if payload.status in _SIGNS_OF_LIFE:
        draft.last_activity_at = event.timestamp
    draft.seq = event.seq
    return made(draft)


def _progressed(event: Event, payload: Progressed, row: Row) -> Row:
    draft = row.draft()
    draft.progress = row.progress.splice(payload.offset, payload.text)
    if payload.progress_percent is not None:
        draft.progress_percent = payload.progress_percent
    draft.updated_at = draft.last_activity_at = event.timestamp
    draft.seq = event.seq
    return made(draft)


def _completed(event: Event, payload: Completed, row: Row) -> Row:
    return _finish(event, row, Status.COMPLETED, result_preview=payload.response_preview, via=payload.via)


def _failed(event: Event, payload: Failed, row: Row) -> Row:
    return _finish(event, row, Status.FAILED, error=payload.error)


def _canceled(event: Event, payload: Canceled, row: Row) -> Row:
    return _finish(event, row, Status.CANCELED, status_message=payload.status_message)


def _finish(event: Event, row: Row, status: Status, **outcome: Any) -> Row:
    return row.changed(
        status=status,
        updated_at=event.timestamp,
        last_activity_at=event.timestamp,
        finished_at=event.timestamp,
        seq=event.seq,
        **outcome,
    )


_FOLDS: Final[Mapping[type[Payload], Callable[[Event, Any, Row], Row]]] = {
    StatusChanged: _status_changed,
    Progressed: _progressed,
    Completed: _completed,
    Failed: _failed,
    Canceled: _canceled,
}
"""By the kind of event: what it makes of a row that has not seen it. Looked up, as this is done for every event."""
