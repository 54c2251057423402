"""Strategies for A2A objects as well-behaved peers write them, in v0.3 and in v1.0: what both dialects can say."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from headway.a2a.states import TaskState
from hypothesis import strategies as st

Json = dict[str, Any]

WORDS = st.text(min_size=1, max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS.filter(lambda name: name != "data_part_compat"), VALUES, min_size=1, max_size=3)
BYTES = st.binary(min_size=1, max_size=9).map(lambda data: base64.b64encode(data).decode())
TIMES = st.datetimes(min_value=datetime(1, 1, 2)).map(lambda moment: moment.isoformat(timespec="seconds") + "Z")
STATES = st.sampled_from(TaskState)


def _object(required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]) -> Any:
    return st.fixed_dictionaries(required, optional=optional)


def _v03_file() -> Any:
    names = {"mimeType": WORDS, "name": WORDS}
    return _object({"uri": WORDS}, names) | _object({"bytes": BYTES}, names)


METADATA = {"metadata": OBJECTS}
V03_PARTS = st.one_of(
    _object({"kind": st.just("text"), "text": st.text(max_size=8)}, METADATA),
    _object({"kind": st.just("data"), "data": st.dictionaries(WORDS, VALUES, max_size=3)}, METADATA),
    _object({"kind": st.just("file"), "file": _v03_file()}, METADATA),
)
_FILE_NAMES = {"mediaType": WORDS, "filename": WORDS}
V1_PARTS = st.one_of(
    _object({"text": st.text(max_size=8)}, METADATA),
    _object({"data": VALUES}, METADATA),
    _object({"url": WORDS}, METADATA | _FILE_NAMES),
    _object({"raw": BYTES}, METADATA | _FILE_NAMES),
)
_TEXTS = st.lists(WORDS, min_size=1, max_size=2)
_MESSAGE = {"contextId": WORDS, "taskId": WORDS, "extensions": _TEXTS, "referenceTaskIds": _TEXTS} | METADATA
_ARTIFACT = {"name": WORDS, "description": WORDS, "extensions": _TEXTS} | METADATA


def messages(v03: bool) -> Any:
    if v03:
        named = {"kind": st.just("message"), "role": st.sampled_from(["user", "agent"]), "parts": parts(v03)}
    else:
        named = {"role": st.sampled_from(["ROLE_USER", "ROLE_AGENT"]), "parts": parts(v03)}
    return _object({"messageId": WORDS} | named, _MESSAGE)


def parts(v03: bool) -> Any:
    return st.lists(V03_PARTS if v03 else V1_PARTS, min_size=1, max_size=2)


def statuses(v03: bool) -> Any:
    spelled = STATES.map(lambda state: state.value if v03 else f"TASK_STATE_{state.name}")
    return _object({"state": spelled}, {"message": messages(v03), "timestamp": TIMES})


def artifacts(v03: bool) -> Any:
    return _object({"artifactId": WORDS, "parts": parts(v03)}, _ARTIFACT)


def tasks(v03: bool) -> Any:
    kind = {"kind": st.just("task")} if v03 else {}
    lists = {
        "history": st.lists(messages(v03), min_size=1, max_size=2),
        "artifacts": st.lists(artifacts(v03), min_size=1, max_size=2),
    }
    return _object({"id": WORDS, "contextId": WORDS, "status": statuses(v03)} | kind, lists | METADATA)


def status_updates(v03: bool) -> Any:
    """In v0.3 `final` as v1.0 implies it."""
    kind = {"kind": st.just("status-update")} if v03 else {}
    update = _object({"taskId": WORDS, "contextId": WORDS, "status": statuses(v03)} | kind, METADATA)
    return update.map(_with_final) if v03 else update


def artifact_updates(v03: bool) -> Any:
    kind = {"kind": st.just("artifact-update")} if v03 else {}
    flags = {"append": st.booleans(), "lastChunk": st.booleans()}
    return _object({"taskId": WORDS, "contextId": WORDS, "artifact": artifacts(v03)} | kind, flags | METADATA)


def frames(v03: bool) -> Any:
    """Whatever may come in a stream: in v1.0 under its oneof key."""
    kinds = {
        "task": tasks(v03),
        "message": messages(v03),
        "statusUpdate": status_updates(v03),
        "artifactUpdate": artifact_updates(v03),
    }
    return st.one_of(*(kinds.values() if v03 else (_object({key: held}, {}) for key, held in kinds.items())))


def send_params(v03: bool) -> Any:
    """The params of a send."""
    login = {"schemes": st.lists(WORDS, min_size=1, max_size=1)} if v03 else {"scheme": WORDS}
    push = _object(
        {"url": WORDS}, {"id": WORDS, "token": WORDS, "authentication": _object(login, {"credentials": WORDS})}
    )
    modes = {"acceptedOutputModes": _TEXTS, "historyLength": st.integers(1, 9)}
    if v03:
        configuration = _object({"blocking": st.booleans()}, modes | {"pushNotificationConfig": push})
    else:
        configuration = _object({"returnImmediately": st.booleans()}, modes | {"taskPushNotificationConfig": push})
    return _object({"message": messages(v03)}, {"configuration": configuration} | METADATA)


def _with_final(update: Json) -> Json:
    state = TaskState(update["status"]["state"])
    return {**update, "final": state.terminal or state.interrupted}
