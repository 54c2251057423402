"""What runtimes report, and their silence (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select, text

from headway.core.api import OFFLINE, Workspace
from headway.core.delegation import Status
from headway.core.events import TaskUpdated
from headway.core.health import reported_status
from headway.ledger import moving, rows, schema, workspaces
from headway.ledger.records import Beat
from headway.ledger.statements import Prepared
from headway.ledger.transaction import Transaction

_d = schema.delegations.c
_BY_REMOTE: Final = Prepared(
    select(_d.delegation_id)
    .where(_d.target_id == bindparam("target"), _d.remote_task_id == bindparam("task"), text(schema.REMOTE_HELD))
    .order_by(_d.id.desc())
    .limit(1)
)


def take(transaction: Transaction, workspace_id: str, beat: Beat, quiet_since_ms: int) -> Workspace:
    """Keep what a heartbeat reports and tell what is news: another status, another current task.

    The delegation that it names as its current task, by its own id or by the agent's task id, has shown a sign of life;
    one that has shown another since `quiet_since_ms` is left as it is. Raises NotFound.
    """
    before = workspaces.must_get(transaction.conn, workspace_id)
    after = workspaces.update(
        transaction,
        workspace_id,
        {
            "status": reported_status(before.status, beat.error_rate, beat.runtime_state),
            "active_tasks": beat.active_tasks,
            "current_task": beat.current_task,
            "last_heartbeat_at": transaction.now_ms(),
            "last_error_rate": beat.error_rate,
            "last_sample_error": beat.sample_error,
            "uptime_seconds": beat.uptime_seconds,
            "runtime_state": beat.runtime_state,
            "runtime_metadata": beat.runtime_metadata,
        },
    )
    if after.current_task != before.current_task:
        payload = TaskUpdated(
            workspace_id=workspace_id, current_task=after.current_task or "", active_tasks=after.active_tasks
        )
        transaction.emit(payload, workspace_id=workspace_id, timestamp=transaction.now_ms())
    if beat.current_task:
        _show_life(transaction, workspace_id, beat.current_task, quiet_since_ms)
    return after


def mark_offline(transaction: Transaction, workspace_ids: Sequence[str]) -> list[str]:
    """Mark those of these that are not so yet; returns their ids. One that is removed is left out."""
    marked = []
    for workspace_id in workspace_ids:
        found = workspaces.get(transaction.conn, workspace_id)
        if found is not None and found.status != OFFLINE:
            workspaces.update(transaction, workspace_id, {"status": OFFLINE})
            marked.append(workspace_id)
    return marked


def _show_life(transaction: Transaction, workspace_id: str, task: str, quiet_since_ms: int) -> None:
    found = rows.find(transaction, task)
    if found is None:
        named = _BY_REMOTE(transaction.conn, target=workspace_id, task=task).first_scalar()
        found = rows.find(transaction, named) if named is not None else None
    if found is None or found.row.target_id != workspace_id:
        return
    row = found.row
    if row.status in (Status.DISPATCHED, Status.STUCK) or row.last_activity_at <= quiet_since_ms:
        moving.sign_of_life(transaction, row.delegation_id)
