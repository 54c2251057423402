"""A send of A2A v1.0, as canonical.py makes it, written as v0.1: the caller chooses the task's id. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from headway.a2a import v03
from headway.a2a.canonical import ROLE_USER
from headway.a2a.shapes import Json

_BESIDE: Final = ("messageId", "contextId", "taskId")


def send_params(asked: Mapping[str, Any]) -> Json:
    """The params of a send. The id of a new task is that of its message, so that a lost answer can be asked after."""
    said = asked["message"]
    task_id = said.get("taskId") or said.get("messageId", "")
    params = {name: member for name, member in asked.items() if name != "configuration" and member}
    configuration = asked.get("configuration", {})
    for name in ("acceptedOutputModes", "historyLength"):
        if name in configuration:
            params[name] = configuration[name]
    return {**params, "id": task_id, "sessionId": said.get("contextId") or task_id, "message": message(said)}


def message(said: Mapping[str, Any]) -> Json:
    """A message: v0.1 has no ids in it, its task and session are those of the request."""
    rest = {name: member for name, member in said.items() if name not in _BESIDE}
    return {
        **rest,
        "role": "user" if said["role"] == ROLE_USER else "agent",
        "parts": [part(item) for item in said["parts"]],
    }


def part(held: Mapping[str, Any]) -> Json:
    """A part, told by its `type`."""
    written = v03.part(held)
    return {"type": written.pop("kind"), **written}
