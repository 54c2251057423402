"""Request and response bodies of the HTTP API, shared by the server and its clients (spec: platform-api).

Texts in requests are bounded here and cleaned by the platform's door; texts in responses are cleaned by the connector
that reads them.
"""

from __future__ import annotations

from headway.core.api.body import (
    Body,
    ErrorBody,
)
from headway.core.api.delegations import (
    DELEGATION_ID,
    MAX_PRIORITY,
    MAX_SECONDS,
    CancelRequest,
    DelegateAccepted,
    DelegateRequest,
    DelegationSummary,
    RecordAccepted,
    RecordRequest,
    ReplyRequest,
    RetryAccepted,
    StatusAnswer,
    UpdateRequest,
)
from headway.core.api.gateway import (
    DroppedStale,
    QueuedMessage,
    QueueingFailed,
    QueueState,
    QueueTicket,
    RpcCall,
    RpcErrorBody,
)
from headway.core.api.service import (
    SNAPSHOT_FINISHED,
    Health,
    Snapshot,
    Stats,
)
from headway.core.api.workspaces import (
    DEGRADED,
    OFFLINE,
    ONLINE,
    OPERATOR,
    AccessAnswer,
    AccessRequest,
    CardAnswer,
    CardRequest,
    Discovered,
    HeartbeatAnswer,
    HeartbeatRequest,
    Peer,
    Registered,
    RegisterRequest,
    Workspace,
    WorkspaceCreated,
    WorkspaceRequest,
)

__all__ = [
    "DEGRADED",
    "DELEGATION_ID",
    "MAX_PRIORITY",
    "MAX_SECONDS",
    "OFFLINE",
    "ONLINE",
    "OPERATOR",
    "SNAPSHOT_FINISHED",
    "AccessAnswer",
    "AccessRequest",
    "Body",
    "CancelRequest",
    "CardAnswer",
    "CardRequest",
    "DelegateAccepted",
    "DelegateRequest",
    "DelegationSummary",
    "Discovered",
    "DroppedStale",
    "ErrorBody",
    "Health",
    "HeartbeatAnswer",
    "HeartbeatRequest",
    "Peer",
    "QueueState",
    "QueueTicket",
    "QueuedMessage",
    "QueueingFailed",
    "RecordAccepted",
    "RecordRequest",
    "RegisterRequest",
    "Registered",
    "ReplyRequest",
    "RetryAccepted",
    "RpcCall",
    "RpcErrorBody",
    "Snapshot",
    "Stats",
    "StatusAnswer",
    "UpdateRequest",
    "Workspace",
    "WorkspaceCreated",
    "WorkspaceRequest",
]
