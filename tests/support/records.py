"""Rows, events and snapshots for tests, short to write."""

from __future__ import annotations

from typing import Any

from headway.core.api import Snapshot, Workspace
from headway.core.delegation import Row, Status
from headway.core.events import Event, read_payload

T0 = 1_763_700_000_000
EPOCH = "e1"


def row(delegation_id: str = "d1", **fields: Any) -> Row:
    known: dict[str, Any] = {
        "source_id": "op",
        "target_id": "coder-id",
        "status": Status.PENDING,
        "priority": 50,
        "task_preview": f"task of {delegation_id}",
        "attempt": 0,
        "created_at": T0,
        "updated_at": T0,
        "last_activity_at": T0,
        "seq": 1,
    }
    return Row(delegation_id=delegation_id, **{**known, **fields})


def snapshot(*rows: Row, seq: int = 1, totals: dict[Status, int] | None = None, epoch: str = EPOCH) -> Snapshot:
    counted: dict[Status, int] = {}
    for each in rows:
        counted[each.status] = counted.get(each.status, 0) + 1
    return Snapshot(
        epoch=epoch,
        seq=seq,
        workspaces=[Workspace(id="op", name="operator", role="operator"), Workspace(id="coder-id", name="coder")],
        delegations=list(rows),
        totals=counted if totals is None else totals,
    )


def event(seq: int, event_type: str, delegation_id: str | None = None, /, **data: Any) -> Event:
    """An event as read from the wire; one of a delegation carries what all of those do."""
    if delegation_id is not None:
        data = {"delegation_id": delegation_id, "target_id": "coder-id", **data}
    return Event(seq, event_type, T0 + seq * 1000, read_payload(event_type, data))


def sent(seq: int, delegation_id: str = "d1", **data: Any) -> Event:
    known = {"source_id": "op", "status": "pending", "priority": 50, "attempt": 0, "created_at": T0 + seq * 1000}
    return event(seq, "DELEGATION_SENT", delegation_id, task_preview=f"task of {delegation_id}", **{**known, **data})


def status(seq: int, delegation_id: str, name: str, **data: Any) -> Event:
    return event(seq, "DELEGATION_STATUS", delegation_id, status=name, **{"attempt": 1, **data})


def progress(seq: int, delegation_id: str, offset: int, text: str, **data: Any) -> Event:
    return event(seq, "DELEGATION_PROGRESS", delegation_id, offset=offset, text=text, **data)


def completed(seq: int, delegation_id: str, result: str = "done") -> Event:
    return event(seq, "DELEGATION_COMPLETE", delegation_id, response_preview=result)
