"""A call as it reaches the gateway: what is asked, what is added that is missing, and how it goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headway.a2a.dialects import Dialect, Verb
from headway.a2a.errors import INVALID_PARAMS, PARSE_ERROR, PUSH_NOT_SUPPORTED
from headway.a2a.frames import ID_LIMIT, compact, join_lines, part_texts
from headway.a2a.translation import Call, CallError, method_for, params_for, read_call
from headway.core import trace
from headway.core.api import MAX_PRIORITY, MAX_SECONDS
from headway.core.delegation import DEFAULT_PRIORITY
from headway.core.text import clean, clean_json, clean_line
from headway.ledger.records import Message
from headway.platform.door import decode
from headway.platform.errors import BadRequest
from headway.platform.gateway.faults import Fault, RequestId

SENDS: Final = frozenset({Verb.SEND, Verb.STREAM})
PRIORITIES: Final[Mapping[str, int]] = {"critical": 100, "task": 50, "info": 10}
EXPIRY: Final = "expires_in_seconds"
NO_PUSH: Final = (
    "push notifications do not pass the gateway, which cannot look at the address that an agent would call; "
    "nothing was sent; stream the task, or ask after it"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. `raw` is the request as it came, `reply_id` the id that the answer carries."""

    call: Call
    raw: Mapping[str, Any]
    reply_id: RequestId
    sent_id: RequestId
    expires_in: float

    @property
    def sends(self) -> bool:
        """Whether a message is sent, which may wait; everything else is answered now or not at all."""
        return self.call.verb in SENDS

    @property
    def message_id(self) -> str:
        """Of a send: the key under which its message is delivered once."""
        return str(self.call.params["message"]["messageId"])

    @property
    def delegation_id(self) -> str | None:
        """Of a send: the delegation that it is for, which the runtime names in one of two places."""
        about = self.call.params.get("metadata") or {}
        named = (self.call.params["message"].get("metadata") or {}).get("delegation_id") or about.get("parent_task_id")
        return clean_line(named) if isinstance(named, str) else None

    @property
    def traceparent(self) -> str | None:
        """Of a send: the trace context that the runtime puts beside the message."""
        found = trace.read((self.call.params.get("metadata") or {}).get("traceparent"))
        return None if found is None else str(found)

    def payload(self, dialect: Dialect) -> dict[str, Any]:
        """The request for an agent that speaks `dialect`. Raises Fault for what that dialect cannot ask.

        In the caller's own dialect it goes on as it came, but for what was missing.
        """
        call = self.call
        envelope = {"jsonrpc": "2.0", "id": self.sent_id}
        if call.verb is None:
            return {**self.raw, **envelope}
        if dialect is call.dialect and not self._needs_shape():
            params = self._params_as_they_came()
        else:
            params = params_for(dialect, call.verb, call.params)
        params = {name: value for name, value in params.items() if name != EXPIRY}
        try:
            return {**envelope, "method": method_for(dialect, call.verb), "params": params}
        except CallError as error:
            raise Fault(error.code, str(error)) from error

    def message(self, source_id: str, target_id: str, now_ms: int, traceparent: str | None) -> Message:
        """Of a send: what is kept of it while it waits, cleaned."""
        params = clean_json(dict(self.call.params))
        said, about = params["message"], params.get("metadata") or {}
        kept = {name: params[name] for name in ("message", "configuration", "metadata") if params.get(name)}
        named = self.delegation_id
        return Message(
            source_id=source_id,
            target_id=target_id,
            message_id=self.message_id,
            task=_text_of(said),
            request=json.dumps(kept, ensure_ascii=False, separators=(",", ":")),
            delegation_id=named,
            # A context called like the delegation is that delegation's own, and no other task's.
            in_context=bool(said.get("taskId") or said.get("contextId") not in (None, "", named)),
            priority=_priority(about.get("priority")),
            expires_at=now_ms + round(self.expires_in * 1000) if self.expires_in else None,
            traceparent=traceparent,
        )

    def _params_as_they_came(self) -> Mapping[str, Any]:
        came = self.raw.get("params")
        params: Mapping[str, Any] = came if isinstance(came, dict) else {}
        if not self.sends:
            return params
        return {**params, "message": {**params["message"], "messageId": self.message_id}}

    def _needs_shape(self) -> bool:
        """Whether a v0.3 message leaves out what its agents tell parts by, as Molecule's platform does."""
        if not self.sends or self.call.dialect is not Dialect.V0_3:
            return False
        message = (self.raw.get("params") or {}).get("message")
        if not isinstance(message, dict):
            return True
        return not all(isinstance(part, dict) and "kind" in part for part in message.get("parts") or ())


def read_asked(body: bytes, new_id: Callable[[], str]) -> Asked:
    """Read the body of a request.

    Raises Fault: -32700 for what is no JSON, or none within our bounds; -32600 and -32602 for what is no call.
    """
    try:
        payload = decode(body)
    except BadRequest as error:
        raise Fault(PARSE_ERROR, error.message) from error
    try:
        call = read_call(payload, new_id=new_id)
    except CallError as error:
        raise Unreadable(reply_id_of(payload), error) from error
    sent_id = call.id if isinstance(call.id, str | int) else new_id()
    reply_id = call.id if "id" in payload else sent_id
    if _asks_for_push(call):
        raise Unreadable(reply_id, CallError(PUSH_NOT_SUPPORTED, NO_PUSH))
    asked = Asked(call, payload, reply_id, sent_id, _expiry(payload, reply_id))
    if asked.sends and clean_line(asked.message_id, limit=ID_LIMIT) != asked.message_id:
        text = f"params.message.messageId must be one line of at most {ID_LIMIT} printable characters; nothing was sent"
        raise Unreadable(reply_id, CallError(INVALID_PARAMS, text))
    return asked


def _asks_for_push(call: Call) -> bool:
    """Whether an agent is to call somebody back, past the check of addresses (spec: requirements A10)."""
    if call.verb is None:
        return "pushnotification" in call.method.lower()
    configuration = call.params.get("configuration")
    return isinstance(configuration, dict) and bool(configuration.get("taskPushNotificationConfig"))


class Unreadable(Fault):
    """A request whose id can be read, and nothing else of it."""

    def __init__(self, request_id: RequestId, error: CallError) -> None:
        super().__init__(error.code, str(error))
        self.request_id = request_id


def reply_id_of(payload: object) -> RequestId:
    """The id of a request that cannot be read otherwise; None where it has none."""
    value = payload.get("id") if isinstance(payload, dict) else None
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _expiry(payload: Mapping[str, Any], reply_id: RequestId) -> float:
    """How many seconds the message may wait; 0 is for ever (spec: platform-api, "The A2A gateway")."""
    params = payload.get("params")
    value = params.get(EXPIRY) if isinstance(params, dict) else None
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SECONDS:
        text = f"params.{EXPIRY} must be a number of seconds from 0 to {MAX_SECONDS:,}; nothing was sent"
        raise Unreadable(reply_id, CallError(INVALID_PARAMS, text))
    return float(value)


def _priority(value: object) -> int:
    """The priority that a message asks for; what is none, perhaps another program's, is the ordinary one."""
    if isinstance(value, str):
        return PRIORITIES.get(value.strip().lower(), DEFAULT_PRIORITY)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return DEFAULT_PRIORITY
    return round(value) if 0 <= value <= MAX_PRIORITY else DEFAULT_PRIORITY


def _text_of(message: Mapping[str, Any]) -> str:
    """What the board shows as the task: the message's text, or its parts where it has none."""
    return clean(join_lines(part_texts(message))) or clean(compact(message.get("parts")))
