"""Request and response bodies of the HTTP API, shared by the server and its clients (spec: platform-api).

Texts in requests are bounded here and cleaned by the platform's door; texts in responses are cleaned by the connector
that reads them.

A body's module is imported when the body is first asked for: a client needs a few of them, and each takes its time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headway.core.api.activity import (
        DELEGATION_COMPLETE,
        Activity,
        ActivityLogged,
        ActivityRequest,
        NotifyAnswer,
        NotifyRequest,
    )
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
        PastEvent,
        RecordAccepted,
        RecordRequest,
        ReplyRequest,
        RetryAccepted,
        StatusAnswer,
        UpdateRequest,
    )
    from headway.core.api.gateway import (
        DroppedStale,
        Push,
        PushTaken,
        QueuedMessage,
        QueueingFailed,
        QueueState,
        QueueTicket,
        RpcCall,
        RpcErrorBody,
    )
    from headway.core.api.service import (
        SNAPSHOT_FINISHED,
        Finished,
        Health,
        Snapshot,
        Stats,
    )
    from headway.core.api.tokens import (
        TokenCreated,
        TokenInfo,
        TokenRequest,
        WhoAmI,
    )
    from headway.core.api.workspace import (
        DEGRADED,
        OFFLINE,
        ONLINE,
        OPERATOR,
        Workspace,
    )
    from headway.core.api.workspaces import (
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
        WorkspaceCreated,
        WorkspaceRequest,
    )

__all__ = [
    "DEGRADED",
    "DELEGATION_COMPLETE",
    "DELEGATION_ID",
    "MAX_PRIORITY",
    "MAX_SECONDS",
    "OFFLINE",
    "ONLINE",
    "OPERATOR",
    "SNAPSHOT_FINISHED",
    "AccessAnswer",
    "AccessRequest",
    "Activity",
    "ActivityLogged",
    "ActivityRequest",
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
    "Finished",
    "Health",
    "HeartbeatAnswer",
    "HeartbeatRequest",
    "NotifyAnswer",
    "NotifyRequest",
    "PastEvent",
    "Peer",
    "Push",
    "PushTaken",
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
    "TokenCreated",
    "TokenInfo",
    "TokenRequest",
    "UpdateRequest",
    "WhoAmI",
    "Workspace",
    "WorkspaceCreated",
    "WorkspaceRequest",
]

_NAMES: Final = {
    "activity": "DELEGATION_COMPLETE Activity ActivityLogged ActivityRequest NotifyAnswer NotifyRequest",
    "body": "Body ErrorBody",
    "delegations": """
        DELEGATION_ID MAX_PRIORITY MAX_SECONDS CancelRequest DelegateAccepted DelegateRequest
        DelegationSummary PastEvent RecordAccepted RecordRequest ReplyRequest RetryAccepted StatusAnswer
        UpdateRequest
    """,
    "gateway": "DroppedStale Push PushTaken QueuedMessage QueueingFailed QueueState QueueTicket RpcCall RpcErrorBody",
    "service": "SNAPSHOT_FINISHED Finished Health Snapshot Stats",
    "tokens": "TokenCreated TokenInfo TokenRequest WhoAmI",
    "workspace": "DEGRADED OFFLINE ONLINE OPERATOR Workspace",
    "workspaces": """
        AccessAnswer AccessRequest CardAnswer CardRequest Discovered HeartbeatAnswer HeartbeatRequest Peer
        Registered RegisterRequest WorkspaceCreated WorkspaceRequest
    """,
}
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
