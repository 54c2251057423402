"""Workspaces (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select, text

from headway.core.api import DEGRADED, ONLINE, OPERATOR, Workspace
from headway.core.delegation import ACTIVE, Row
from headway.core.events import (
    WorkspaceDegraded,
    WorkspaceFact,
    WorkspaceOffline,
    WorkspaceOnline,
    WorkspaceQueue,
    WorkspaceRemoved,
)
from headway.core.scopes import workspace_scope
from headway.ledger import json_columns, moving, places, schema
from headway.ledger.errors import Conflict, NotFound
from headway.ledger.records import Failure, NewWorkspace
from headway.ledger.statements import Prepared, inserting, updating
from headway.ledger.transaction import Transaction

CHANGEABLE: Final = frozenset(
    {
        "name",
        "url",
        "parent_id",
        "role",
        "status",
        "agent_card",
        "active_tasks",
        "max_concurrent_tasks",
        "current_task",
        "last_heartbeat_at",
        "last_error_rate",
        "last_sample_error",
        "uptime_seconds",
        "runtime_state",
        "runtime_metadata",
    }
)
_JSON: Final = ("agent_card", "runtime_metadata")
_PLACE: Final = frozenset({"parent_id", "role"})
_TOLD: Final = ("name", "url", "max_concurrent_tasks")
_BY_STATUS: Final[Mapping[str, type[WorkspaceFact]]] = {ONLINE: WorkspaceOnline, DEGRADED: WorkspaceDegraded}

_MANY: Final = 1_000_000

_w, _d = schema.workspaces.c, schema.delegations.c
_COLUMNS: Final = tuple(_w[name] for name in Workspace.model_fields if name != "queue_depth")
# The order and limit lead to the index of what waits; without them all that the target ever had would be read.
_DEPTH: Final = Prepared(
    select(func.count()).select_from(
        select(_d.id)
        .where(_d.target_id == bindparam("target"), text(schema.WAITING))
        .order_by(_d.priority.desc(), _d.id)
        .limit(bindparam("limit_"))
        .subquery()
    )
)
_DEPTHS: Final = Prepared(select(_d.target_id, func.count()).where(text(schema.WAITING)).group_by(_d.target_id))
_ALL: Final = Prepared(select(*_COLUMNS).order_by(_w.created_at, _w.id))
_ONE: Final = Prepared(select(*_COLUMNS).where(_w.id == bindparam("k")))
_BY_NAME: Final = Prepared(
    select(_w.id).where(_w.name == bindparam("name"), _w.role.is_not_distinct_from(bindparam("role"))).order_by(_w.id)
)
_INSERT: Final = inserting(schema.workspaces)
_DELETE: Final = Prepared(delete(schema.workspaces).where(_w.id == bindparam("k")))
_BOUND: Final = Prepared(
    select(_d.delegation_id)
    .where(schema.status_in(ACTIVE), schema.by_status_first(_d.target_id) == bindparam("target"))
    .order_by(_d.status, _d.id)
)
_DELETE_TOKENS: Final = Prepared(delete(schema.tokens).where(schema.tokens.c.scope == bindparam("scope")))


def add(transaction: Transaction, new: NewWorkspace) -> Workspace:
    """Make a workspace and tell of it.

    Raises Conflict where its id is taken, NotFound where its parent is not known.
    """
    workspace_id = new.id or transaction.new_id()
    if get(transaction.conn, workspace_id) is not None:
        raise Conflict(f"workspace {workspace_id} is there already; nothing was changed")
    if new.parent_id is not None and places.place(transaction.conn, new.parent_id) is None:
        raise NotFound(f"no workspace {new.parent_id} is known that could be its parent; nothing was made")
    blank = dict.fromkeys(column.name for column in schema.workspaces.columns)
    now = transaction.now_ms()
    values = {
        **blank,
        "id": workspace_id,
        "name": new.name,
        "url": new.url,
        "parent_id": new.parent_id,
        "role": new.role,
        "status": new.status,
        "agent_card": json_columns.to_text(new.agent_card),
        "active_tasks": 0,
        "max_concurrent_tasks": new.max_concurrent_tasks,
        "created_at": now,
        "external": int(new.external),
    }
    transaction.outdate()
    _INSERT(transaction.conn, **values)
    made = must_get(transaction.conn, workspace_id)
    _tell(transaction, made)
    return made


def ensure(transaction: Transaction, new: NewWorkspace) -> Workspace:
    """The workspace of this name and role, made if there is none."""
    found = _BY_NAME(transaction.conn, name=new.name, role=new.role).first_scalar()
    return must_get(transaction.conn, found) if found else add(transaction, new)


def named(conn: Connection, name: str, role: str | None) -> Workspace | None:
    """The workspace of this name and role, if there is one."""
    found = _BY_NAME(conn, name=name, role=role).first_scalar()
    return get(conn, found) if found else None


def update(transaction: Transaction, workspace_id: str, changes: Mapping[str, Any]) -> Workspace:
    """Change facts of a workspace (`CHANGEABLE`); what matters to a board is told in an event.

    Raises NotFound, and ValueError for a fact there is not.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise ValueError(f"a workspace has no {', '.join(sorted(unknown))}")
    before = must_get(transaction.conn, workspace_id)
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return before
    if not _PLACE.isdisjoint(changed):
        transaction.outdate()
    columns = changed | {name: json_columns.to_text(changed[name]) for name in _JSON if name in changed}
    updating(schema.workspaces, "id", tuple(sorted(columns)))(transaction.conn, k=workspace_id, **columns)
    after = must_get(transaction.conn, workspace_id)
    if "status" in changed:
        _tell(transaction, after)
    elif told := {name: changed[name] for name in _TOLD if name in changed}:
        payload = WorkspaceQueue(workspace_id=workspace_id, **told)
        transaction.emit(payload, workspace_id=workspace_id, timestamp=transaction.now_ms())
    return after


