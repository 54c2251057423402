"""OpenFang's REST form, as far as it was read (spec: a2a, "OpenFang"): paths in place of methods, bare tasks. Pure.

`POST /a2a/tasks/send` with `{"params": …}` answers the task when it has ended, `GET /a2a/tasks/ID` and
`POST /a2a/tasks/ID/cancel` as it stands. What it says of errors was not read: here it is an HTTP status and `error`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from headway.agents.calls import Call, Verb, parse_body
from headway.agents.errors import Code, RpcError
from headway.agents.task import Dialect

_TASKS: Final = "/a2a/tasks/"
_CANCEL: Final = "/cancel"
_STATUSES: Final = {
    Code.TASK_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.TASK_NOT_CANCELABLE: HTTPStatus.CONFLICT,
    Code.INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def read_path(method: str, path: str) -> tuple[Verb, str] | None:
    """What a request asks for, and the id of the task it names; None where nothing is at that path."""
    if not path.startswith(_TASKS):
        return None
    rest = path.removeprefix(_TASKS)
    if method == "POST" and rest == "send":
        return Verb.SEND, ""
    task_id = rest.removesuffix(_CANCEL)
    if method == "POST" and rest.endswith(_CANCEL) and task_id:
        return Verb.CANCEL, task_id
    return (Verb.GET, rest) if method == "GET" and rest else None


def read_call(verb: Verb, task_id: str, body: bytes) -> Call:
    """The call. Raises RpcError -32700 and -32602 for a send without params."""
    if verb is not Verb.SEND:
        return Call(None, verb, Dialect.OPENFANG, {"id": task_id})
    sent = parse_body(body)
    params = sent.get("params") if isinstance(sent, dict) else None
    if not isinstance(params, dict):
        raise RpcError(Code.INVALID_PARAMS, "the body must be an object with params")
    return Call(None, verb, Dialect.OPENFANG, params)


def status_of(code: Code) -> HTTPStatus:
    """The HTTP status of a refusal."""
    return _STATUSES.get(code, HTTPStatus.BAD_REQUEST)
