"""The SDK's own clients are the oracle: what they read, every A2A client reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from a2a.client import Client, ClientConfig, ClientFactory
from a2a.client.card_resolver import A2ACardResolver, parse_agent_card
from a2a.types.a2a_pb2 import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    Task,
    TaskState,
)
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError, UnsupportedOperationError
from google.protobuf.json_format import MessageToDict
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.agents.server import AgentServer

VERSIONS = ("1.0", "0.3")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
        yield client


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


async def sdk_client(http: httpx.AsyncClient, server: AgentServer, version: str, *, streaming: bool = True) -> Client:
    """A client made from the card alone; a v0.3 one sees a card without what v1.0 added."""
    fields = (await http.get(f"{server.url}/.well-known/agent-card.json")).json()
    if version == "0.3":
        del fields["supportedInterfaces"]
    return ClientFactory(ClientConfig(streaming=streaming, httpx_client=http)).create(parse_agent_card(fields))


def message(text: str, **ids: str) -> SendMessageRequest:
    return SendMessageRequest(
        message=Message(message_id=str(uuid4()), role=Role.ROLE_USER, parts=[Part(text=text)], **ids)
    )


async def collect(stream: AsyncIterator[StreamResponse]) -> list[StreamResponse]:
    async with asyncio.timeout(10):
        return [event async for event in stream]


def output(task: Task) -> str:
    return "".join(part.text for artifact in task.artifacts for part in artifact.parts)


async def test_the_card_resolver_reads_the_card(http: httpx.AsyncClient) -> None:
    async with serve_agent("coder") as server:
        card = await A2ACardResolver(http, server.url).get_agent_card()
    assert card.name == "coder"
    assert card.capabilities.streaming
    assert {(i.url, i.protocol_version) for i in card.supported_interfaces} == {
        (server.url, "1.0"),
        (server.url, "0.3"),
    }
    assert card.skills[0].examples


@pytest.mark.req("A16")
async def test_a_stream_is_a_task_then_progress_and_output_then_the_end(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version)
        events = await collect(client.send_message(message("steps=3 delay=0")))
    kinds = [event.WhichOneof("payload") for event in events]
    assert kinds[0] == "task"
    assert events[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    pieces = [e.artifact_update for e in events if e.HasField("artifact_update")]
    assert [piece.artifact.parts[0].text for piece in pieces] == ["chunk 1\n", "chunk 2\n", "chunk 3\n"]
    assert [(piece.append, piece.last_chunk) for piece in pieces] == [(False, False), (True, False), (True, True)]
    progress = [MessageToDict(e.status_update.metadata) for e in events if e.HasField("status_update")]
    assert [p["progressPercentage"] for p in progress if p] == [33, 67, 100, 100]
    assert [p["progress"] for p in progress if p] == [0.33, 0.67, 1.0, 1.0]


async def test_a_send_without_streaming_answers_the_finished_task(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version, streaming=False)
        events = await collect(client.send_message(message("steps=2 delay=0")))
    assert len(events) == 1
    assert events[0].task.status.state == TaskState.TASK_STATE_COMPLETED
    assert output(events[0].task) == "chunk 1\nchunk 2\n"


async def test_get_gives_the_task_with_its_history_and_output(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version)
        events = await collect(client.send_message(message("please steps=2 delay=0")))
        task = await client.get_task(GetTaskRequest(id=events[0].task.id))
        with pytest.raises(TaskNotFoundError):
            await client.get_task(GetTaskRequest(id="unknown"))
    assert output(task) == "chunk 1\nchunk 2\n"
    assert task.history[0].parts[0].text == "please steps=2 delay=0"
    assert task.context_id == events[0].task.context_id


@pytest.mark.req("A14")
async def test_cancel_ends_the_stream_as_canceled(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version)
        stream = client.send_message(message("steps=1000 delay=0.02"))
        task_id = (await anext(stream)).task.id
        task = await client.cancel_task(CancelTaskRequest(id=task_id))
        events = await collect(stream)
        with pytest.raises(TaskNotCancelableError):
            await client.cancel_task(CancelTaskRequest(id=task_id))
    assert task.status.state == TaskState.TASK_STATE_CANCELED
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_CANCELED


async def test_resubscribe_gives_a_snapshot_then_what_comes(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version)
        first = client.send_message(message("steps=20 delay=0.02"))
        task_id = (await anext(first)).task.id
        async for event in first:
            if event.HasField("artifact_update"):
                break
        await first.aclose()
        events = await collect(client.subscribe(SubscribeToTaskRequest(id=task_id)))
        with pytest.raises(UnsupportedOperationError):
            await collect(client.subscribe(SubscribeToTaskRequest(id=task_id)))
    assert events[0].HasField("task")
    assert output(events[0].task).startswith("chunk 1\n")
    later = [e.artifact_update.artifact.parts[0].text for e in events if e.HasField("artifact_update")]
    assert output(events[0].task) + "".join(later) == "".join(f"chunk {n}\n" for n in range(1, 21))
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


async def test_a_question_is_answered_by_a_message_of_the_same_task(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent("planner", BehaviorName.ASKING) as server:
        client = await sdk_client(http, server, version)
        asked = await collect(client.send_message(message("Plan the next quarter\ndelay=0")))
        task_id = asked[0].task.id
        status = asked[-1].status_update.status
        assert status.state == TaskState.TASK_STATE_INPUT_REQUIRED
        assert "Which quarter" in status.message.parts[0].text
        reply = message("The next one", task_id=task_id, context_id=asked[0].task.context_id)
        done = await collect(client.send_message(reply))
    assert {e.task.id for e in done if e.HasField("task")} == {task_id}
    assert done[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    assert [entry.detail for entry in server.agent.journal.of(Kind.SEND, task_id)] == ["", "reply"]


async def test_list_tasks_pages_through_all_of_them_newest_first(http: httpx.AsyncClient) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, "1.0", streaming=False)
        sent = []
        for number in range(5):
            events = await collect(client.send_message(message("steps=1 delay=0", context_id=f"c{number % 2}")))
            sent.append(events[0].task.id)
        listed: list[str] = []
        token = ""
        while True:
            page = await client.list_tasks(ListTasksRequest(page_size=2, page_token=token))
            listed += [task.id for task in page.tasks]
            token = page.next_page_token
            if not token:
                break
        of_one = await client.list_tasks(ListTasksRequest(context_id="c1"))
        none = await client.list_tasks(ListTasksRequest(status=TaskState.TASK_STATE_FAILED))
    assert listed == sent[::-1]
    assert [task.id for task in of_one.tasks] == [sent[3], sent[1]]
    assert not none.tasks


async def test_a_send_that_does_not_wait_answers_at_once(http: httpx.AsyncClient, version: str) -> None:
    async with serve_agent() as server:
        client = await sdk_client(http, server, version, streaming=False)
        request = message("steps=1000 delay=0.1")
        request.configuration.CopyFrom(SendMessageConfiguration(return_immediately=True))
        events = await collect(client.send_message(request))
    assert events[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
