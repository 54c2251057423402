"""Calls, results and stream frames between A2A v0.3 and v1.0, and with agents of v0.1. Pure; in between is v1.0 JSON.

A peer that speaks one dialect may so be asked by one that speaks the other. Errors are JSON-RPC's in both and need no
translation; neither do methods that are not in `Verb`, such as those of push notifications.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.a2a import canonical, v01, v03
from headway.a2a.dialects import CHOOSES_ID, METHODS, Dialect, Verb
from headway.a2a.errors import INVALID_PARAMS, INVALID_REQUEST, UNSUPPORTED_OPERATION
from headway.a2a.frames import ID_LIMIT
from headway.a2a.shapes import Json, Shape, shape_of

RequestId = str | int | float | None

_SENDS: Final = frozenset({Verb.SEND, Verb.STREAM})
_BY_METHOD: Final[Mapping[str, tuple[Verb, Dialect]]] = {
    method: (verb, dialect) for dialect in (Dialect.V1_0, Dialect.V0_3) for verb, method in METHODS[dialect].items()
}
"""Callers of v0.1 are passed on as they are: of what they send nobody can tell whether it is a reply."""
_ENVELOPE: Final = frozenset({"jsonrpc", "id", "method", "params"})
_WRAPPED: Final = {
    Shape.TASK: "task",
    Shape.MESSAGE: "message",
    Shape.STATUS_UPDATE: "statusUpdate",
    Shape.ARTIFACT_UPDATE: "artifactUpdate",
}


class CallError(ValueError):
    """A call that cannot be understood, or not be put; `code` is the JSON-RPC error code to answer it with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC request. `params` are in v1.0 shape; where the `verb` is not known they are as they came."""

    id: RequestId
    verb: Verb | None
    dialect: Dialect
    method: str
    params: Mapping[str, Any]


def read_call(payload: object, *, new_id: Callable[[], str]) -> Call:
    """Read a request in either dialect, told by its method.

    Without a method, what carries a message is a send: Molecule's platform sends neither jsonrpc, id nor kind. A
    message without an id gets one from `new_id`. Raises CallError (-32600, -32602) for what is no call.
    """
    if isinstance(payload, list):
        raise CallError(INVALID_REQUEST, "batches are not supported; send one request at a time")
    if not isinstance(payload, dict):
        raise CallError(INVALID_REQUEST, "a call is a JSON object with a method and params")
    if payload.get("jsonrpc", "2.0") != "2.0":
        raise CallError(INVALID_REQUEST, 'jsonrpc must be "2.0"')
    params = _params(payload)
    method = _method(payload, params)
    verb, dialect = _BY_METHOD.get(method, (None, Dialect.V0_3 if "/" in method else Dialect.V1_0))
    if verb in _SENDS:
        params = _send_params(params, dialect, new_id)
    elif verb is not None:
        params = _task_params(params, verb, dialect)
    return Call(_request_id(payload.get("id")), verb, dialect, method, params)


def method_for(dialect: Dialect, verb: Verb) -> str:
    """The method's name. Raises CallError (-32004) for what the dialect cannot ask: v0.3 does not list tasks."""
    method = METHODS[dialect].get(verb)
    if method is None:
        raise CallError(UNSUPPORTED_OPERATION, f"the agent speaks A2A {dialect}, which has no way to {verb} tasks")
    return method


def params_for(dialect: Dialect, verb: Verb, params: Mapping[str, Any]) -> Json:
    """The params of a call, given in v1.0 shape as `read_call` does, in the dialect of whom it goes to."""
    asked = dict(params)
    if dialect is Dialect.V1_0:
        # v0.3 allows metadata here, v1.0 has no place for it.
        if verb in (Verb.GET, Verb.RESUBSCRIBE):
            asked.pop("metadata", None)
        return asked
    if dialect in CHOOSES_ID and verb in _SENDS:
        return v01.send_params({**asked, "message": canonical.message(asked["message"], role=canonical.ROLE_USER)})
    if verb in _SENDS:
        asked["message"] = v03.message(canonical.message(params["message"], role=canonical.ROLE_USER))
        if "configuration" in asked:
            asked["configuration"] = v03.configuration(asked["configuration"])
    return asked


def result_for(dialect: Dialect, verb: Verb | None, result: object, *, streaming: bool) -> object:
    """A result, or with `streaming` a frame of a stream, in the dialect of whom it goes to, whatever its own.

    What is none of the four things an agent may send passes as it is, as does the result of a method that is not
    known. Never raises.
    """
    if verb is None:
        return result
    if verb is Verb.LIST:
        return _list_for(dialect, result)
    told = shape_of(result)
    if told is None:
        return result
    shape, member = told
    if not streaming:
        shape, member = _whole(shape, member)
    current = _canonical(shape, member)
    if dialect is Dialect.V0_3:
        return _as_v03(shape, current, member.get("final"))
    # What is asked about one task is answered by the task itself, what is sent by one of several things.
    bare = shape is Shape.TASK and verb in (Verb.GET, Verb.CANCEL) and not streaming
    return current if bare else {_WRAPPED[shape]: current}


