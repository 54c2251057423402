"""Reading what agents send, whatever its shape (shapes.py), for following a task (spec: a2a, "Rules"). Pure.

Every text is cleaned here; artifact text is cleaned later, as a stream, since a character may be split over two chunks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from headway.a2a.errors import (
    INTERNAL_ERROR,
    TASK_NOT_CANCELABLE,
    TASK_NOT_FOUND,
    AgentRpcError,
    NotCancelable,
    UnknownTask,
)
from headway.a2a.progress import metadata_percent, text_percent
from headway.a2a.shapes import AGENT_ROLES, Json, Shape, shape_of
from headway.a2a.states import TaskState, read_state
from headway.core.text import ERROR_LIMIT, LINE_LIMIT, clean, clean_line

ID_LIMIT: Final = LINE_LIMIT


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact, or a chunk of one. `parts` are its texts, raw; `raw` the whole object when it has no text at all."""

    id: str
    parts: tuple[str, ...]
    raw: Json | None = None


@dataclass(frozen=True, slots=True)
class StatusFrame:
    """The task's status changed. `final` is None where the dialect does not say."""

    task_id: str | None
    context_id: str | None
    state: TaskState | None
    text: str | None
    percent: float | None
    final: bool | None


@dataclass(frozen=True, slots=True)
class ArtifactFrame:
    """A piece of output: appended to its artifact, or replacing it."""

    task_id: str | None
    context_id: str | None
    artifact: Artifact
    append: bool
    last: bool
    percent: float | None


@dataclass(frozen=True, slots=True)
class SnapshotFrame:
    """The whole task as it stands. `lines` are the agent's earlier messages, oldest first.

    `artifacts` is None where the task does not list any: that takes nothing back.
    """

    task_id: str | None
    context_id: str | None
    state: TaskState | None
    text: str | None
    percent: float | None
    artifacts: tuple[Artifact, ...] | None
    lines: tuple[str, ...]
    raw: Json


@dataclass(frozen=True, slots=True)
class MessageFrame:
    """A message in place of a task: the agent's whole answer."""

    task_id: str | None
    context_id: str | None
    text: str | None
    raw: Json


Frame = StatusFrame | ArtifactFrame | SnapshotFrame | MessageFrame


def read_result(payload: object) -> object:
    """Take a JSON-RPC answer out of its envelope; a bare result, as some servers send it, is taken as it is.

    Raises `AgentRpcError` (`UnknownTask`, `NotCancelable`) for an error object.
    """
    if not isinstance(payload, dict):
        return payload
    if payload.get("error") is not None:
        raise _rpc_error(payload["error"])
    return payload.get("result", payload)


def read_frame(result: object) -> Frame | None:
    """Read one result or stream event; None for what is none of the four things an agent may send."""
    told = shape_of(result)
    if told is None:
        return None
    shape, member = told
    match shape:
        case Shape.TASK:
            return _snapshot(member)
        case Shape.MESSAGE:
            return _message(member)
        case Shape.STATUS_UPDATE:
            return _status_frame(member)
        case Shape.ARTIFACT_UPDATE:
            return _artifact_frame(member)


def _status_frame(update: Json) -> StatusFrame:
    state, text, status = _status(update.get("status"))
    final = update.get("final")
    return StatusFrame(
        task_id=_id(update.get("taskId") or update.get("task_id") or update.get("id")),
        context_id=_context(update),
        state=state,
        text=text,
        percent=_percent(update, status, text, state),
        final=final if isinstance(final, bool) else None,
    )


def _artifact_frame(update: Json) -> ArtifactFrame | None:
    artifact = update.get("artifact")
    if not isinstance(artifact, dict):
        return None
    return ArtifactFrame(
        task_id=_id(update.get("taskId") or update.get("task_id") or update.get("id")),
        context_id=_context(update),
        artifact=_artifact(artifact, 0),
        # v0.1 keeps these two on the artifact itself.
        append=update.get("append", artifact.get("append")) is True,
        last=update.get("lastChunk", artifact.get("lastChunk")) is True,
        percent=metadata_percent(update.get("metadata")),
    )


def _snapshot(task: Json) -> SnapshotFrame:
    state, text, status = _status(task.get("status"))
    history = task.get("history")
    return SnapshotFrame(
        task_id=_id(task.get("id") or task.get("taskId")),
        context_id=_context(task),
        state=state,
        text=text if text is not None else _messages_text(task.get("messages")),
        percent=_percent(task, status, text, state),
        artifacts=_artifacts(task.get("artifacts")),
        lines=tuple(_agent_lines(history if isinstance(history, list) else [])),
        raw=task,
    )


