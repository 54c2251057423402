"""How a call is refused (spec: a2a, "JSON-RPC errors come with HTTP 200"; JSON-RPC 2.0, section 5.1)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """JSON-RPC and A2A error codes."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    TASK_NOT_FOUND = -32001
    TASK_NOT_CANCELABLE = -32002
    PUSH_NOT_SUPPORTED = -32003
    UNSUPPORTED_OPERATION = -32004
    CONTENT_TYPE_NOT_SUPPORTED = -32005
    EXTENDED_CARD_NOT_CONFIGURED = -32007
    VERSION_NOT_SUPPORTED = -32009


class RpcError(Exception):
    """A call that gets a JSON-RPC error object; `message` says what is wrong and what to do."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AgentBusy(Exception):
    """All slots are taken; try again in `retry_after` seconds. Nothing was accepted."""

    def __init__(self, slots: int, retry_after: int) -> None:
        super().__init__(f"all slots ({slots}) are taken; nothing was accepted, try again in {retry_after} s")
        self.retry_after = retry_after
