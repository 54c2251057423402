"""What a peer sent, in whatever dialect, as A2A v1.0 JSON: the one form that is translated from. Pure and total.

Known members are put into their v1.0 shape, and left out where their type makes no sense; nulls are left out, since
they mean absent; what is not known is kept, so that nothing is lost on its way to a peer that knows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from headway.a2a.shapes import AGENT_ROLES, USER_ROLES, Json
from headway.a2a.states import read_state

DATA_PART_COMPAT: Final = "data_part_compat"
"""Metadata by which the SDK marks a v0.3 data part whose `value` is the data: v0.3 knows objects only."""
ROLE_USER: Final = "ROLE_USER"
ROLE_AGENT: Final = "ROLE_AGENT"
UNSPECIFIED: Final = "TASK_STATE_UNSPECIFIED"

_Check = Callable[[object], bool]
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
# protobuf's JSON is read with either spelling of a name.
_SNAKE: Final = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): name
    for name in (
        "acceptedOutputModes",
        "artifactId",
        "contextId",
        "historyLength",
        "lastChunk",
        "mediaType",
        "messageId",
        "pushNotificationConfig",
        "referenceTaskIds",
        "returnImmediately",
        "taskId",
        "taskPushNotificationConfig",
    )
}
_PART_TOLD: Final = frozenset({"kind", "type", "text", "file", "data", "raw", "url"})


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_MESSAGE: Final[Mapping[str, _Check]] = {
    "messageId": _is_text,
    "contextId": _is_text,
    "taskId": _is_text,
    "metadata": _is_object,
    "extensions": _is_list,
    "referenceTaskIds": _is_list,
}
_ARTIFACT: Final[Mapping[str, _Check]] = {
    "artifactId": _is_text,
    "name": _is_text,
    "description": _is_text,
    "metadata": _is_object,
    "extensions": _is_list,
}
_TASK: Final[Mapping[str, _Check]] = {
    "id": _is_text,
    "contextId": _is_text,
    "artifacts": _is_list,
    "history": _is_list,
    "metadata": _is_object,
}
_UPDATE: Final[Mapping[str, _Check]] = {
    "taskId": _is_text,
    "contextId": _is_text,
    "artifact": _is_object,
    "append": _is_flag,
    "lastChunk": _is_flag,
    "metadata": _is_object,
}
_PART: Final[Mapping[str, _Check]] = {"mediaType": _is_text, "filename": _is_text, "metadata": _is_object}
_CONFIGURATION: Final[Mapping[str, _Check]] = {
    "acceptedOutputModes": _is_list,
    "blocking": _is_flag,
    "returnImmediately": _is_flag,
    "pushNotificationConfig": _is_object,
    "taskPushNotificationConfig": _is_object,
}
_PUSH: Final[Mapping[str, _Check]] = {
    "id": _is_text,
    "taskId": _is_text,
    "token": _is_text,
    "url": _is_text,
    "authentication": _is_object,
}


def message(value: Mapping[str, Any], *, role: str) -> Json:
    """A message; `role` where it names none that is known."""
    said = _members(value, _MESSAGE, leave="kind")
    _only_texts(said, "extensions")
    _only_texts(said, "referenceTaskIds")
    said["role"] = _role(said.get("role"), role)
    if "parts" not in said and (last := _last_of_agent(said.get("messages"))) is not None:
        del said["messages"]
        said["parts"] = last.get("parts")
    said["parts"] = _parts(said.get("parts"))
    return said


def part(value: object) -> Json:
    """A part of any dialect, told by its kind or type, or by what it holds; what cannot be told becomes data."""
    if isinstance(value, str):
        return {"text": value}
    # Older SDKs wrap a part in a `root`.
    if isinstance(value, dict) and isinstance(value.get("root"), dict):
        value = value["root"]
    if not isinstance(value, dict):
        return {"data": value}
    content = _content(value)
    if content is None:
        return {"data": value}
    kept = {name: member for name, member in _members(value, _PART).items() if name not in _PART_TOLD}
    if isinstance(content.get("data"), dict) and "value" in content["data"]:
        _unwrap(content, kept)
    return {**kept, **content}


def status(value: object) -> Json:
    """A status; some servers say it as a bare string, or its message as one."""
    if not isinstance(value, dict):
        return {"state": _state(value)}
    stands = _members(value, {})
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
    told = _members(value, _TASK, leave="kind")
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
    put = _members(value, _ARTIFACT)
    _only_texts(put, "extensions")
    index = put.get("index", number)
    put["artifactId"] = put.get("artifactId") or f"#{index if isinstance(index, int) else number}"
    put["parts"] = _parts(put.get("parts"))
    return put


def status_update(value: Mapping[str, Any]) -> Json:
    """A change of status. `final` is left out: v1.0 has none, the end of the stream says it."""
    told = _members(value, _UPDATE, leave="kind")
    told.pop("final", None)
    _name_task(told, "taskId", "id")
    told["status"] = status(told.get("status"))
    return told


def artifact_update(value: Mapping[str, Any]) -> Json:
    """A piece of output."""
    told = _members(value, _UPDATE, leave="kind")
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
    asked = _members(value, _CONFIGURATION)
    _only_texts(asked, "acceptedOutputModes")
    blocking = asked.pop("blocking", None)
    if blocking is not None:
        asked.setdefault("returnImmediately", not blocking)
    push = asked.pop("pushNotificationConfig", None)
    push = asked.get("taskPushNotificationConfig", push)
    if push is not None:
        asked["taskPushNotificationConfig"] = _push(push)
    return asked


def _members(value: Mapping[str, Any], known: Mapping[str, _Check], *, leave: str | None = None) -> Json:
    """A copy under v1.0's names, without nulls, known members of a wrong type, and the member to `leave`."""
    kept: Json = {}
    for spelled, member in value.items():
        name = _SNAKE.get(spelled, spelled)
        if member is None or name == leave or name in kept:
            continue
        check = known.get(name)
        if check is None or check(member):
            kept[name] = member
    return kept


