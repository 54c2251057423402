"""The members of an object as peers send them, under v1.0's names and of the types that make sense. Pure and total."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from headway.a2a.shapes import Json

Check: TypeAlias = Callable[[object], bool]
"""Whether a value has a type that makes sense for its member."""

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


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_list(value: object) -> bool:
    return isinstance(value, list)


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def is_flag(value: object) -> bool:
    return isinstance(value, bool)


def members(value: Mapping[str, Any], known: Mapping[str, Check], *, leave: str | None = None) -> Json:
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


def only_texts(holder: Json, name: str) -> None:
    """Leave out of a member that is a list what is no text."""
    if name in holder:
        holder[name] = [item for item in holder[name] if isinstance(item, str)]
