"""OpenFang's REST form: what JSON-RPC asks of others, as paths (spec: a2a, "OpenFang").

`POST /a2a/tasks/send` with `{"params": …}` answers a bare task when it has ended, `GET /a2a/tasks/ID` and
`POST /a2a/tasks/ID/cancel` one as it stands. It has no stream and no error objects: the HTTP status says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from headway.a2a.dialects import Verb
from headway.a2a.errors import (
    TASK_NOT_CANCELABLE,
    TASK_NOT_FOUND,
    AgentError,
    AgentHttpError,
    NotCancelable,
    UnknownTask,
)
from headway.a2a.rpc import RpcRequest

VERBS: Final = frozenset({Verb.SEND, Verb.GET, Verb.CANCEL})
NO_SUCH_PAGE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""What a server answers that has nothing at a path, or nothing that can be posted to: it has taken nothing on."""
_ROOT: Final = "/a2a"
_CARD: Final = "/.well-known/"
_WILL_NOT: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


def request(verb: Verb, url: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> RpcRequest:
    """A request to the agent whose address is `url`: its own, its card's, or that of its `/a2a`."""
    tasks = _root(url) + "/tasks"
    if verb is Verb.SEND:
        return RpcRequest(f"{tasks}/send", {"params": dict(params)}, headers)
    task = f"{tasks}/{quote(str(params['id']), safe='')}"
    if verb is Verb.CANCEL:
        return RpcRequest(f"{task}/cancel", {}, headers)
    return RpcRequest(task, None, headers)


def refusal(verb: Verb, error: AgentHttpError) -> AgentError:
    """What an HTTP status says of a task, where the agent is known to speak this form."""
    if verb is Verb.SEND:
        return error
    if error.status == HTTPStatus.NOT_FOUND:
        return UnknownTask(TASK_NOT_FOUND, "the agent does not know the task", str(error))
    if verb is Verb.CANCEL and error.status in _WILL_NOT:
        return NotCancelable(TASK_NOT_CANCELABLE, "the agent will not cancel the task", str(error))
    return error


def _root(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.partition(_CARD)[0].rstrip("/")
    path = path if path.endswith(_ROOT) else path + _ROOT
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
