"""Translation of what peers really send: sloppy calls, hybrid frames, recorded streams, and nonsense."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from a2a.compat.v0_3 import types as v03_types
from a2a.types import a2a_pb2
from google.protobuf.json_format import ParseDict
from headway.a2a.dialects import Dialect, OutgoingMessage, Verb, message_params
from headway.a2a.frames import read_frame
from headway.a2a.translation import Call, CallError, method_for, params_for, read_call, result_for
from hypothesis import given
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data" / "a2a"
Json = dict[str, Any]
COMPAT = {"data_part_compat": True}


def read(payload: object) -> Call:
    return read_call(payload, new_id=lambda: "new-1")


def recorded(name: str) -> list[Json]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [json.loads(line.removeprefix("data: "))["result"] for line in lines if line.startswith("data: ")]


@pytest.mark.parametrize(
    "payload",
    [
        {"params": {"message": {"role": "user", "parts": [{"type": "text", "text": "go"}]}}},
        {"message": {"role": "user", "parts": [{"type": "text", "text": "go"}]}},
        {"method": "message/send", "params": {"message": {"parts": [{"kind": "text", "text": "go"}]}}},
        {"method": "message/send", "message": {"role": "user", "parts": ["go"], "messageId": None}},
    ],
)
def test_a_send_of_molecules_platform_is_read_without_its_envelope(payload: Json) -> None:
    call = read(payload)
    assert (call.id, call.verb, call.dialect, call.method) == (None, Verb.SEND, Dialect.V0_3, "message/send")
    assert call.params == {"message": {"messageId": "new-1", "role": "ROLE_USER", "parts": [{"text": "go"}]}}


def test_a_send_of_molecules_runtime_is_read_whole() -> None:
    message = {"kind": "message", "messageId": "msg-t1", "role": "user", "parts": [{"kind": "text", "text": "go"}]}
    extras = {"metadata": {"parent_task_id": "t1"}, "expires_in_seconds": 60}
    params = {"message": message, "configuration": {"blocking": False}, **extras}
    call = read({"jsonrpc": "2.0", "id": "delegation-t1-1", "method": "message/send", "params": params})
    assert call.id == "delegation-t1-1"
    assert call.params == {
        "message": {"messageId": "msg-t1", "role": "ROLE_USER", "parts": [{"text": "go"}]},
        "configuration": {"returnImmediately": True},
        **extras,
    }
    assert params_for(Dialect.V0_3, Verb.SEND, call.params) == params


@pytest.mark.parametrize("dialect", [Dialect.V1_0, Dialect.V0_3])
def test_each_verb_is_told_by_its_method(dialect: Dialect) -> None:
    for verb in Verb:
        if verb is Verb.LIST and dialect is Dialect.V0_3:
            with pytest.raises(CallError, match=r"no way to list tasks") as refused:
                method_for(dialect, verb)
            assert refused.value.code == -32004
            continue
        params: Json = {"id": "t1"} if verb not in (Verb.SEND, Verb.STREAM) else {"message": {"parts": []}}
        call = read({"id": 7, "method": method_for(dialect, verb), "params": params})
        assert (call.id, call.verb, call.dialect) == (7, verb, dialect)


def test_what_is_not_known_passes_as_it_came() -> None:
    params = {"pushNotificationConfig": {"url": None}, "message": {"kind": "x"}}
    old = read({"method": "tasks/pushNotificationConfig/set", "params": params})
    assert (old.verb, old.dialect, old.params) == (None, Dialect.V0_3, params)
    new = read({"method": "GetExtendedAgentCard", "id": None})
    assert (new.verb, new.dialect, new.params) == (None, Dialect.V1_0, {})
    answer = {"task": {"kind": "task", "status": "?"}}
    assert result_for(Dialect.V0_3, None, answer, streaming=False) is answer


def test_unknown_members_go_along() -> None:
    message = {"messageId": "m1", "role": "user", "parts": [{"kind": "text", "text": "go", "lang": "de"}], "x": 1}
    call = read({"method": "message/send", "params": {"message": message, "y": 2, "configuration": {"z": 3}}})
    for dialect in (Dialect.V1_0, Dialect.V0_3):
        asked = params_for(dialect, Verb.SEND, call.params)
        assert (asked["message"]["x"], asked["y"], asked["configuration"]["z"]) == (1, 2, 3)
        assert asked["message"]["parts"][0]["lang"] == "de"
    task = {"kind": "task", "id": "t", "contextId": "c", "status": {"state": "working", "q": 1}, "w": [1]}
    there = result_for(Dialect.V1_0, Verb.GET, task, streaming=False)
    assert there == {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING", "q": 1}, "w": [1]}
    assert result_for(Dialect.V0_3, Verb.GET, there, streaming=False) == task


def test_a_history_of_0_is_no_limit_in_v03_and_none_in_v1() -> None:
    assert "historyLength" not in read({"method": "tasks/get", "params": {"id": "t", "historyLength": 0}}).params
    assert read({"method": "GetTask", "params": {"id": "t", "historyLength": 0}}).params["historyLength"] == 0


@pytest.mark.parametrize(
    ("payload", "code", "text"),
    [
        (None, -32600, "a JSON object"),
        ("message/send", -32600, "a JSON object"),
        ([{"method": "message/send"}], -32600, "batches"),
        ({}, -32600, "needs a method"),
        ({"params": {"message": "go"}}, -32600, "needs a method"),
        ({"method": 5}, -32600, "needs a method"),
        ({"method": ""}, -32600, "needs a method"),
        ({"jsonrpc": "1.0", "method": "message/send"}, -32600, "jsonrpc"),
        ({"id": True, "method": "tasks/get", "params": {"id": "t"}}, -32600, "id must be"),
        ({"id": {}, "method": "tasks/get", "params": {"id": "t"}}, -32600, "id must be"),
        ({"method": "message/send", "params": [1]}, -32602, "params must be"),
        ({"method": "message/send"}, -32602, "params.message must be"),
        ({"method": "message/send", "params": {"message": []}}, -32602, "params.message must be"),
        ({"method": "SendMessage", "params": {"message": {"parts": "go"}}}, -32602, "parts must be a list"),
        ({"method": "SendMessage", "params": {"message": {"parts": [], "messageId": 5}}}, -32602, "messageId must"),
        ({"method": "SendMessage", "params": {"message": {"parts": [], "taskId": "x" * 257}}}, -32602, "taskId must"),
        ({"method": "SendMessage", "params": {"message": {"parts": [], "metadata": 1}}}, -32602, "message.metadata"),
        ({"method": "SendMessage", "params": {"message": {"parts": []}, "metadata": []}}, -32602, "params.metadata"),
        ({"method": "SendMessage", "params": {"message": {"parts": []}, "configuration": 1}}, -32602, "configuration"),
        ({"method": "GetTask"}, -32602, "params.id"),
        ({"method": "tasks/cancel", "params": {"id": 5}}, -32602, "params.id"),
        ({"method": "tasks/get", "params": {"id": "t", "historyLength": "x"}}, -32602, "historyLength"),
        ({"method": "ListTasks", "params": {"historyLength": -1}}, -32602, "historyLength"),
    ],
)
def test_what_is_no_call_is_refused_with_the_code_that_fits(payload: object, code: int, text: str) -> None:
    with pytest.raises(CallError, match=text) as refused:
        read(payload)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("part", "v1", "v03"),
    [
        ({"type": "text", "text": "a"}, {"text": "a"}, {"kind": "text", "text": "a"}),
        ({"root": {"kind": "text", "text": "a"}}, {"text": "a"}, {"kind": "text", "text": "a"}),
        ({"kind": "markdown", "text": "a"}, {"text": "a"}, {"kind": "text", "text": "a"}),
        ("a", {"text": "a"}, {"kind": "text", "text": "a"}),
        (
            {"kind": "text", "text": "a", "url": 5, "data": {}},
            {"text": "a"},
            {"kind": "text", "text": "a"},
        ),
        (
            {"kind": "file", "file": {"uri": "u", "mime_type": "m"}, "text": "beside"},
            {"url": "u", "mediaType": "m"},
            {"kind": "file", "file": {"uri": "u", "mimeType": "m"}},
        ),
        (
            {"data": [1]},
            {"data": [1]},
            {"kind": "data", "data": {"value": [1]}, "metadata": COMPAT},
        ),
        ({"kind": "image", "src": "x"}, {"data": {"kind": "image", "src": "x"}}, None),
        ({"kind": "text"}, {"data": {"kind": "text"}}, None),
        ({"kind": "file", "file": {"name": "n"}}, {"data": {"kind": "file", "file": {"name": "n"}}}, None),
        (5, {"data": 5}, {"kind": "data", "data": {"value": 5}, "metadata": COMPAT}),
    ],
)
def test_parts_of_every_kind(part: object, v1: Json, v03: Json | None) -> None:
    message = {"kind": "message", "messageId": "m", "parts": [part]}
    current: Any = result_for(Dialect.V1_0, Verb.SEND, message, streaming=False)
    assert current["message"]["parts"] == [v1]
    ParseDict(current, a2a_pb2.SendMessageResponse(), ignore_unknown_fields=True)
    old: Any = result_for(Dialect.V0_3, Verb.SEND, message, streaming=False)
    assert old["parts"] == [v03 or {"kind": "data", **v1}]
    v03_types.Message.model_validate(old)


@pytest.mark.parametrize(
    ("frame", "v1", "v03"),
    [
        # LangGraph's hybrid: a kind, and v1.0's name of a state.
        (
            {"kind": "status-update", "taskId": "t", "contextId": "c", "status": {"state": "TASK_STATE_COMPLETED"}},
            {"statusUpdate": {"taskId": "t", "contextId": "c", "status": {"state": "TASK_STATE_COMPLETED"}}},
            {
                "kind": "status-update",
                "taskId": "t",
                "contextId": "c",
                "status": {"state": "completed"},
                "final": True,
            },
        ),
        # protobuf leaves out what is empty.
        (
            {"task": {"id": "t", "status": {}}},
            {"task": {"id": "t", "status": {"state": "TASK_STATE_UNSPECIFIED"}}},
            {"kind": "task", "id": "t", "contextId": "", "status": {"state": "unknown"}},
        ),
        # A bare status, nulls, and an alias.
        (
            {"id": "t", "contextId": None, "status": "cancelled", "artifacts": None},
            {"task": {"id": "t", "status": {"state": "TASK_STATE_CANCELED"}}},
            {"kind": "task", "id": "t", "contextId": "", "status": {"state": "canceled"}},
        ),
        # v0.1, told by `final` and by `artifact`.
        (
            {"id": "t", "status": {"state": "working"}, "final": False},
            {"statusUpdate": {"taskId": "t", "status": {"state": "TASK_STATE_WORKING"}}},
            {"kind": "status-update", "taskId": "t", "contextId": "", "status": {"state": "working"}, "final": False},
        ),
        (
            {"id": "t", "artifact": {"index": 2, "parts": [{"type": "text", "text": "a"}], "append": True}},
            {
                "artifactUpdate": {
                    "taskId": "t",
                    "artifact": {"index": 2, "artifactId": "#2", "parts": [{"text": "a"}]},
                    "append": True,
                }
            },
            {
                "kind": "artifact-update",
                "taskId": "t",
                "contextId": "",
                "artifact": {"index": 2, "artifactId": "#2", "parts": [{"kind": "text", "text": "a"}]},
                "append": True,
            },
        ),
    ],
)
def test_frames_are_told_by_their_shape(frame: Json, v1: Json, v03: Json) -> None:
    assert result_for(Dialect.V1_0, Verb.STREAM, frame, streaming=True) == v1
    assert result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True) == v03


@pytest.mark.parametrize(
    ("state", "final"),
    [("SUBMITTED", False), ("WORKING", False), ("INPUT_REQUIRED", True), ("AUTH_REQUIRED", True), ("FAILED", True)],
)
def test_the_end_of_a_v1_stream_is_final_in_v03(state: str, final: bool) -> None:
    frame = {"statusUpdate": {"taskId": "t", "contextId": "c", "status": {"state": f"TASK_STATE_{state}"}}}
    told: Any = result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True)
    assert told["final"] is final
    said = {**told, "final": not final}
    assert result_for(Dialect.V0_3, Verb.STREAM, said, streaming=True) == said


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("2026-11-21T01:38:21.445829Z", "2026-11-21T01:38:21.445829Z"),
        ("2026-11-21T01:38:21.123456789+02:00", "2026-11-21T01:38:21.123456789+02:00"),
        ("2026-11-21T01:38:21.445829", "2026-11-21T01:38:21.445829Z"),
        ("2026-11-21 01:38:21+0200", "2026-11-20T23:38:21Z"),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-11-21T01:38:21Z" + "0" * 100, None),
        (1732153101, None),
    ],
)
def test_times_are_written_so_that_protobuf_reads_them(given: object, written: str | None) -> None:
    task = {"kind": "task", "id": "t", "contextId": "c", "status": {"state": "working", "timestamp": given}}
    told: Any = result_for(Dialect.V1_0, Verb.GET, task, streaming=False)
    assert told["status"].get("timestamp") == written
    ParseDict(told, a2a_pb2.Task())


def test_outside_of_a_stream_an_update_is_answered_as_its_task() -> None:
    status = {"kind": "status-update", "taskId": "t", "contextId": "c", "final": True, "status": {"state": "completed"}}
    task = {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_COMPLETED"}}
    assert result_for(Dialect.V1_0, Verb.SEND, status, streaming=False) == {"task": task}
    assert result_for(Dialect.V1_0, Verb.CANCEL, status, streaming=False) == task
    put = {"artifactUpdate": {"taskId": "t", "artifact": {"artifactId": "a", "parts": [{"text": "x"}]}, "append": True}}
    assert result_for(Dialect.V0_3, Verb.SEND, put, streaming=False) == {
        "kind": "task",
        "id": "t",
        "contextId": "",
        "status": {"state": "unknown"},
        "artifacts": [{"artifactId": "a", "parts": [{"kind": "text", "text": "x"}]}],
    }


def test_a_list_of_tasks() -> None:
    old = {"kind": "task", "id": "t", "contextId": "c", "status": {"state": "working"}}
    new = {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING"}}
    listed = {"tasks": [old, new, 5], "totalSize": 2}
    assert result_for(Dialect.V1_0, Verb.LIST, listed, streaming=False) == {"tasks": [new, new], "totalSize": 2}
    assert result_for(Dialect.V0_3, Verb.LIST, listed, streaming=False) == {"tasks": [old, old], "totalSize": 2}


@pytest.mark.parametrize(("name", "dialect"), [("v1.0-stream.txt", Dialect.V1_0), ("v0.3-stream.txt", Dialect.V0_3)])
def test_recorded_streams_pass_their_own_dialect_unchanged_and_mean_the_same_in_the_other(
    name: str, dialect: Dialect
) -> None:
    other = Dialect.V1_0 if dialect is Dialect.V0_3 else Dialect.V0_3
    frames = recorded(name)
    assert len(frames) == 7
    for frame in frames:
        assert result_for(dialect, Verb.STREAM, frame, streaming=True) == frame
        there: Any = result_for(other, Verb.STREAM, frame, streaming=True)
        seen, seen_there = read_frame(frame), read_frame(there)
        assert type(seen) is type(seen_there)
        for field in ("task_id", "context_id", "state", "text", "percent", "artifact", "append", "last"):
            assert getattr(seen, field, None) == getattr(seen_there, field, None)
        if other is Dialect.V1_0:
            ParseDict(there, a2a_pb2.StreamResponse())
        else:
            v03_types.SendStreamingMessageSuccessResponse.model_validate({"result": there})


def test_a_raw_message_keeps_its_own_ids_unless_others_are_given() -> None:
    raw = {"messageId": "m1", "contextId": "c1", "taskId": "t1", "role": "ROLE_USER", "parts": [{"url": "u"}]}
    kept = message_params(Dialect.V0_3, OutgoingMessage("unused", "", raw=raw), blocking=False)
    assert kept == {
        "message": {
            "kind": "message",
            "messageId": "m1",
            "contextId": "c1",
            "taskId": "t1",
            "role": "user",
            "parts": [{"kind": "file", "file": {"uri": "u"}}],
        },
        "configuration": {"blocking": False},
    }
    given = message_params(Dialect.V1_0, OutgoingMessage("unused", "m2", "c2", "t2", raw=raw))
    assert given == {"message": {**raw, "messageId": "m2", "contextId": "c2", "taskId": "t2"}}


MEMBERS = (
    *("jsonrpc", "id", "method", "params", "message", "parts", "kind", "type", "text", "data", "file", "uri", "root"),
    *("role", "messageId", "contextId", "taskId", "task_id", "metadata", "configuration", "pushNotificationConfig"),
    *("authentication", "schemes", "historyLength", "task", "status", "state", "timestamp", "artifact", "artifacts"),
    *("history", "tasks", "statusUpdate", "artifactUpdate", "extensions", "final", "index", "append"),
)
WORDS = ("2.0", "message/send", "SendStreamingMessage", "tasks/get", "ListTasks", "task", "status-update", "working")
NONSENSE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=25,
)
CALLS = st.fixed_dictionaries(
    {"method": st.sampled_from(["message/send", "SendMessage", "GetTask", "tasks/cancel", "ListTasks"])},
    optional={
        "params": NONSENSE
        | st.fixed_dictionaries(
            {"message": st.dictionaries(st.sampled_from(MEMBERS), NONSENSE) | NONSENSE},
            optional={"configuration": st.dictionaries(st.sampled_from(MEMBERS), NONSENSE), "id": st.just("t")},
        ),
    },
)


@given(NONSENSE | CALLS)
def test_any_json_is_a_call_or_refused(payload: object) -> None:
    before = repr(payload)
    with suppress(CallError):
        call = read(payload)
        for dialect in Dialect if call.verb else ():
            params_for(dialect, call.verb, call.params)
    assert repr(payload) == before


@given(NONSENSE, st.sampled_from([*Verb, None]), st.booleans())
def test_any_json_is_translated(result: object, verb: Verb | None, streaming: bool) -> None:
    before = repr(result)
    for dialect in Dialect:
        there = result_for(dialect, verb, result, streaming=streaming)
        if streaming and verb is Verb.STREAM and (frame := read_frame(result)) is not None:
            assert type(read_frame(there)) is type(frame)
    assert repr(result) == before


FRAMES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["task", "message", "status-update", "artifact-update"])},
    optional={name: NONSENSE for name in MEMBERS if name not in ("kind", "task", "message", "statusUpdate")},
)


@given(FRAMES)
def test_whatever_is_told_by_its_kind_parses_in_the_sdk(frame: Json) -> None:
    current = result_for(Dialect.V1_0, Verb.STREAM, frame, streaming=True)
    ParseDict(current, a2a_pb2.StreamResponse(), ignore_unknown_fields=True)
    old = result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True)
    v03_types.SendStreamingMessageSuccessResponse.model_validate({"result": old})


def test_a_send_to_an_agent_of_v0_1_names_its_task_beside_the_message() -> None:
    configuration = {"acceptedOutputModes": ["text/plain"], "historyLength": 2, "blocking": True}
    message = {"messageId": "m1", "contextId": "c1", "role": "user", "parts": [{"text": "go"}, {"data": [1]}], "x": 1}
    call = read({"method": "message/send", "params": {"message": message, "configuration": configuration, "y": 2}})
    for dialect in (Dialect.V0_1, Dialect.OPENFANG):
        assert params_for(dialect, Verb.SEND, call.params) == {
            "id": "m1",
            "sessionId": "c1",
            "message": {
                "role": "user",
                "parts": [
                    {"type": "text", "text": "go"},
                    {"type": "data", "data": {"value": [1]}, "metadata": {"data_part_compat": True}},
                ],
                "x": 1,
            },
            "acceptedOutputModes": ["text/plain"],
            "historyLength": 2,
            "y": 2,
        }
    reply = read({"method": "message/send", "params": {"message": {**message, "taskId": "t1"}}})
    assert params_for(Dialect.V0_1, Verb.SEND, reply.params)["id"] == "t1"
