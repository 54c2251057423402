"""What each column of the board sorts by; ascending is the order in which a person reads it first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from headway.core.delegation import Row, Status
from headway.dashboard.filters import NameOf
from headway.dashboard.ordering import SortKey

_URGENCY: Final = (
    Status.STUCK, Status.INPUT_REQUIRED, Status.CANCELING, Status.IN_PROGRESS, Status.DISPATCHED, Status.QUEUED,
    Status.PENDING, Status.FAILED, Status.CANCELED, Status.COMPLETED,
)  # fmt: skip
_RANK: Final = {status: rank for rank, status in enumerate(_URGENCY)}


def _outcome(row: Row, name_of: NameOf) -> SortKey:
    return (_RANK[row.status], (row.result_preview or row.error or row.status_message or "").casefold())


SORT_KEYS: Final[Mapping[str, Callable[[Row, NameOf], SortKey]]] = {
    "target": lambda row, name_of: name_of(row.target_id).casefold(),
    "task": lambda row, name_of: row.task_preview.casefold(),
    "age": lambda row, name_of: -row.created_at,
    "priority": lambda row, name_of: (-row.priority, row.created_at),
    "attempts": lambda row, name_of: (-row.attempt, row.created_at),
    "progress": lambda row, name_of: (_RANK[row.status], -(row.progress_percent or 0.0)),
    "last": lambda row, name_of: -row.last_activity_at,
    "elapsed": lambda row, name_of: row.created_at,
    "output": lambda row, name_of: (row.status_message or "").casefold(),
    "result": _outcome,
    "took": lambda row, name_of: row.created_at - (row.finished_at or row.updated_at),
    "finished": lambda row, name_of: -(row.finished_at or row.updated_at),
}
"""By column: newest, most urgent, longest or alphabetically first. Keys of one column compare with each other."""
FIXED: Final = frozenset({"target", "task", "age", "elapsed"})
"""Columns by which a row keeps its place however it changes, as long as no workspace is called otherwise."""
