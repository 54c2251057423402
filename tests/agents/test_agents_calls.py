"""Reading calls: whatever JSON comes, it is read or refused with a code, and never breaks the agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from headway.agents.calls import encode, error_body, parse_body, parse_call, parse_send, request_id_of
from headway.agents.errors import Code, RpcError
from headway.core.text import clean, clean_line
from hypothesis import given
from hypothesis import strategies as st

T = TypeVar("T")

METHODS = (
    *("SendMessage", "SendStreamingMessage", "GetTask", "CancelTask", "SubscribeToTask", "ListTasks"),
    *("message/send", "message/stream", "tasks/get", "tasks/cancel", "tasks/resubscribe"),
    *("tasks/send", "tasks/sendSubscribe", "unknown"),
)
TEXTS = st.text(alphabet="ab \n\x00\x1b\x9b\ud800\udfff\u202e\u2028\u00e9", max_size=8) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PLACES = (
    *((), ("method",), ("params",), ("id",), ("jsonrpc",)),
    *(("params", "id"), ("params", "sessionId"), ("params", "message")),
    *(("params", "message", name) for name in ("parts", "messageId", "taskId", "contextId")),
    *(("params", "message", "parts", 0), ("params", "message", "parts", 0, "text")),
)


def call_of(method: str, text: str, name: str) -> dict[str, Any]:
    parts = [{"kind": "text", "text": text}, {"type": "text", "text": text}]
    message = {"parts": parts, "messageId": name, "taskId": name, "contextId": name}
    return {
        "jsonrpc": "2.0",
        "id": name,
        "method": method,
        "params": {"id": name, "sessionId": name, "message": message},
    }


def replaced(body: Any, place: tuple[str | int, ...], value: object) -> Any:
    if not place:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[place[0]] = replaced(copy[place[0]], place[1:], value)
    return copy


def attempt(read: Callable[[], T]) -> tuple[T | None, RpcError | None]:
    try:
        return read(), None
    except RpcError as refused:
        return None, refused


@given(method=st.sampled_from(METHODS), text=TEXTS, name=TEXTS, place=st.sampled_from(PLACES), value=VALUES)
def test_a_call_with_anything_in_one_place_is_read_or_refused_with_a_code(
    method: str, text: str, name: str, place: tuple[str | int, ...], value: object
) -> None:
    body = replaced(call_of(method, text, name), place, value)
    _, refused = attempt(lambda: parse_send(parse_call(body, "1.0")))
    if refused is not None:
        reply = json.loads(error_body(request_id_of(body), refused.code, refused.message))
        assert reply["error"] == {"code": refused.code, "message": refused.message}


@given(text=TEXTS, name=TEXTS)
def test_text_and_ids_come_in_clean(text: str, name: str) -> None:
    incoming = parse_send(parse_call(call_of("message/send", text, name), None))
    assert incoming.text == clean(f"{text}\n{text}")
    assert incoming.task_id == incoming.context_id == (clean_line(name) or None)
    assert incoming.message_id == clean_line(name)


@given(st.sampled_from([None, "", "1.0", "1", "0.3", "2.0"]) | TEXTS)
def test_any_version_header_is_accepted_or_refused_with_its_code(version: str | None) -> None:
    _, refused = attempt(lambda: parse_call({"method": "GetTask"}, version))
    assert (refused is None) == (version is not None and version.strip().partition(".")[0] == "1")
    assert refused is None or refused.code is Code.VERSION_NOT_SUPPORTED


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_parse_error(body: bytes) -> None:
    _, refused = attempt(lambda: parse_body(body))
    assert refused is None or refused.code is Code.PARSE_ERROR


@given(VALUES)
def test_what_is_encoded_is_utf_8_on_one_line_and_reads_back(value: object) -> None:
    encoded = encode(value)
    assert b"\n" not in encoded
    assert b"\r" not in encoded
    encoded.decode()
    assert json.loads(encoded) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    ("configuration", "waits"),
    [({}, True), ({"blocking": False}, False), ({"blocking": True}, True), ({"returnImmediately": True}, False)],
)
def test_a_send_waits_unless_told_otherwise(configuration: dict[str, bool], waits: bool) -> None:
    params = {"configuration": configuration}
    assert parse_call({"method": "message/send", "params": params}, None).blocking is waits
