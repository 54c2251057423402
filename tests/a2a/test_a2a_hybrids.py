"""Frames that mix the dialects are read wherever they come: streamed, asked for, and through the gateway's translation.

LangGraph's server says `kind` and TASK_STATE_*; others a status that is only a word, or all that was said in
`messages`; Molecule's platform sends parts with `type` and leaves out jsonrpc, id and kind (spec: a2a, "Rules").
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect, OutgoingMessage, Verb
from headway.a2a.states import TaskState
from headway.a2a.translation import result_for
from headway.a2a.updates import AgentUpdate
from headway.net.clock import SystemClock
from headway.net.http import open_client
from support.scripted_http import Exchange, scripted_server

Json = dict[str, Any]


def said(text: str, role: str = "agent", key: str = "type") -> Json:
    return {"role": role, "parts": [{key: "text", "text": text}]}


WORKING_AND_DONE = {
    "kind and enum names": [
        {"kind": "task", "id": "t1", "contextId": "c1", "status": {"state": "TASK_STATE_SUBMITTED"}},
        {
            "kind": "artifact-update",
            "taskId": "t1",
            "artifact": {"artifactId": "o", "parts": [{"kind": "text", "text": "done"}]},
        },
        {"kind": "status-update", "taskId": "t1", "status": {"state": "TASK_STATE_COMPLETED"}, "final": True},
    ],
    "oneof keys and old names": [
        {"task": {"id": "t1", "status": {"state": "submitted"}}},
        {
            "artifactUpdate": {
                "taskId": "t1",
                "artifact": {"artifactId": "o", "parts": [{"kind": "text", "text": "done"}]},
            }
        },
        {"statusUpdate": {"taskId": "t1", "status": {"state": "completed"}, "final": True}},
    ],
    "a status that is a word": [
        {"id": "t1", "status": "working"},
        {"id": "t1", "status": "completed", "artifacts": [{"parts": [{"type": "text", "text": "done"}]}]},
    ],
    "all in messages": [
        {"id": "t1", "status": "inProgress", "messages": [said("go", "user")]},
        {"id": "t1", "status": "completed", "messages": [said("go", "user"), said("done")]},
    ],
    "messages beside a status": [
        {"id": "t1", "status": {"state": "completed"}, "messages": [said("go", "user"), said("done", "assistant")]},
    ],
    "typed parts": [
        {"id": "t1", "status": {"state": "working"}, "final": False},
        {"id": "t1", "artifact": {"index": 0, "parts": [{"type": "text", "text": "done"}], "lastChunk": True}},
        {"id": "t1", "status": {"state": "completed"}, "final": True},
    ],
    "snake case": [
        {"status_update": {"task_id": "t1", "context_id": "c1", "status": {"state": "working"}}},
        {"artifact_update": {"task_id": "t1", "artifact": {"artifact_id": "o", "parts": [{"text": "done"}]}}},
        {"status_update": {"task_id": "t1", "status": {"state": "TASK_STATE_COMPLETED"}, "final": True}},
    ],
}
each_form = pytest.mark.parametrize("frames", WORKING_AND_DONE.values(), ids=WORKING_AND_DONE)
enveloped = pytest.mark.parametrize("wrap", [True, False], ids=["in an envelope", "bare"])


async def ask(answer: Callable[[Exchange], Awaitable[None]], get: bool) -> list[AgentUpdate]:
    async def reply(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        else:
            await answer(exchange)

    async with scripted_server(reply) as server, open_client() as http:
        client = AgentClient(server.url, http=http, clock=SystemClock(), rng=random.Random(1))
        if get:
            return [await client.get("t1")]
        return [update async for update in client.stream(OutgoingMessage("go", "m1", "c1"))]


@pytest.mark.req("A18")
@each_form
@enveloped
async def test_streamed(frames: list[Json], wrap: bool) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head()
        for frame in frames:
            await exchange.event({"jsonrpc": "2.0", "id": "1", "result": frame} if wrap else frame)

    last = (await ask(answer, get=False))[-1]
    assert (last.task_id, last.state, last.output) == ("t1", TaskState.COMPLETED, "done")


@pytest.mark.req("A18")
@each_form
@enveloped
async def test_asked_for(frames: list[Json], wrap: bool) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": "1", "result": frames[-1]} if wrap else frames[-1])

    [update] = await ask(answer, get=True)
    assert (update.task_id, update.state) == ("t1", TaskState.COMPLETED)


@each_form
def test_translated_for_a_caller_of_the_gateway(frames: list[Json]) -> None:
    current = [result_for(Dialect.V1_0, Verb.STREAM, frame, streaming=True) for frame in frames]
    old = [result_for(Dialect.V0_3, Verb.STREAM, frame, streaming=True) for frame in frames]
    for frame in current:
        assert isinstance(frame, dict)
        assert len(frame) == 1, "v1.0 has one key"
    for frame in old:
        assert isinstance(frame, dict)
        assert frame["kind"] in ("task", "status-update", "artifact-update")
    assert "TASK_STATE_COMPLETED" in str(current[-1])
    assert "'state': 'completed'" in str(old[-1])
    assert "{'text': 'done'}" in str(current)
    assert "{'kind': 'text', 'text': 'done'}" in str(old)


def test_what_was_said_becomes_the_history_and_the_answer_the_status_message() -> None:
    task = {"id": "t1", "status": "completed", "messages": [said("go", "user"), said("done")]}
    told: Any = result_for(Dialect.V1_0, Verb.GET, task, streaming=False)
    assert [message["role"] for message in told["history"]] == ["ROLE_USER", "ROLE_AGENT"]
    assert told["status"]["message"]["parts"] == [{"text": "done"}]
    assert "messages" not in told
