"""Bodies of what is asked across workspaces: the snapshot, health (spec: platform-api, "The event stream")."""

from __future__ import annotations

from typing import Final, Literal

from headway.core.api.body import Body
from headway.core.api.workspaces import Workspace
from headway.core.delegation import Row, Status

SNAPSHOT_FINISHED: Final = 1_000
"""Finished delegations that a snapshot carries, unless asked for another number."""


class Snapshot(Body):
    """`GET /snapshot`: what the stream goes on from, read at one moment."""

    epoch: str
    seq: int
    workspaces: list[Workspace]
    delegations: list[Row]
    totals: dict[Status, int]


class Health(Body):
    status: Literal["ok", "unavailable"]
    version: str
    epoch: str
    seq: int
