"""Bodies of what is asked across workspaces: the snapshot, health (spec: platform-api, "The event stream")."""

from __future__ import annotations

from typing import Final, Literal

from headway.core.api.body import Body
from headway.core.api.workspace import Workspace
from headway.core.delegation import Row, Status
from headway.core.timestamp import Timestamp

SNAPSHOT_FINISHED: Final = 1_000
"""Finished delegations that a snapshot carries, unless asked for another number."""


class Snapshot(Body):
    """`GET /snapshot`: what the stream goes on from, read at one moment."""

    epoch: str
    seq: int
    workspaces: list[Workspace]
    delegations: list[Row]
    totals: dict[Status, int]


class Finished(Body):
    """`GET /snapshot/finished`: the next older page of what a snapshot has of those that ended."""

    delegations: list[Row]


class Stats(Body):
    """`GET /admin/delegations/stats`: counted at one moment, `seq`."""

    total: int
    by_status: dict[Status, int]
    active_by_target: dict[str, dict[Status, int]]
    """Of those that have not ended; a target with none is left out."""
    oldest_waiting_at: Timestamp | None = None
    """When the one that has waited longest for its agent was handed over."""
    finished_last_minute: dict[Status, int]
    epoch: str
    seq: int


class Health(Body):
    status: Literal["ok", "unavailable"]
    version: str
    epoch: str
    seq: int
