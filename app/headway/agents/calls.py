"""Reading a JSON-RPC call in any of the three dialects, and writing its reply. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, NoReturn

from headway.agents.agent import Incoming
from headway.agents.errors import Code, RpcError
from headway.agents.task import JSON_RPC, Dialect
from headway.core.text import clean, clean_line

JsonObject = dict[str, Any]
RequestId = str | int | float | None


class Verb(Enum):
    """What a method asks for, whatever the dialect calls it."""

    SEND = auto()
    STREAM = auto()
    GET = auto()
    CANCEL = auto()
    SUBSCRIBE = auto()
    LIST = auto()


_METHODS: Final[dict[str, tuple[Verb, Dialect]]] = {
    "SendMessage": (Verb.SEND, Dialect.V1_0),
    "SendStreamingMessage": (Verb.STREAM, Dialect.V1_0),
    "GetTask": (Verb.GET, Dialect.V1_0),
    "CancelTask": (Verb.CANCEL, Dialect.V1_0),
    "SubscribeToTask": (Verb.SUBSCRIBE, Dialect.V1_0),
    "ListTasks": (Verb.LIST, Dialect.V1_0),
    "message/send": (Verb.SEND, Dialect.V0_3),
    "message/stream": (Verb.STREAM, Dialect.V0_3),
    "tasks/get": (Verb.GET, Dialect.V0_3),
    "tasks/cancel": (Verb.CANCEL, Dialect.V0_3),
    "tasks/resubscribe": (Verb.SUBSCRIBE, Dialect.V0_3),
    "tasks/send": (Verb.SEND, Dialect.V0_1),
    "tasks/sendSubscribe": (Verb.STREAM, Dialect.V0_1),
}
_ALIKE: Final = frozenset({Verb.GET, Verb.CANCEL, Verb.SUBSCRIBE})
"""What v0.3 and v0.1 call by the same names."""
_CHOOSES_ID: Final = frozenset({Dialect.V0_1, Dialect.OPENFANG})
_PUSH_METHODS: Final = (
    "tasks/pushNotification",
    "CreateTaskPushNotificationConfig",
    "GetTaskPushNotificationConfig",
    "ListTaskPushNotificationConfigs",
    "DeleteTaskPushNotificationConfig",
)
_EXTENDED_CARD_METHODS: Final = ("GetExtendedAgentCard", "agent/getAuthenticatedExtendedCard")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as received. tasks/get, /cancel and /resubscribe are the same in v0.1 and v0.3, so `dialect` is v0.3
    there, and the reply is written in the dialect the task was created in."""

    request_id: RequestId
    verb: Verb
    dialect: Dialect
    params: JsonObject

    def reply_dialect(self, created_in: Dialect) -> Dialect:
        if self.dialect is Dialect.V0_3 and created_in is Dialect.V0_1:
            return Dialect.V0_1
        return self.dialect

    @property
    def task_id(self) -> str:
        """Raises RpcError -32602 where the parameters name no task."""
        task_id = _id(self.params, "id")
        if task_id is None:
            raise RpcError(Code.INVALID_PARAMS, "params.id must be the task's id")
        return task_id

    @property
    def blocking(self) -> bool:
        """Whether a send waits for the outcome: yes, unless its configuration says otherwise."""
        configuration = self._configuration
        return configuration.get("blocking") is not False and configuration.get("returnImmediately") is not True

    @property
    def history_length(self) -> int | None:
        """Raises RpcError -32602 for anything but a whole number from 0."""
        value = self.params.get("historyLength", self._configuration.get("historyLength"))
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise RpcError(Code.INVALID_PARAMS, "historyLength must be a whole number from 0")
        return value

    @property
    def _configuration(self) -> JsonObject:
        configuration = self.params.get("configuration")
        return configuration if isinstance(configuration, dict) else {}


