"""Reading by shape: states, parts, progress, cards, and frames of every dialect."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from headway.a2a.card import card_urls, read_card
from headway.a2a.dialects import Dialect, OutgoingMessage, message_params
from headway.a2a.errors import AgentRpcError, NotCancelable, UnknownTask
from headway.a2a.frames import ArtifactFrame, MessageFrame, SnapshotFrame, StatusFrame, read_frame, read_result
from headway.a2a.progress import metadata_percent, text_percent
from headway.a2a.states import TaskState, read_state
from hypothesis import given
from hypothesis import strategies as st

KEYS = [
    "kind",
    "task",
    "message",
    "statusUpdate",
    "artifactUpdate",
    "status",
    "state",
    "artifact",
    "artifacts",
    "parts",
    "text",
    "root",
    "history",
    "messages",
    "metadata",
    "progress",
    "final",
    "id",
    "taskId",
    "error",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("spelling", "state"),
    [
        ("TASK_STATE_INPUT_REQUIRED", TaskState.INPUT_REQUIRED),
        ("input-required", TaskState.INPUT_REQUIRED),
        ("inputRequired", TaskState.INPUT_REQUIRED),
        ("input_required", TaskState.INPUT_REQUIRED),
        ("AUTH-REQUIRED", TaskState.AUTH_REQUIRED),
        ("cancelled", TaskState.CANCELED),
        ("TASK_STATE_CANCELLED", TaskState.CANCELED),
        ("TASK_STATE_WORKING", TaskState.WORKING),
        ("Completed", TaskState.COMPLETED),
        ("unknown", None),
        ("TASK_STATE_UNSPECIFIED", None),
        ("TASK_STATE_PONDERING", None),
        (2, None),
        (None, None),
        ("x" * 100_000, None),
    ],
)
def test_states_are_read_by_any_spelling(spelling: object, state: TaskState | None) -> None:
    assert read_state(spelling) is state


@given(JSON)
def test_no_structure_breaks_the_reader(value: object) -> None:
    with suppress(AgentRpcError):
        read_frame(read_result(value))


def test_a_hybrid_frame_is_read() -> None:
    frame = read_frame({"kind": "status-update", "taskId": "t", "status": {"state": "TASK_STATE_COMPLETED"}})
    assert isinstance(frame, StatusFrame)
    assert frame.state is TaskState.COMPLETED


def test_frames_of_v0_1_are_read() -> None:
    status = read_frame({"id": "t", "status": {"state": "working"}, "final": False})
    assert isinstance(status, StatusFrame)
    assert (status.task_id, status.state, status.final) == ("t", TaskState.WORKING, False)
    piece = read_frame({"id": "t", "artifact": {"index": 3, "append": True, "parts": [{"type": "text", "text": "x"}]}})
    assert isinstance(piece, ArtifactFrame)
    assert (piece.artifact.id, piece.artifact.parts, piece.append) == ("#3", ("x",), True)


def test_a_status_may_be_a_bare_string() -> None:
    frame = read_frame({"id": "t", "status": "completed", "messages": [{"role": "agent", "parts": [{"text": "hi"}]}]})
    assert isinstance(frame, SnapshotFrame)
    assert (frame.state, frame.text) == (TaskState.COMPLETED, "hi")


@pytest.mark.parametrize(
    "part", [{"text": "x"}, {"kind": "text", "text": "x"}, {"type": "text", "text": "x"}, {"root": {"text": "x"}}]
)
@pytest.mark.parametrize("wrap", [lambda m: {"message": m}, lambda m: {**m, "kind": "message"}, lambda m: m])
def test_text_parts_are_read_in_every_shape(part: dict[str, Any], wrap: Any) -> None:
    frame = read_frame(wrap({"role": "agent", "messageId": "1", "parts": [part, {"kind": "data", "data": {}}, part]}))
    assert isinstance(frame, MessageFrame)
    assert frame.text == "x\nx"


def test_a_result_may_come_with_or_without_its_envelope() -> None:
    task = {"id": "t", "status": {"state": "working"}}
    assert read_result({"jsonrpc": "2.0", "id": 1, "result": task}) == task
    assert read_result(task) == task


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"code": -32001, "message": "m"}, UnknownTask, -32001),
        ({"code": -32002, "message": "m"}, NotCancelable, -32002),
        ({"code": "odd"}, AgentRpcError, -32603),
        ("just text", AgentRpcError, -32603),
        ({"code": 10**400, "data": {"deep": [1]}}, AgentRpcError, -32603),
    ],
)
def test_error_objects_become_typed_errors(error: object, kind: type[AgentRpcError], code: int) -> None:
    with pytest.raises(kind) as raised:
        read_result({"error": error})
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("metadata", "percent"),
    [
        ({"progress": 0.5}, 50.0),
        ({"progress": 1}, 100.0),
        ({"progress": 0}, 0.0),
        ({"progress": 63}, 63.0),
        ({"progressPercentage": 63}, 63.0),
        ({"progressPercentage": 1}, 1.0),
        ({"progressPercentage": "63%"}, 63.0),
        ({"progressPercentage": 250}, 100.0),
        ({"progress": True}, None),
        ({"progress": float("nan")}, None),
        ({"progress": -1}, None),
        ({"progress": 10**400}, None),
        ({"progress": "soon"}, None),
        ([], None),
    ],
)
def test_progress_in_metadata(metadata: object, percent: float | None) -> None:
    assert metadata_percent(metadata) == percent


@pytest.mark.parametrize(
    ("text", "percent"),
    [("63% done", 63.0), ("at 12.5 %", 12.5), ("100%", 100.0), ("250%", None), ("no number %", None), ("step 3", None)],
)
def test_progress_in_a_status_text(text: str, percent: float | None) -> None:
    assert text_percent(text) == percent
    frame = read_frame({"statusUpdate": {"status": {"state": "working", "message": {"parts": [{"text": text}]}}}})
    assert isinstance(frame, StatusFrame)
    assert frame.percent == percent


def test_a_final_message_with_a_percentage_is_no_progress() -> None:
    status = {"state": "completed", "message": {"parts": [{"text": "sales fell by 63%"}]}}
    frame = read_frame({"statusUpdate": {"status": status}})
    assert isinstance(frame, StatusFrame)
    assert frame.percent is None


def test_blocking_is_spelled_as_each_dialect_does() -> None:
    message = OutgoingMessage("go", "m1")
    assert message_params(Dialect.V1_0, message, blocking=False)["configuration"] == {"returnImmediately": True}
    assert message_params(Dialect.V0_3, message, blocking=False)["configuration"] == {"blocking": False}
    assert "configuration" not in message_params(Dialect.V0_3, message)


CARD_URL = "http://10.0.0.5:9000/agent/.well-known/agent-card.json"


@pytest.mark.parametrize(
    ("card", "url", "dialect"),
    [
        ({"supportedInterfaces": [{"url": "http://h/a", "protocolVersion": "1.0"}]}, "http://h/a", Dialect.V1_0),
        (
            {
                "supportedInterfaces": [
                    {"url": "http://h/grpc", "protocolBinding": "GRPC", "protocolVersion": "1.0"},
                    {"url": "http://h/old", "protocolBinding": "JSONRPC", "protocolVersion": "0.3.0"},
                    {"url": "http://h/new", "protocolBinding": "JSONRPC", "protocolVersion": "1.0.1"},
                ]
            },
            "http://h/new",
            Dialect.V1_0,
        ),
        ({"name": "x", "url": "http://h/", "protocolVersion": "0.2.6"}, "http://h/", Dialect.V0_3),
        ({"name": "x", "url": "http://h/"}, "http://h/", None),
        ({"name": "x", "url": "/rpc", "protocolVersion": "0.3.0"}, "http://10.0.0.5:9000/rpc", Dialect.V0_3),
        ({"name": "x", "url": "http://0.0.0.0:80/a"}, "http://10.0.0.5:80/a", None),
        ({"name": "x", "url": "http://[::]:80/a"}, "http://10.0.0.5:80/a", None),
        ({"name": "x", "url": "javascript:alert(1)"}, None, None),
        ({"name": "x", "url": "http://h:bad/"}, None, None),
        ({"name": "x", "url": "http://h/\x1b[2J"}, None, None),
        ({"name": "x", "url": "http://h/", "preferredTransport": "GRPC"}, None, None),
    ],
)
def test_cards_of_every_age_are_read(card: dict[str, Any], url: str | None, dialect: Dialect | None) -> None:
    read = read_card(card, CARD_URL)
    assert read is not None
    assert (read.url, read.dialect) == (url, dialect)


@given(JSON | st.dictionaries(st.sampled_from(["name", "url", "supportedInterfaces", "capabilities", "skills"]), JSON))
def test_no_card_breaks_the_reader(card: object) -> None:
    read_card(card, CARD_URL)


def test_both_card_paths_are_tried_under_the_agent_and_at_its_root() -> None:
    assert card_urls("http://h/") == ("http://h/.well-known/agent-card.json", "http://h/.well-known/agent.json")
    assert card_urls("http://h/a") == (
        "http://h/a/.well-known/agent-card.json",
        "http://h/a/.well-known/agent.json",
        "http://h/.well-known/agent-card.json",
        "http://h/.well-known/agent.json",
    )
    assert card_urls(CARD_URL) == (CARD_URL,)


def test_deep_json_is_an_error_and_no_crash() -> None:
    from headway.net.parsing import loads

    for text in ("[" * 100_000, "1" * 5_000, '{"a":' * 2_000):
        with pytest.raises(ValueError, match=r"."):
            loads(text)
    assert json.dumps(loads("[1]")) == "[1]"
