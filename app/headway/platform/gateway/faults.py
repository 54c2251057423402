"""What the gateway answers where it is not the agent that does: JSON-RPC error objects (spec: requirements A15)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from headway.a2a.errors import (
    INTERNAL_ERROR,
    INVALID_AGENT_RESPONSE,
    INVALID_REQUEST,
    AgentBusy,
    AgentError,
    AgentIdle,
    AgentProtocolError,
    AgentUnreachable,
)
from headway.platform.errors import ApiError

RequestId = str | int | float | None
_GATEWAY: Final = re.compile("/workspaces/[^/]+/a2a/?")
UNKNOWN_OUTCOME: Final = "the message may have reached the agent; ask after its task before it is sent again"

UNKNOWN: Final = {"outcome": "unknown"}
"""The data of the error where the agent may have the message, for programs."""


class Fault(Exception):
    """A call that the gateway refuses or cannot carry out, with the HTTP status beside the error object.

    What the JSON-RPC layer itself refuses comes with HTTP 200, as agents answer it.
    """

    def __init__(
        self,
        code: int,
        message: str,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})
        self.data = data

    @classmethod
    def of(cls, error: ApiError) -> Fault:
        """What the platform's other endpoints would answer, as an error object."""
        return cls(INVALID_REQUEST, error.message, error.status, error.headers)


def agent_fault(error: AgentError, *, sending: bool) -> Fault:
    """What became of an exchange with an agent; with `sending`, whether the message may have got there."""
    text = str(error)
    unknown = sending and error.delivered is None
    if unknown:
        text = f"{text}; {UNKNOWN_OUTCOME}"
    code = INTERNAL_ERROR
    headers: dict[str, str] = {}
    match error:
        case AgentBusy():
            status = HTTPStatus.SERVICE_UNAVAILABLE
            if error.retry_after is not None:
                headers["Retry-After"] = str(max(1, round(error.retry_after)))
        case AgentIdle():
            status = HTTPStatus.GATEWAY_TIMEOUT
        case AgentUnreachable() if error.timed_out:
            status = HTTPStatus.GATEWAY_TIMEOUT
        case AgentProtocolError():
            status, code = HTTPStatus.BAD_GATEWAY, INVALID_AGENT_RESPONSE
        case _:
            status = HTTPStatus.BAD_GATEWAY
    return Fault(code, text, status, headers, UNKNOWN if unknown else None)


def error_object(request_id: RequestId, fault: Fault) -> dict[str, Any]:
    """The fault as a JSON-RPC answer."""
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = dict(fault.data)
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


def error_body(path: str, message: str) -> dict[str, Any]:
    """What the platform says of a request that no route has looked at, in the form that its path's callers read."""
    if _GATEWAY.fullmatch(path):
        return error_object(None, Fault(INVALID_REQUEST, message))
    return {"error": message}


def encode(payload: Mapping[str, Any]) -> bytes:
    """Compact JSON in ASCII. Raises AgentProtocolError for what no JSON can say, such as NaN."""
    try:
        return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise AgentProtocolError("the agent's answer holds what JSON cannot say") from error
