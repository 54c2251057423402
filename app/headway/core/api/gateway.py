"""Bodies of the A2A gateway and its queue (spec: platform-api, "The A2A gateway and the queue").

What agents and their callers say to each other is A2A's and is not described here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from headway.core.api.body import Body
from headway.core.timestamp import Timestamp


class RpcCall(Body):
    """An A2A call, v0.3 or v1.0. What is missing of jsonrpc, id, method (a send) and messageId is added."""

    jsonrpc: Literal["2.0"] | None = None
    id: str | int | float | None = None
    method: str | None = None
    params: Mapping[str, Any] | None = None


class Push(Body):
    """A task, or an event of its stream, as the agent's dialect writes it: any object."""


class PushTaken(Body):
    """What an agent is answered that has pushed: it is asked how its task stands, which alone counts."""

    asked: bool


class QueueState(StrEnum):
    """What became of a queued message; `dropped` never reached its target."""

    QUEUED = "queued"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"
    FAILED = "failed"
    DROPPED = "dropped"
    CANCELED = "canceled"


class QueueTicket(Body):
    """202: the target is busy and the message waits. `delegation_id` is the delegation that stands for it."""

    queued: Literal[True] = True
    queue_id: str
    queue_depth: int
    message: str
    delegation_id: str


class QueueingFailed(Body):
    """503: the target is busy and the message could not be queued; nothing was sent."""

    error: str
    busy: Literal[True] = True
    retry_after: int = Field(description="seconds")


class QueuedMessage(Body):
    """`GET /workspaces/:id/a2a/queue/:queue_id`. `position` counts from 1 while it waits."""

    queue_id: str
    status: QueueState
    delegation_id: str
    priority: int
    attempts: int
    position: int | None = None
    queue_depth: int
    created_at: Timestamp
    expires_at: Timestamp | None = None
    error: str | None = None
    response: str | None = None


class DroppedStale(Body):
    """`POST /admin/a2a-queue/drop-stale`."""

    dropped: int


class RpcError(Body):
    """`data` has `{"outcome": "unknown"}` where the message may have reached the agent all the same."""

    code: int
    message: str
    data: Any = None


class RpcErrorBody(Body):
    """A JSON-RPC error object, which is how the gateway answers what it refuses."""

    jsonrpc: Literal["2.0"] = "2.0"
    id: str | int | float | None = None
    error: RpcError