def _message(message: Json) -> MessageFrame:
    text = _text(message)
    return MessageFrame(
        task_id=_id(message.get("taskId")),
        context_id=_context(message),
        text=text if text is not None else _messages_text(message.get("messages")),
        raw=message,
    )


def _status(status: object) -> tuple[TaskState | None, str | None, Json]:
    """A status is an object or, in some servers, a bare string."""
    if isinstance(status, str):
        return read_state(status), None, {}
    if not isinstance(status, dict):
        return None, None, {}
    message = status.get("message")
    text = clean(message) if isinstance(message, str) else _text(message)
    return read_state(status.get("state")), text, status


def _artifacts(listed: object) -> tuple[Artifact, ...] | None:
    if not isinstance(listed, list):
        return None
    return tuple(_artifact(item, index) for index, item in enumerate(listed) if isinstance(item, dict))


def _artifact(artifact: Json, index: int) -> Artifact:
    # v0.1 numbers its artifacts instead of naming them.
    name = artifact.get("artifactId") or artifact.get("artifact_id")
    number = artifact.get("index", index)
    parts = tuple(part_texts(artifact))
    return Artifact(_id(name) or f"#{number}"[:ID_LIMIT], parts, None if parts else artifact)


def part_texts(holder: object) -> list[str]:
    """The text of every text part, raw: {"text"}, {"kind": "text", "text"} and {"type": "text", "text"} alike."""
    parts = holder.get("parts") if isinstance(holder, dict) else None
    if not isinstance(parts, list):
        return []
    # Older SDKs wrap a part in a `root`.
    plain = (part.get("root", part) if isinstance(part, dict) else part for part in parts)
    return [part["text"] for part in plain if isinstance(part, dict) and isinstance(part.get("text"), str)]


def _text(message: object) -> str | None:
    texts = part_texts(message)
    return clean(join_lines(texts)) if texts else None


def _agent_lines(history: list[object]) -> list[str]:
    return [
        text
        for message in history
        if isinstance(message, dict)
        and str(message.get("role", "")).lower() in AGENT_ROLES
        and (text := _text(message)) is not None
    ]


def _messages_text(messages: object) -> str | None:
    """OpenFang keeps the answer in `messages`, the last of the agent's being it."""
    lines = _agent_lines(messages) if isinstance(messages, list) else []
    return lines[-1] if lines else None


def _id(value: object) -> str | None:
    """An id goes back to the agent, so it is kept as it came unless it could not have been meant."""
    return value if isinstance(value, str) and value and clean_line(value, limit=ID_LIMIT) == value else None


def _context(holder: Json) -> str | None:
    return _id(holder.get("contextId") or holder.get("context_id") or holder.get("sessionId"))


def _percent(holder: Json, status: Json, text: str | None, state: TaskState | None) -> float | None:
    message = status.get("message")
    inner = message.get("metadata") if isinstance(message, dict) else None
    for metadata in (holder.get("metadata"), status.get("metadata"), inner):
        if (percent := metadata_percent(metadata)) is not None:
            return percent
    # A final message that speaks of percentages is a result, not progress.
    return text_percent(text) if text is not None and (state is None or not state.terminal) else None


def _rpc_error(error: object) -> AgentRpcError:
    if not isinstance(error, dict):
        return AgentRpcError(INTERNAL_ERROR, clean_line(str(error), limit=ERROR_LIMIT))
    code = error.get("code")
    code = code if isinstance(code, int) and abs(code) < 2**31 else INTERNAL_ERROR
    message = error.get("message")
    message = clean_line(message, limit=ERROR_LIMIT) if isinstance(message, str) else ""
    data = error.get("data")
    detail = clean_line(compact(data), limit=ERROR_LIMIT) if data is not None else ""
    kinds = {TASK_NOT_FOUND: UnknownTask, TASK_NOT_CANCELABLE: NotCancelable}
    return kinds.get(code, AgentRpcError)(code, message, detail)


def join_lines(texts: Iterable[str]) -> str:
    """Texts joined by newlines; one that ends in a newline already (a streamed line) needs no second one."""
    joined: list[str] = []
    for text in texts:
        if joined and joined[-1] and not joined[-1].endswith("\n"):
            joined.append("\n")
        if text:
            joined.append(text)
    return "".join(joined)


def compact(value: object) -> str:
    """JSON without blanks, for what has no text of its own; empty for what is nested too deeply to be written."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return ""
