"""Translation against the SDK: what is written parses in its models and means what its own converters make of it."""

from __future__ import annotations

from typing import Any

import pytest
from a2a.compat.v0_3 import conversions
from a2a.compat.v0_3 import types as v03_types
from a2a.types import a2a_pb2
from google.protobuf.json_format import ParseDict
from headway.a2a.dialects import Dialect, OutgoingMessage, Verb, message_params
from headway.a2a.translation import params_for, read_call, result_for
from hypothesis import given
from hypothesis import strategies as st
from support import a2a_values

Json = dict[str, Any]
V03_MODELS = {
    "task": v03_types.Task,
    "message": v03_types.Message,
    "status-update": v03_types.TaskStatusUpdateEvent,
    "artifact-update": v03_types.TaskArtifactUpdateEvent,
}
ONEOF = {
    "task": "task",
    "message": "message",
    "statusUpdate": "status-update",
    "artifactUpdate": "artifact-update",
}
ABOUT_A_TASK = {
    Verb.GET: (v03_types.GetTaskRequest, a2a_pb2.GetTaskRequest, conversions.to_core_get_task_request),
    Verb.CANCEL: (v03_types.CancelTaskRequest, a2a_pb2.CancelTaskRequest, conversions.to_core_cancel_task_request),
    Verb.RESUBSCRIBE: (
        v03_types.TaskResubscriptionRequest,
        a2a_pb2.SubscribeToTaskRequest,
        conversions.to_core_subscribe_to_task_request,
    ),
}


@given(a2a_values.frames(v03=True))
def test_a_v03_frame_means_the_same_in_v1(frame: Json) -> None:
    ours = result_for(Dialect.V1_0, Verb.STREAM, frame, streaming=True)
    assert ParseDict(ours, a2a_pb2.StreamResponse()) == _as_core(frame)


@given(a2a_values.frames(v03=False))
def test_a_v1_frame_means_the_same_in_v03(frame: Json) -> None:
    ours = result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True)
    core = ParseDict(frame, a2a_pb2.StreamResponse())
    assert isinstance(ours, dict)
    assert ours["kind"] == ONEOF[next(iter(frame))]
    theirs = conversions.to_compat_stream_response(core).result.model_dump(mode="json", exclude_none=True)
    mine = _model(ours).model_dump(mode="json", exclude_none=True)
    # The SDK says append: false, and final: false where the agent waits for somebody, which ends a v0.3 stream.
    implied = {"append": False, "lastChunk": False} if ours["kind"] == "artifact-update" else {}
    assert {**implied, **mine, "final": None} == {**theirs, "final": None}
    assert _as_core(ours) == core


@given(a2a_values.frames(v03=True))
def test_from_v03_to_v1_and_back_nothing_changes(frame: Json) -> None:
    there = result_for(Dialect.V1_0, Verb.STREAM, frame, streaming=True)
    assert result_for(Dialect.V0_3, Verb.STREAM, there, streaming=True) == frame


@given(a2a_values.frames(v03=False))
def test_from_v1_to_v03_and_back_nothing_changes(frame: Json) -> None:
    there = result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True)
    assert result_for(Dialect.V1_0, Verb.STREAM, there, streaming=True) == frame


@given(a2a_values.frames(v03=True) | a2a_values.frames(v03=False), st.sampled_from([Dialect.V1_0, Dialect.V0_3]))
def test_a_translated_frame_is_left_as_it_is_by_a_second_translation(frame: Json, dialect: Dialect) -> None:
    once = result_for(dialect, Verb.STREAM, frame, streaming=True)
    assert result_for(dialect, Verb.STREAM, once, streaming=True) == once


@given(a2a_values.tasks(v03=True))
def test_a_task_asked_for_is_bare_in_v1(task: Json) -> None:
    for verb in (Verb.GET, Verb.CANCEL):
        ours = result_for(Dialect.V1_0, verb, task, streaming=False)
        assert ParseDict(ours, a2a_pb2.Task()) == conversions.to_core_task(v03_types.Task.model_validate(task))
        assert result_for(Dialect.V0_3, verb, ours, streaming=False) == task


