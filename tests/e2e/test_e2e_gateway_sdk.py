"""Real a2a-sdk clients through the gateway, of either version, to real a2a-sdk agents that speak one version only."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from a2a.client import Client, ClientConfig, ClientFactory
from a2a.client.card_resolver import parse_agent_card
from a2a.types import TaskState
from a2a.types import a2a_pb2 as a2a
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError, UnsupportedOperationError
from google.protobuf.json_format import MessageToDict
from headway.agents.fleet import serve_agent
from support.platforms import Api, platform
from support.sdk_agents import SdkAgent, sdk_agent

CLIENTS = ("1.0", "0.3")
AGENTS = ("v1", "v03")
each_client_with_each_agent = pytest.mark.parametrize(
    ("client_version", "agent_version"), [(client, agent) for client in CLIENTS for agent in AGENTS]
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An SDK client that believes the gateway to be the agent, and the agent behind it."""

    client: Client
    waiting: Client
    agent: SdkAgent


@asynccontextmanager
async def spoken(tmp_path: Path, client_version: str, agent_version: str, *options: str) -> AsyncIterator[Spoken]:
    async with platform(tmp_path) as served, behind(served, client_version, agent_version, *options) as to:
        yield to


@asynccontextmanager
async def behind(served: Api, client_version: str, agent_version: str, *options: str) -> AsyncIterator[Spoken]:
    async with sdk_agent("--dialect", agent_version, *options) as agent:
        workspace = await served.workspace("theirs", agent.url, slots=4)
        async with clients(served, workspace, client_version) as (client, waiting):
            yield Spoken(client, waiting, agent)


@asynccontextmanager
async def clients(
    served: Api, workspace: str, version: str, *, card_of: str | None = None
) -> AsyncIterator[tuple[Client, Client]]:
    """A client that streams and one that waits, of one version, as they come out of the gateway's card.

    `card_of` is a workspace whose agent has one, where this one's has not.
    """
    document: dict[str, Any] = await served.get(f"/workspaces/{card_of or workspace}/a2a/.well-known/agent-card.json")
    document = json.loads(json.dumps(document).replace(card_of or workspace, workspace))
    if version == "0.3":
        # All that a v0.3 client reads of where the agent is.
        del document["supportedInterfaces"]
    card = parse_agent_card(document)
    async with served.client(served.token) as http:
        yield (
            ClientFactory(ClientConfig(streaming=True, httpx_client=http)).create(card),
            ClientFactory(ClientConfig(streaming=False, httpx_client=http)).create(card),
        )


def going(text: str = "go", **ids: str) -> a2a.SendMessageRequest:
    parts = [a2a.Part(text=text)]
    return a2a.SendMessageRequest(
        message=a2a.Message(message_id=str(uuid.uuid4()), role=a2a.Role.ROLE_USER, parts=parts, **ids)
    )


async def everything(events: AsyncIterator[a2a.StreamResponse]) -> list[a2a.StreamResponse]:
    return [event async for event in events]


def states(events: list[a2a.StreamResponse]) -> list[str]:
    """The states that a stream told of, one after the other."""
    told = [
        (event.task if event.HasField("task") else event.status_update).status.state
        for event in events
        if event.HasField("task") or event.HasField("status_update")
    ]
    names = [TaskState.Name(state).removeprefix("TASK_STATE_").lower() for state in told]
    return [name for number, name in enumerate(names) if not number or names[number - 1] != name]


def output(task: a2a.Task) -> str:
    return "".join(part.text for artifact in task.artifacts for part in artifact.parts)


def chunks(events: list[a2a.StreamResponse]) -> str:
    return "".join(part.text for event in events for part in event.artifact_update.artifact.parts)


async def begun(client: Client) -> tuple[str, str]:
    """Send a message, hang up when the agent has begun, and return the ids of the task and of its context."""
    async with aclosing(client.send_message(going())) as events:
        async for event in events:
            if event.HasField("artifact_update"):
                return event.artifact_update.task_id, event.artifact_update.context_id
    raise AssertionError("the agent put out nothing")


@pytest.mark.req("S3", "A15")
@each_client_with_each_agent
async def test_a_message_is_sent_and_its_task_asked_for(
    tmp_path: Path, client_version: str, agent_version: str
) -> None:
    async with spoken(tmp_path, client_version, agent_version) as to:
        [answer] = await everything(to.waiting.send_message(going("to the end")))
        assert answer.task.status.state == TaskState.TASK_STATE_COMPLETED
        assert output(answer.task) == "chunk 1\nchunk 2\n"
        found = await to.client.get_task(a2a.GetTaskRequest(id=answer.task.id))
        assert (found.id, found.context_id) == (answer.task.id, answer.task.context_id)
        assert found.history[0].role == a2a.Role.ROLE_USER
        assert found.history[0].parts[0].text == "to the end"
        assert [call["text"] for call in to.agent.calls("sent")] == ["to the end"]

        with pytest.raises(TaskNotCancelableError):
            await to.client.cancel_task(a2a.CancelTaskRequest(id=answer.task.id))
        with pytest.raises(TaskNotFoundError):
            await to.client.get_task(a2a.GetTaskRequest(id="unknown"))
        with pytest.raises(TaskNotFoundError):
            await everything(to.client.subscribe(a2a.SubscribeToTaskRequest(id="unknown")))


