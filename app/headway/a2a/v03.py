"""A2A v1.0 JSON, as canonical.py makes it, written as v0.3. Pure and total.

protobuf leaves out what is empty or false; v0.3 requires some of it, so it is put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headway.a2a.canonical import ROLE_USER
from headway.a2a.parts import DATA_PART_COMPAT
from headway.a2a.shapes import Json
from headway.a2a.states import TaskState, read_state


def message(said: Mapping[str, Any]) -> Json:
    """A message."""
    return {
        **said,
        "kind": "message",
        "messageId": said.get("messageId", ""),
        "role": "user" if said["role"] == ROLE_USER else "agent",
        "parts": [part(item) for item in said["parts"]],
    }


def part(held: Mapping[str, Any]) -> Json:
    """A part. Data that is no object is marked as the SDK marks it; v0.3 knows objects only."""
    rest = {name: member for name, member in held.items() if name not in ("text", "raw", "url", "data")}
    if "text" in held:
        return {"kind": "text", "text": held["text"], **rest}
    if "data" in held:
        if isinstance(held["data"], dict):
            return {"kind": "data", "data": held["data"], **rest}
        rest["metadata"] = {**rest.get("metadata", {}), DATA_PART_COMPAT: True}
        return {"kind": "data", "data": {"value": held["data"]}, **rest}
    file = {"bytes": held["raw"]} if "raw" in held else {"uri": held["url"]}
    for new, old in (("mediaType", "mimeType"), ("filename", "name")):
        if new in rest:
            file[old] = rest.pop(new)
    return {"kind": "file", "file": file, **rest}


def status(stands: Mapping[str, Any]) -> Json:
    """A status; a state that is not known is `unknown`."""
    state = read_state(stands["state"])
    told = {**stands, "state": "unknown" if state is None else state.value}
    if "message" in stands:
        told["message"] = message(stands["message"])
    return told


def task(told: Mapping[str, Any]) -> Json:
    """A whole task."""
    written = {
        **told,
        "kind": "task",
        "id": told.get("id", ""),
        "contextId": told.get("contextId", ""),
        "status": status(told["status"]),
    }
    if "artifacts" in told:
        written["artifacts"] = [artifact(item) for item in told["artifacts"]]
    if "history" in told:
        written["history"] = [message(item) for item in told["history"]]
    return written


def artifact(put: Mapping[str, Any]) -> Json:
    """An artifact or a chunk of one."""
    return {**put, "parts": [part(item) for item in put["parts"]]}


def status_update(told: Mapping[str, Any], *, final: bool | None = None) -> Json:
    """A change of status. `final` as the agent said it, else as the state does: v1.0 ends the stream without a word."""
    if final is None:
        state = read_state(told["status"]["state"])
        final = state is not None and ends_stream(state)
    return {**_update(told, "status-update"), "status": status(told["status"]), "final": final}


def artifact_update(told: Mapping[str, Any]) -> Json:
    """A piece of output."""
    return {**_update(told, "artifact-update"), "artifact": artifact(told["artifact"])}


def ends_stream(state: TaskState) -> bool:
    """Whether a v0.3 stream ends with this state: nothing can come after it, or the agent waits for somebody."""
    return state.terminal or state.interrupted


def configuration(asked: Mapping[str, Any]) -> Json:
    """How a send is to be answered."""
    written = dict(asked)
    immediately = written.pop("returnImmediately", None)
    if immediately is not None:
        written["blocking"] = not immediately
    push = written.pop("taskPushNotificationConfig", None)
    if push is not None:
        written["pushNotificationConfig"] = _push(push)
    return written


def _update(told: Mapping[str, Any], kind: str) -> Json:
    return {**told, "kind": kind, "taskId": told.get("taskId", ""), "contextId": told.get("contextId", "")}


def _push(config: Mapping[str, Any]) -> Json:
    written = {**config, "url": config.get("url", "")}
    if "authentication" in config:
        allowed = dict(config["authentication"])
        scheme = allowed.pop("scheme", None)
        written["authentication"] = {**allowed, "schemes": [scheme] if isinstance(scheme, str) else []}
    return written
