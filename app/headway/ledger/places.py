"""Where workspaces stand among each other: what decides who may talk to whom."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select

from headway.ledger import schema
from headway.ledger.records import Place
from headway.ledger.statements import Prepared

_w = schema.workspaces.c
_PLACE: Final = Prepared(select(_w.parent_id, _w.role).where(_w.id == bindparam("k")))


def place(conn: Connection, workspace_id: str) -> Place | None:
    """Where a workspace stands; None where it is not known."""
    values = _PLACE(conn, k=workspace_id).one_or_none()
    return Place(*values) if values else None


def lines(conn: Connection, *workspace_ids: str) -> dict[str, Place]:
    """These workspaces and all that stand above them, as far as they are known."""
    found: dict[str, Place] = {}
    for workspace_id in workspace_ids:
        above: str | None = workspace_id
        while above is not None and above not in found and (there := place(conn, above)) is not None:
            found[above] = there
            above = there.parent_id
    return found
