"""Rows for tests of the dashboard."""

from __future__ import annotations

from typing import Any

from headway.core.delegation import Row, Status

NOW_MS = 1_700_000_000_000


def a_row(status: Status, **fields: Any) -> Row:
    """A row of this status, everything else plausible."""
    values: dict[str, Any] = {
        "delegation_id": "7f3a0000-0000-4000-8000-000000000000",
        "source_id": "operator",
        "target_id": "ws-coder",
        "status": status,
        "priority": 50,
        "task_preview": "Fix the race",
        "attempt": 1,
        "created_at": NOW_MS - 42_000,
        "updated_at": NOW_MS,
        "last_activity_at": NOW_MS,
        "seq": 1,
    }
    return Row(**{**values, **fields})
