"""What a peer sent, in whatever dialect, as A2A v1.0 JSON: the one form that is translated from. Pure and total.

Known members are put into their v1.0 shape, and left out where their type makes no sense; nulls are left out, since
they mean absent; what is not known is kept, so that nothing is lost on its way to a peer that knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from headway.a2a.members import Check, is_flag, is_list, is_object, is_text, members, only_texts
from headway.a2a.parts import parts
from headway.a2a.shapes import AGENT_ROLES, USER_ROLES, Json
from headway.a2a.states import read_state

ROLE_USER: Final = "ROLE_USER"
ROLE_AGENT: Final = "ROLE_AGENT"
UNSPECIFIED: Final = "TASK_STATE_UNSPECIFIED"

_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

_MESSAGE: Final[Mapping[str, Check]] = {
    "messageId": is_text,
    "contextId": is_text,
    "taskId": is_text,
    "metadata": is_object,
    "extensions": is_list,
    "referenceTaskIds": is_list,
}
_ARTIFACT: Final[Mapping[str, Check]] = {
    "artifactId": is_text,
    "name": is_text,
    "description": is_text,
    "metadata": is_object,
    "extensions": is_list,
}
_TASK: Final[Mapping[str, Check]] = {
    "id": is_text,
    "contextId": is_text,
    "artifacts": is_list,
    "history": is_list,
    "metadata": is_object,
}
_UPDATE: Final[Mapping[str, Check]] = {
    "taskId": is_text,
    "contextId": is_text,
    "artifact": is_object,
    "append": is_flag,
    "lastChunk": is_flag,
    "metadata": is_object,
}
_CONFIGURATION: Final[Mapping[str, Check]] = {
    "acceptedOutputModes": is_list,
    "blocking": is_flag,
    "returnImmediately": is_flag,
    "pushNotificationConfig": is_object,
    "taskPushNotificationConfig": is_object,
}
_PUSH: Final[Mapping[str, Check]] = {
    "id": is_text,
    "taskId": is_text,
    "token": is_text,
    "url": is_text,
    "authentication": is_object,
}


def message(value: Mapping[str, Any], *, role: str) -> Json:
    """A message; `role` where it names none that is known."""
    said = members(value, _MESSAGE, leave="kind")
    only_texts(said, "extensions")
    only_texts(said, "referenceTaskIds")
    said["role"] = _role(said.get("role"), role)
    if "parts" not in said and (last := _last_of_agent(said.get("messages"))) is not None:
        del said["messages"]
        said["parts"] = last.get("parts")
    said["parts"] = parts(said.get("parts"))
    return said


def status(value: object) -> Json:
    """A status; some servers say it as a bare string, or its message as one."""
    if not isinstance(value, dict):
        return {"state": _state(value)}
    stands = members(value, {})
    stands["state"] = _state(value.get("state"))
    said = stands.pop("message", None)
    if isinstance(said, str):
        said = {"messageId": "", "parts": [{"text": said}]}
    if isinstance(said, dict):
        stands["message"] = message(said, role=ROLE_AGENT)
    moment = _timestamp(stands.pop("timestamp", None))
    if moment is not None:
        stands["timestamp"] = moment
    return stands


def task(value: Mapping[str, Any]) -> Json:
    """A whole task, as it stands in `GetTask`. OpenFang's keeps in `messages` what was said, and its answer at last."""
    told = members(value, _TASK, leave="kind")
    _name_task(told, "id", "taskId")
    told["status"] = status(told.get("status"))
    if isinstance(told.get("messages"), list):
        said = told.pop("messages")
        told.setdefault("history", said)
        if (last := _last_of_agent(said)) is not None:
            told["status"].setdefault("message", message(last, role=ROLE_AGENT))
    if "artifacts" in told:
        listed = [item for item in told["artifacts"] if isinstance(item, dict)]
        told["artifacts"] = [artifact(item, number) for number, item in enumerate(listed)]
    if "history" in told:
        told["history"] = [message(item, role=ROLE_AGENT) for item in told["history"] if isinstance(item, dict)]
    return told


def artifact(value: Mapping[str, Any], number: int = 0) -> Json:
    """An artifact or a chunk of one. v0.1 numbers its artifacts instead of naming them; `number` is the next one."""
    put = members(value, _ARTIFACT)
    only_texts(put, "extensions")
    index = put.get("index", number)
    put["artifactId"] = put.get("artifactId") or f"#{index if isinstance(index, int) else number}"
    put["parts"] = parts(put.get("parts"))
    return put


def status_update(value: Mapping[str, Any]) -> Json:
    """A change of status. `final` is left out: v1.0 has none, the end of the stream says it."""
    told = members(value, _UPDATE, leave="kind")
    told.pop("final", None)
    _name_task(told, "taskId", "id")
    told["status"] = status(told.get("status"))
    return told


def artifact_update(value: Mapping[str, Any]) -> Json:
    """A piece of output."""
    told = members(value, _UPDATE, leave="kind")
    _name_task(told, "taskId", "id")
    put = told.get("artifact", {})
    # v0.1 keeps these two on the artifact itself.
    for name in ("append", "lastChunk"):
        if name not in told and isinstance(put.get(name), bool):
            told[name] = put[name]
    told["artifact"] = artifact({name: member for name, member in put.items() if name not in ("append", "lastChunk")})
    return told


def configuration(value: Mapping[str, Any]) -> Json:
    """How a send is to be answered. v0.3 says `blocking`, v1.0 the opposite; a v0.3 history of 0 means no limit."""
    asked = members(value, _CONFIGURATION)
    only_texts(asked, "acceptedOutputModes")
    blocking = asked.pop("blocking", None)
    if blocking is not None:
        asked.setdefault("returnImmediately", not blocking)
    push = asked.pop("pushNotificationConfig", None)
    push = asked.get("taskPushNotificationConfig", push)
    if push is not None:
        asked["taskPushNotificationConfig"] = _push(push)
    return asked


def _name_task(holder: Json, name: str, otherwise: str) -> None:
    """Tasks are named by `id` in one place and by `taskId` in another, and sloppy servers mix them up."""
    other = holder.get(otherwise)
    if name not in holder and isinstance(other, str):
        holder[name] = holder.pop(otherwise)
    if "sessionId" in holder and "contextId" not in holder and isinstance(holder["sessionId"], str):
        holder["contextId"] = holder.pop("sessionId")


def _last_of_agent(messages: object) -> Json | None:
    listed = messages if isinstance(messages, list) else []
    of_agent = (
        item for item in reversed(listed) if isinstance(item, dict) and _role(item.get("role"), "") == ROLE_AGENT
    )
    return next(of_agent, None)


def _role(value: object, otherwise: str) -> str:
    name = value.lower() if isinstance(value, str) else ""
    if name in AGENT_ROLES:
        return ROLE_AGENT
    return ROLE_USER if name in USER_ROLES else otherwise


def _state(value: object) -> str:
    state = read_state(value)
    return UNSPECIFIED if state is None else f"TASK_STATE_{state.name}"


def _timestamp(value: object) -> str | None:
    """A time that protobuf reads: with its zone (UTC where it names none). None for what is no time."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return value if _RFC_3339.fullmatch(value) else moment.isoformat().replace("+00:00", "Z")


def _push(value: Json) -> Json:
    config = members(value, _PUSH)
    if "authentication" in config:
        config["authentication"] = allowed = members(config["authentication"], {"credentials": is_text})
        schemes = allowed.pop("schemes", None)
        if isinstance(schemes, list) and schemes and isinstance(schemes[0], str):
            allowed.setdefault("scheme", schemes[0])
    return config