def request_id_of(body: object) -> RequestId:
    """The id to reply with; null where there is none or it is no JSON-RPC id."""
    value = body.get("id") if isinstance(body, dict) else None
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def parse_body(body: bytes) -> object:
    """Raises RpcError -32700 for anything but one JSON text: broken, not UTF-8, with NaN, or nested too deeply."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RpcError(Code.PARSE_ERROR, "the body is not valid JSON") from error


def parse_call(body: object, version: str | None, speaks: frozenset[Dialect] = JSON_RPC) -> Call:
    """Read a call; `version` is the A2A-Version header. `jsonrpc` and `id` may be missing, as in Molecule's calls.

    A method of a dialect that is not in `speaks` is one that does not exist.

    Raises RpcError -32600, -32601, -32602, -32003, -32007, or -32009 for a version other than the method's.
    """
    if not isinstance(body, dict) or not isinstance(body.get("method"), str):
        raise RpcError(Code.INVALID_REQUEST, "a call is a JSON object with a method")
    if body.get("jsonrpc", "2.0") != "2.0":
        raise RpcError(Code.INVALID_REQUEST, 'jsonrpc must be "2.0"')
    if request_id_of(body) != body.get("id"):
        raise RpcError(Code.INVALID_REQUEST, "id must be a string, a number or null")
    verb, dialect = _method(body["method"], speaks)
    _check_version(dialect, version)
    params = body.get("params", {})
    if not isinstance(params, dict):
        raise RpcError(Code.INVALID_PARAMS, "params must be an object")
    return Call(request_id_of(body), verb, dialect, params)


def parse_send(call: Call) -> Incoming:
    """Read the message of a send. Text parts are read in every shape ({text}, kind:text, type:text).

    Raises RpcError -32602 for a message without parts, -32005 for one without text.
    """
    message = call.params.get("message")
    if not isinstance(message, dict):
        raise RpcError(Code.INVALID_PARAMS, "params.message must be an object")
    beside = call.dialect in _CHOOSES_ID
    return Incoming(
        text=_text(message.get("parts")),
        dialect=call.dialect,
        message_id=_id(message, "messageId") or "",
        task_id=_beside(call) if beside else _id(message, "taskId"),
        context_id=_id(call.params, "sessionId") if beside else _id(message, "contextId"),
    )


def _beside(call: Call) -> str | None:
    """The task's id beside the message; of OpenFang nobody has read that it must be there."""
    return call.task_id if call.dialect is Dialect.V0_1 else _id(call.params, "id")


def result_body(request_id: RequestId, result: object) -> bytes:
    return encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def error_body(request_id: RequestId, code: Code, message: str) -> bytes:
    return encode({"jsonrpc": "2.0", "id": request_id, "error": {"code": int(code), "message": message}})


def encode(value: object) -> bytes:
    """Compact JSON in UTF-8; what cannot be UTF-8, such as a lone surrogate in an id, is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _method(name: str, speaks: frozenset[Dialect]) -> tuple[Verb, Dialect]:
    verb, dialect = _METHODS.get(name, (None, None))
    if verb is not None and dialect in speaks:
        return verb, dialect
    if verb in _ALIKE and dialect is Dialect.V0_3 and Dialect.V0_1 in speaks:
        return verb, Dialect.V0_1
    if name.startswith(_PUSH_METHODS):
        raise RpcError(Code.PUSH_NOT_SUPPORTED, "this agent sends no push notifications")
    if name in _EXTENDED_CARD_METHODS:
        raise RpcError(Code.EXTENDED_CARD_NOT_CONFIGURED, "this agent has no extended card")
    raise RpcError(Code.METHOD_NOT_FOUND, f"no method {clean_line(name)}")


def _check_version(dialect: Dialect, version: str | None) -> None:
    """v1.0 methods need `A2A-Version: 1.x`; the older ones need no header, and are not refused for having one."""
    major = (version or "0.3").strip().partition(".")[0]
    if dialect is Dialect.V1_0 and major != "1":
        raise RpcError(Code.VERSION_NOT_SUPPORTED, "this method is A2A 1.0; send the header A2A-Version: 1.0")
    if major not in ("0", "1"):
        raise RpcError(Code.VERSION_NOT_SUPPORTED, "this agent does not speak that version of A2A")


def _text(parts: object) -> str:
    if not isinstance(parts, list) or not parts:
        raise RpcError(Code.INVALID_PARAMS, "message.parts must be a list with at least one part")
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    if not texts:
        raise RpcError(Code.CONTENT_TYPE_NOT_SUPPORTED, "this agent reads text parts only")
    return clean("\n".join(texts))


def _id(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RpcError(Code.INVALID_PARAMS, f"{name} must be a string")
    return clean_line(value) or None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