def _params(payload: Json) -> Json:
    params = payload.get("params")
    if params is None:
        # A message without an envelope.
        return {name: value for name, value in payload.items() if name not in _ENVELOPE} if "message" in payload else {}
    if not isinstance(params, dict):
        raise CallError(INVALID_PARAMS, "params must be an object")
    return params


def _method(payload: Json, params: Json) -> str:
    method = payload.get("method")
    if isinstance(method, str) and method:
        return method
    if method is None and isinstance(params.get("message"), dict):
        return METHODS[Dialect.V0_3][Verb.SEND]
    raise CallError(INVALID_REQUEST, "a call needs a method, a string")


def _request_id(value: object) -> RequestId:
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise CallError(INVALID_REQUEST, "id must be a string, a number or null")


def _send_params(params: Json, dialect: Dialect, new_id: Callable[[], str]) -> Json:
    said = params.get("message")
    if not isinstance(said, dict):
        raise CallError(INVALID_PARAMS, "params.message must be an object")
    if not isinstance(said.get("parts"), list):
        raise CallError(INVALID_PARAMS, "params.message.parts must be a list")
    for name, snake in (("messageId", "message_id"), ("contextId", "context_id"), ("taskId", "task_id")):
        _check_id(said.get(name, said.get(snake)), f"params.message.{name}")
    _check_object(said, "metadata", "params.message.metadata")
    asked = _checked(params, dialect)
    asked["message"] = message = canonical.message(said, role=canonical.ROLE_USER)
    message["messageId"] = message.get("messageId") or new_id()
    return asked


def _checked(params: Json, dialect: Dialect) -> Json:
    _check_object(params, "metadata", "params.metadata")
    _check_object(params, "configuration", "params.configuration")
    asked = {name: value for name, value in params.items() if value is not None}
    if "configuration" in asked:
        asked["configuration"] = canonical.configuration(asked["configuration"])
        _take_history(asked["configuration"], dialect)
    return asked


def _task_params(params: Json, verb: Verb, dialect: Dialect) -> Json:
    asked = {name: value for name, value in params.items() if value is not None}
    if "history_length" in asked:
        asked.setdefault("historyLength", asked.pop("history_length"))
    if verb is not Verb.LIST:
        if not asked.get("id"):
            raise CallError(INVALID_PARAMS, "params.id must be the task's id")
        _check_id(asked["id"], "params.id")
    _check_object(asked, "metadata", "params.metadata")
    _take_history(asked, dialect)
    return asked


def _take_history(asked: Json, dialect: Dialect) -> None:
    """v0.3 takes a history of 0 for no limit, as v1.0 does an absent one."""
    length = asked.get("historyLength")
    if length is None:
        return
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise CallError(INVALID_PARAMS, "historyLength must be a whole number from 0")
    if length == 0 and dialect is Dialect.V0_3:
        del asked["historyLength"]


def _check_id(value: object, name: str) -> None:
    if value is not None and (not isinstance(value, str) or len(value) > ID_LIMIT):
        raise CallError(INVALID_PARAMS, f"{name} must be a string of at most {ID_LIMIT} characters")


def _check_object(holder: Json, key: str, name: str) -> None:
    if not isinstance(holder.get(key), dict | None):
        raise CallError(INVALID_PARAMS, f"{name} must be an object")


def _list_for(dialect: Dialect, result: object) -> object:
    if not isinstance(result, dict) or not isinstance(result.get("tasks"), list):
        return result
    tasks = [canonical.task(item) for item in result["tasks"] if isinstance(item, dict)]
    return {**result, "tasks": tasks if dialect is Dialect.V1_0 else [v03.task(item) for item in tasks]}


def _whole(shape: Shape, member: Json) -> tuple[Shape, Json]:
    """Outside of a stream only a task or a message may be answered: an update becomes what it tells of its task."""
    if shape is Shape.STATUS_UPDATE:
        return Shape.TASK, {name: value for name, value in member.items() if name != "final"}
    if shape is Shape.ARTIFACT_UPDATE:
        put = canonical.artifact_update(member)
        return Shape.TASK, {
            **{name: put[name] for name in ("taskId", "contextId", "metadata") if name in put},
            "artifacts": [put["artifact"]],
        }
    return shape, member


def _canonical(shape: Shape, member: Json) -> Json:
    match shape:
        case Shape.TASK:
            return canonical.task(member)
        case Shape.MESSAGE:
            return canonical.message(member, role=canonical.ROLE_AGENT)
        case Shape.STATUS_UPDATE:
            return canonical.status_update(member)
        case Shape.ARTIFACT_UPDATE:
            return canonical.artifact_update(member)


def _as_v03(shape: Shape, current: Json, final: object) -> Json:
    match shape:
        case Shape.TASK:
            return v03.task(current)
        case Shape.MESSAGE:
            return v03.message(current)
        case Shape.STATUS_UPDATE:
            return v03.status_update(current, final=final if isinstance(final, bool) else None)
        case Shape.ARTIFACT_UPDATE:
            return v03.artifact_update(current)