def _only_texts(holder: Json, name: str) -> None:
    if name in holder:
        holder[name] = [item for item in holder[name] if isinstance(item, str)]


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


def _parts(listed: object) -> list[Json]:
    return [part(item) for item in listed] if isinstance(listed, list) else []


def _content(value: Json) -> Json | None:
    """What the part holds: by the kind it names where that is there, else by what is there."""
    named = value.get("kind", value.get("type"))
    kinds = ("text", "file", "raw", "url", "data")
    for kind in sorted(kinds, key=lambda kind: kind != named):
        if kind not in value:
            continue
        held = value[kind]
        if kind == "data":
            return {"data": held}
        if kind == "file":
            if (content := _file(held)) is not None:
                return content
        elif isinstance(held, str):
            return {kind: held}
    return None


def _file(file: object) -> Json | None:
    if not isinstance(file, dict):
        return None
    content: Json = {}
    for old, new in (("bytes", "raw"), ("uri", "url"), ("fileWithBytes", "raw"), ("fileWithUri", "url")):
        if isinstance(file.get(old), str):
            content[new] = file[old]
            break
    else:
        return None
    for olds, new in ((("mimeType", "mime_type", "mediaType"), "mediaType"), (("name",), "filename")):
        found = next((file[old] for old in olds if isinstance(file.get(old), str)), None)
        if found is not None:
            content[new] = found
    return content


def _unwrap(content: Json, kept: Json) -> None:
    metadata = kept.get("metadata", {})
    if metadata.get(DATA_PART_COMPAT) is not True:
        return
    content["data"] = content["data"]["value"]
    kept["metadata"] = {name: member for name, member in metadata.items() if name != DATA_PART_COMPAT}
    if not kept["metadata"]:
        del kept["metadata"]


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
    config = _members(value, _PUSH)
    if "authentication" in config:
        config["authentication"] = allowed = _members(config["authentication"], {"credentials": _is_text})
        schemes = allowed.pop("schemes", None)
        if isinstance(schemes, list) and schemes and isinstance(schemes[0], str):
            allowed.setdefault("scheme", schemes[0])
    return config