def remove(transaction: Transaction, workspace_id: str) -> list[Row]:
    """Remove a workspace and its tokens; what waited for it or ran there is failed, and returned.

    Raises NotFound, and Conflict for the operator's, in whose name people dispatch.
    """
    found = must_get(transaction.conn, workspace_id)
    if found.name == found.role == OPERATOR:
        raise Conflict("the operator's workspace cannot be removed; nothing was changed")
    failure = Failure(f"workspace {found.name} was removed")
    bound = _BOUND(transaction.conn, target=workspace_id).scalars()
    failed = [moving.settle(transaction, delegation_id, None, failure) for delegation_id in bound]
    transaction.outdate()
    _DELETE(transaction.conn, k=workspace_id)
    _DELETE_TOKENS(transaction.conn, scope=workspace_scope(workspace_id))
    payload = WorkspaceRemoved(workspace_id=workspace_id, name=found.name, status="removed")
    transaction.emit(payload, workspace_id=workspace_id, timestamp=transaction.now_ms())
    return failed


def get(conn: Connection, workspace_id: str, most: int = _MANY) -> Workspace | None:
    """The workspace of this id, its queue depth counted now, up to `most`."""
    values = _ONE(conn, k=workspace_id).one_or_none()
    return _read(values, depth(conn, workspace_id, most)) if values else None


def must_get(conn: Connection, workspace_id: str) -> Workspace:
    """The workspace of this id. Raises NotFound."""
    found = get(conn, workspace_id)
    if found is None:
        raise NotFound(f"no workspace {workspace_id} is known")
    return found


def list_(conn: Connection) -> list[Workspace]:
    """Every workspace, oldest first."""
    waiting = depths(conn)
    return [_read(values, waiting.get(values[0], 0)) for values in _ALL(conn)]


def depth(conn: Connection, target_id: str, most: int = _MANY) -> int:
    """How many wait for a target; beyond `most` they are not counted."""
    return int(_DEPTH(conn, target=target_id, limit_=most).scalar_one())


def depths(conn: Connection) -> dict[str, int]:
    """How many wait for each target that any wait for."""
    return {row[0]: row[1] for row in _DEPTHS(conn)}


def _tell(transaction: Transaction, workspace: Workspace) -> None:
    kind = _BY_STATUS.get(workspace.status, WorkspaceOffline)
    facts: dict[str, Any] = {
        "workspace_id": workspace.id,
        "name": workspace.name,
        "role": workspace.role,
        "status": workspace.status,
        "url": workspace.url,
        "active_tasks": workspace.active_tasks,
        "max_concurrent_tasks": workspace.max_concurrent_tasks,
        "queue_depth": workspace.queue_depth,
    }
    if kind is WorkspaceDegraded:
        sample = workspace.last_sample_error
        facts |= {"error": sample, "sample_error": sample, "error_rate": workspace.last_error_rate}
    payload = kind(**facts)
    transaction.emit(payload, workspace_id=workspace.id, timestamp=transaction.now_ms())


def _read(values: Iterable[Any], depth: int) -> Workspace:
    fields = dict(zip((column.name for column in _COLUMNS), values, strict=True))
    for name in _JSON:
        fields[name] = json_columns.from_text(fields[name])
    fields["external"] = bool(fields["external"])
    return Workspace.model_construct(**fields, queue_depth=depth)
