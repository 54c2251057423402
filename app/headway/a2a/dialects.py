"""Building a request in the dialect that an agent speaks. What it answers is read by shape, in frames.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from headway.a2a import canonical, v01, v03


class Dialect(StrEnum):
    """A version of A2A, by what differs on the wire, in the order in which they are tried. 0.2 is spoken as 0.3."""

    V1_0 = "1.0"
    V0_3 = "0.3"
    V0_1 = "0.1"
    OPENFANG = "openfang"
    """v0.1's objects over REST in place of JSON-RPC (rest.py)."""


class Verb(StrEnum):
    """What can be asked of an agent."""

    SEND = "send"
    STREAM = "stream"
    GET = "get"
    CANCEL = "cancel"
    RESUBSCRIBE = "resubscribe"
    LIST = "list"
    """v1.0 only."""


METHODS: Final[Mapping[Dialect, Mapping[Verb, str]]] = {
    Dialect.V1_0: {
        Verb.SEND: "SendMessage",
        Verb.STREAM: "SendStreamingMessage",
        Verb.GET: "GetTask",
        Verb.CANCEL: "CancelTask",
        Verb.RESUBSCRIBE: "SubscribeToTask",
        Verb.LIST: "ListTasks",
    },
    Dialect.V0_3: {
        Verb.SEND: "message/send",
        Verb.STREAM: "message/stream",
        Verb.GET: "tasks/get",
        Verb.CANCEL: "tasks/cancel",
        Verb.RESUBSCRIBE: "tasks/resubscribe",
    },
    Dialect.V0_1: {
        Verb.SEND: "tasks/send",
        Verb.STREAM: "tasks/sendSubscribe",
        Verb.GET: "tasks/get",
        Verb.CANCEL: "tasks/cancel",
        Verb.RESUBSCRIBE: "tasks/resubscribe",
    },
}
"""Of what is JSON-RPC. v0.3 and v0.1 share the names of what is asked about a task."""
RPC: Final = tuple(METHODS)
CHOOSES_ID: Final = frozenset({Dialect.V0_1, Dialect.OPENFANG})
"""Where the caller names the task that it sends: the id of the message is the task's as well."""


def headers_for(dialect: Dialect) -> dict[str, str]:
    """Sent with each request, never set on a client that others share."""
    return {"A2A-Version": "1.0"} if dialect is Dialect.V1_0 else {}


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where an agent may say that there is news of a task, and the secret that shows that it is this agent."""

    url: str
    token: str

    def config(self) -> dict[str, Any]:
        """As v1.0 says it. Agents send the token in a header of A2A's own, or as a bearer token."""
        return {
            "url": self.url,
            "token": self.token,
            "authentication": {"scheme": "Bearer", "credentials": self.token},
        }


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to an agent, with the ids that its sender keeps so that it can be asked after.

    `task_id` continues a task that waits for input. `metadata` goes on the message, `params_metadata` on the request.
    `request_id` is the JSON-RPC id, the message id unless given; `headers` go with this request only.

    `raw` is a message in v1.0's shape that goes out in place of the text, with parts of any kind; the ids given here
    take the place of its own (an empty `message_id` leaves it its own), and `metadata` is added to its own.
    `configuration` is how it is to be answered, in v1.0's shape; whether it is waited for is up to how it is sent.
    `push` goes only to an agent that is not streamed from, does not wait, and whose card says that it can push.
    """

    text: str
    message_id: str
    context_id: str | None = None
    task_id: str | None = None
    metadata: Mapping[str, Any] | None = None
    params_metadata: Mapping[str, Any] | None = None
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] | None = None
    configuration: Mapping[str, Any] | None = None
    push: PushTarget | None = None


def message_params(dialect: Dialect, message: OutgoingMessage, *, blocking: bool | None = None) -> dict[str, Any]:
    """The params of a send or stream. With `blocking` False the agent is asked to answer before it has finished."""
    current = dialect is Dialect.V1_0
    body = _message(message)
    if dialect in CHOOSES_ID:
        configuration, metadata = dict(message.configuration or {}), dict(message.params_metadata or {})
        return v01.send_params({"message": body, "configuration": configuration, "metadata": metadata})
    params: dict[str, Any] = {"message": body if current else v03.message(body)}
    asked = {name: value for name, value in (message.configuration or {}).items() if name != "returnImmediately"}
    if blocking is not None:
        asked["returnImmediately"] = not blocking
    if message.push is not None and blocking is False:
        asked["taskPushNotificationConfig"] = message.push.config()
    if asked:
        params["configuration"] = asked if current else v03.configuration(asked)
    if message.params_metadata:
        params["metadata"] = dict(message.params_metadata)
    return params


def _message(message: OutgoingMessage) -> dict[str, Any]:
    """The message in v1.0's shape."""
    raw: Mapping[str, Any] = {"parts": [{"text": message.text}]} if message.raw is None else message.raw
    body = canonical.message(raw, role=canonical.ROLE_USER)
    given = {"messageId": message.message_id or None, "contextId": message.context_id, "taskId": message.task_id}
    body.update({name: value for name, value in given.items() if value is not None})
    if message.metadata:
        body["metadata"] = {**body.get("metadata", {}), **message.metadata}
    return body


def envelope(dialect: Dialect, verb: Verb, params: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """A JSON-RPC 2.0 request."""
    return {"jsonrpc": "2.0", "id": request_id, "method": METHODS[dialect][verb], "params": dict(params)}