@given(a2a_values.tasks(v03=True) | a2a_values.messages(v03=True))
def test_what_is_sent_is_answered_under_its_oneof_key_in_v1(answer: Json) -> None:
    ours = result_for(Dialect.V1_0, Verb.SEND, answer, streaming=False)
    success = v03_types.SendMessageSuccessResponse(result=_model(answer))
    theirs = conversions.to_core_send_message_response(v03_types.SendMessageResponse(root=success))
    assert ParseDict(ours, a2a_pb2.SendMessageResponse()) == theirs
    assert result_for(Dialect.V0_3, Verb.SEND, ours, streaming=False) == answer


@given(a2a_values.send_params(v03=True))
def test_a_v03_send_means_the_same_in_v1(params: Json) -> None:
    call = _read("message/send", params)
    request = v03_types.SendMessageRequest.model_validate({"id": "r1", "params": params})
    ours = params_for(Dialect.V1_0, Verb.SEND, call.params)
    assert ParseDict(ours, a2a_pb2.SendMessageRequest()) == conversions.to_core_send_message_request(request)
    assert params_for(Dialect.V0_3, Verb.SEND, call.params) == params


@given(a2a_values.send_params(v03=False))
def test_a_v1_send_means_the_same_in_v03(params: Json) -> None:
    call = _read("SendStreamingMessage", params)
    assert call.params == params
    ours = params_for(Dialect.V0_3, Verb.STREAM, call.params)
    request = v03_types.SendMessageRequest.model_validate({"id": "r1", "params": ours})
    core = ParseDict(params, a2a_pb2.SendMessageRequest())
    assert conversions.to_core_send_message_request(request) == core
    theirs = conversions.to_compat_send_message_request(core, "r1")
    assert request.model_dump(exclude_none=True) == theirs.model_dump(exclude_none=True)
    assert _read("message/stream", ours).params == params


@pytest.mark.parametrize("verb", ABOUT_A_TASK)
@given(
    params=st.fixed_dictionaries(
        {"id": a2a_values.WORDS}, optional={"historyLength": st.integers(0, 9), "metadata": a2a_values.OBJECTS}
    )
)
def test_what_is_asked_about_a_task_means_the_same_in_v1(verb: Verb, params: Json) -> None:
    if verb is not Verb.GET:
        params.pop("historyLength", None)
    old, new, to_core = ABOUT_A_TASK[verb]
    call = _read({Verb.GET: "tasks/get", Verb.CANCEL: "tasks/cancel"}.get(verb, "tasks/resubscribe"), params)
    assert call.verb is verb
    request: Any = old.model_validate({"id": "r1", "params": params})
    assert ParseDict(params_for(Dialect.V1_0, verb, call.params), new()) == to_core(request)


@given(a2a_values.messages(v03=False), st.sampled_from([Dialect.V1_0, Dialect.V0_3]))
def test_a_raw_message_goes_out_in_the_agents_dialect(raw: Json, dialect: Dialect) -> None:
    out = OutgoingMessage("", "", context_id="c9", metadata={"delegation_id": "d1"}, raw=raw)
    expected = {**raw, "contextId": "c9", "metadata": {**raw.get("metadata", {}), "delegation_id": "d1"}}
    sent = message_params(dialect, out)["message"]
    core = ParseDict(expected, a2a_pb2.Message())
    if dialect is Dialect.V1_0:
        assert ParseDict(sent, a2a_pb2.Message()) == core
    else:
        assert conversions.to_core_message(v03_types.Message.model_validate(sent)) == core


def _read(method: str, params: Json) -> Any:
    return read_call({"jsonrpc": "2.0", "id": "r1", "method": method, "params": params}, new_id=lambda: "new")


def _model(frame: Json) -> Any:
    return V03_MODELS[frame["kind"]].model_validate(frame)


def _as_core(frame: Json) -> a2a_pb2.StreamResponse:
    return conversions.to_core_stream_response(v03_types.SendStreamingMessageSuccessResponse(result=_model(frame)))
