"""How tasks and updates are written in each dialect (spec: a2a, first table and its examples). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from headway.agents.task import ArtifactUpdate, Dialect, Message, Role, State, Status, StatusUpdate, Task

Json = dict[str, Any]

ARTIFACT_ID: Final = "output"


def snapshot(task: Task, dialect: Dialect, history_length: int | None = None) -> Json:
    """The whole task as it stands; `history_length` bounds its messages to the newest."""
    if dialect is Dialect.OPENFANG:
        return _openfang(task)
    rendered: Json = {
        "id": task.task_id,
        _context_key(dialect): task.context_id,
        "status": _status(task.status, task, dialect),
    }
    if dialect is Dialect.V0_3:
        rendered["kind"] = "task"
    history = task.history if history_length is None else task.history[max(0, len(task.history) - history_length) :]
    if history:
        rendered["history"] = [_message(message, task, dialect) for message in history]
    if task.output:
        rendered["artifacts"] = [_artifact(task.text, dialect)]
    if task.percent is not None:
        rendered["metadata"] = _progress(task.percent)
    return rendered


def status_update(task: Task, update: StatusUpdate, dialect: Dialect) -> Json:
    """One status event. v0.1 and v0.3 say `final` where the stream ends; v1.0 has no such field."""
    status = _status(update.status, task, dialect)
    rendered: Json
    match dialect:
        case Dialect.V1_0:
            rendered = {"taskId": task.task_id, "contextId": task.context_id, "status": status}
        case Dialect.V0_3:
            rendered = {"kind": "status-update", "taskId": task.task_id, "contextId": task.context_id, "status": status}
        case _:
            rendered = {"id": task.task_id, "status": status}
    if dialect is not Dialect.V1_0:
        rendered["final"] = update.status.state.ends_stream
    if update.percent is not None:
        rendered["metadata"] = _progress(update.percent)
    return {"statusUpdate": rendered} if dialect is Dialect.V1_0 else rendered


def artifact_update(task: Task, update: ArtifactUpdate, dialect: Dialect) -> Json:
    """One piece of output. v0.1 keeps `append` and `lastChunk` in the artifact, the others beside it."""
    artifact = _artifact(update.text, dialect)
    chunk = {"append": update.append, "lastChunk": update.last}
    if dialect is Dialect.V0_1:
        return {"id": task.task_id, "artifact": {**artifact, **chunk}}
    rendered = {"taskId": task.task_id, "contextId": task.context_id, "artifact": artifact, **chunk}
    if dialect is Dialect.V1_0:
        return {"artifactUpdate": rendered}
    return {"kind": "artifact-update", **rendered}


def sent(task: Task, dialect: Dialect, history_length: int | None = None) -> Json:
    """The result of a send, and the first event of a stream: v1.0 wraps the task in its oneof key."""
    rendered = snapshot(task, dialect, history_length)
    return {"task": rendered} if dialect is Dialect.V1_0 else rendered


def parse_state(value: str) -> State | None:
    """The state that v1.0's enum value names; None when there is none."""
    by_name = {_state(state, Dialect.V1_0): state for state in State}
    return by_name.get(value)


def _openfang(task: Task) -> Json:
    """The bare task: a status that is only a word, and all that was said and put out in `messages`."""
    said = [_message(message, task, Dialect.V0_1) for message in task.history]
    if task.output:
        said.append({"role": "agent", "parts": [_part(task.text, Dialect.V0_1)]})
    if task.status.message is not None:
        said.append(_message(task.status.message, task, Dialect.V0_1))
    return {"id": task.task_id, "sessionId": task.context_id, "status": str(task.state), "messages": said}


def _context_key(dialect: Dialect) -> str:
    return "sessionId" if dialect is Dialect.V0_1 else "contextId"


def _state(state: State, dialect: Dialect) -> str:
    return f"TASK_STATE_{state.upper().replace('-', '_')}" if dialect is Dialect.V1_0 else str(state)


def _status(status: Status, task: Task, dialect: Dialect) -> Json:
    moment = datetime.fromtimestamp(status.at_ms / 1_000, UTC).isoformat(timespec="milliseconds")
    rendered: Json = {"state": _state(status.state, dialect), "timestamp": moment.replace("+00:00", "Z")}
    if status.message is not None:
        rendered["message"] = _message(status.message, task, dialect)
    return rendered


def _message(message: Message, task: Task, dialect: Dialect) -> Json:
    parts = [_part(message.text, dialect)]
    if dialect is Dialect.V0_1:
        return {"role": str(message.role), "parts": parts}
    ids = {"messageId": message.message_id, "taskId": task.task_id, "contextId": task.context_id}
    if dialect is Dialect.V0_3:
        return {"kind": "message", **ids, "role": str(message.role), "parts": parts}
    return {**ids, "role": "ROLE_USER" if message.role is Role.USER else "ROLE_AGENT", "parts": parts}


def _artifact(text: str, dialect: Dialect) -> Json:
    parts = [_part(text, dialect)]
    if dialect is Dialect.V0_1:
        return {"name": ARTIFACT_ID, "index": 0, "parts": parts}
    return {"artifactId": ARTIFACT_ID, "name": ARTIFACT_ID, "parts": parts}


def _part(text: str, dialect: Dialect) -> Json:
    match dialect:
        case Dialect.V1_0:
            return {"text": text}
        case Dialect.V0_3:
            return {"kind": "text", "text": text}
        case _:
            return {"type": "text", "text": text}


def _progress(percent: int) -> Json:
    return {"progress": percent / 100, "progressPercentage": percent}