@pytest.mark.req("S3")
@each_client_with_each_agent
async def test_a_stream_comes_as_the_agent_sends_it(tmp_path: Path, client_version: str, agent_version: str) -> None:
    async with spoken(tmp_path, client_version, agent_version, "--steps", "3") as to:
        events = await everything(to.client.send_message(going()))
        assert states(events) == ["submitted", "working", "completed"]
        assert chunks(events) == "chunk 1\nchunk 2\nchunk 3\n"
        updates = [event.artifact_update for event in events if event.HasField("artifact_update")]
        assert [(update.append, update.last_chunk) for update in updates] == [
            (False, False),
            (True, False),
            (True, True),
        ]
        shares = [MessageToDict(event.status_update.metadata).get("progress") for event in events]
        assert [share for share in shares if share] == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1]


@pytest.mark.req("S3")
@each_client_with_each_agent
async def test_a_running_task_is_followed_again_and_canceled(
    tmp_path: Path, client_version: str, agent_version: str
) -> None:
    async with spoken(tmp_path, client_version, agent_version, "--steps", "500", "--delay", "0.02") as to:
        task_id, context_id = await begun(to.client)
        seen: list[a2a.StreamResponse] = []
        async for event in to.client.subscribe(a2a.SubscribeToTaskRequest(id=task_id)):
            seen.append(event)
            if len(seen) == 4:
                canceled = await to.client.cancel_task(a2a.CancelTaskRequest(id=task_id))
                assert (canceled.id, canceled.context_id) == (task_id, context_id)
                assert canceled.status.state == TaskState.TASK_STATE_CANCELED
        assert states(seen) == ["working", "canceled"]
        assert [call["task_id"] for call in to.agent.calls("cancel")] == [task_id]
        await to.agent.until("stopped")
        assert len(to.agent.calls("sent")) == 1


@each_client_with_each_agent
async def test_an_agent_that_asks_is_answered(tmp_path: Path, client_version: str, agent_version: str) -> None:
    async with spoken(tmp_path, client_version, agent_version, "--behavior", "ask") as to:
        asked = await everything(to.client.send_message(going("paint it")))
        assert states(asked) == ["submitted", "working", "input_required"]
        question = asked[-1].status_update
        assert question.status.message.parts[0].text == "which color?"
        ids = {"task_id": question.task_id, "context_id": question.context_id}
        done = await everything(to.client.send_message(going("blue", **ids)))
        assert states(done)[-1] == "completed"
        assert chunks(done) == "blue"
        whole = await to.client.get_task(a2a.GetTaskRequest(id=question.task_id))
        assert [said.parts[0].text for said in whole.history if said.role == a2a.Role.ROLE_USER] == ["paint it", "blue"]
        newest = await to.client.get_task(a2a.GetTaskRequest(id=question.task_id, history_length=1))
        assert list(newest.history) == [whole.history[-1]]


@each_client_with_each_agent
async def test_answers_that_are_no_text_and_no_task(tmp_path: Path, client_version: str, agent_version: str) -> None:
    async with platform(tmp_path) as served:
        async with behind(served, client_version, agent_version, "--behavior", "message") as to:
            for client in (to.waiting, to.client):
                [answer] = await everything(client.send_message(going("hello")))
                assert answer.message.role == a2a.Role.ROLE_AGENT
                assert answer.message.parts[0].text == "you said: hello"
        async with behind(served, client_version, agent_version, "--behavior", "data") as to:
            [answer] = await everything(to.waiting.send_message(going()))
            assert MessageToDict(answer.task.artifacts[0].parts[0].data) == {"answer": 42}


@each_client_with_each_agent
async def test_an_agent_without_a_card_is_spoken_to_in_the_dialect_it_knows(
    tmp_path: Path, client_version: str, agent_version: str
) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("coder") as other,
        sdk_agent("--dialect", agent_version, "--no-card") as agent,
    ):
        theirs = await served.workspace("theirs", agent.url, slots=4)
        with_card = await served.workspace("coder", other.url)
        async with clients(served, theirs, client_version, card_of=with_card) as (client, waiting):
            events = await everything(client.send_message(going()))
            assert states(events) == ["submitted", "working", "completed"]
            [answer] = await everything(waiting.send_message(going()))
            found = await client.get_task(a2a.GetTaskRequest(id=answer.task.id))
            assert output(found) == "chunk 1\nchunk 2\n"
            with pytest.raises(TaskNotFoundError):
                await client.get_task(a2a.GetTaskRequest(id="unknown"))
        assert len(agent.calls("sent")) == 2


@pytest.mark.parametrize("agent_version", AGENTS)
async def test_only_v1_lists_tasks(tmp_path: Path, agent_version: str) -> None:
    async with spoken(tmp_path, "1.0", agent_version) as to:
        [answer] = await everything(to.waiting.send_message(going()))
        asking = a2a.ListTasksRequest(context_id=answer.task.context_id)
        if agent_version == "v1":
            assert [task.id for task in (await to.client.list_tasks(asking)).tasks] == [answer.task.id]
        else:
            with pytest.raises(UnsupportedOperationError, match=r"A2A 0\.3, which has no way to list tasks"):
                await to.client.list_tasks(asking)


@pytest.mark.parametrize("client_version", CLIENTS)
async def test_an_agent_that_speaks_every_dialect(tmp_path: Path, client_version: str) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        workspace = await served.workspace("coder", agent.url, slots=4)
        async with clients(served, workspace, client_version) as (client, waiting):
            events = await everything(client.send_message(going("steps=3 delay=0")))
            assert states(events)[-1] == "completed"
            assert chunks(events)
            [answer] = await everything(waiting.send_message(going("steps=3 delay=0")))
            assert answer.task.status.state == TaskState.TASK_STATE_COMPLETED
            assert output(answer.task) == chunks(events)
