"""The client against agents built on the real a2a-sdk, in processes of their own, in both of its dialects."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect, OutgoingMessage
from headway.a2a.errors import AgentLost, AgentProtocolError, AgentRpcError, NotCancelable, UnknownTask
from headway.a2a.follow import FollowPolicy
from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock
from headway.net.http import open_client
from support.a2a_clients import shown
from support.sdk_agents import SdkAgent, sdk_agent

GO = OutgoingMessage("go", "m1", "c1")
FAST = FollowPolicy(pauses=Backoff(first=0.02, most=0.1), failures_allowed=2)
both_dialects = pytest.mark.parametrize("dialect", ["v1", "v03"])


@asynccontextmanager
async def running(*options: str, **settings: Any) -> AsyncIterator[tuple[AgentClient, SdkAgent]]:
    async with sdk_agent(*options) as agent, open_client() as http, asyncio.timeout(30):
        yield client_of(agent, http, **settings), agent


def client_of(agent: SdkAgent, http: Any, **settings: Any) -> AgentClient:
    settings = {"clock": SystemClock(), "rng": random.Random(1), "policy": FAST, **settings}
    return AgentClient(agent.url, http=http, **settings)


async def follow(client: AgentClient, message: OutgoingMessage = GO) -> list[AgentUpdate]:
    return [update async for update in client.stream(message)]


@pytest.mark.req("A18")
@both_dialects
async def test_a_task_is_streamed_to_its_end_and_delivered_once(dialect: str) -> None:
    async with running("--dialect", dialect) as (client, agent):
        updates = await follow(client)
        assert client.dialect is (Dialect.V1_0 if dialect == "v1" else Dialect.V0_3)
        states = [update.state for update in updates if update.state is not None]
        assert states == [TaskState.SUBMITTED, TaskState.WORKING, TaskState.COMPLETED]
        assert [update.percent for update in updates if update.percent is not None] == [50.0, 100.0]
        assert shown(updates) == "starting\nchunk 1\nstep 1/2\nchunk 2\nstep 2/2\n"
        assert updates[-1].output == "chunk 1\nchunk 2\n"
        assert updates[-1].context_id == "c1"
        assert [(call["message_id"], call["text"]) for call in agent.calls("sent")] == [("m1", "go")]
        whole = await client.get(updates[-1].task_id or "")
        assert (whole.state, whole.output) == (TaskState.COMPLETED, "chunk 1\nchunk 2\n")


@pytest.mark.req("A18")
@both_dialects
async def test_without_a_card_the_dialect_is_found_by_the_first_real_send(dialect: str) -> None:
    async with running("--dialect", dialect, "--no-card") as (client, agent):
        assert (await follow(client))[-1].state is TaskState.COMPLETED
        assert client.dialect is (Dialect.V1_0 if dialect == "v1" else Dialect.V0_3)
        assert len(agent.calls("sent")) == 1


@pytest.mark.req("A18")
@both_dialects
async def test_a_wrong_dialect_given_by_the_caller_is_corrected(dialect: str) -> None:
    wrong = Dialect.V0_3 if dialect == "v1" else Dialect.V1_0
    async with running("--dialect", dialect, "--no-card", dialect=wrong) as (client, agent):
        assert (await follow(client))[-1].output == "chunk 1\nchunk 2\n"
        assert len(agent.calls("sent")) == 1


@pytest.mark.req("A18")
@both_dialects
async def test_send_waits_for_the_end_or_returns_at_once(dialect: str) -> None:
    async with running("--dialect", dialect, "--delay", "0.1") as (client, agent):
        early = await client.send(OutgoingMessage("go", "m1"), blocking=False)
        assert not early.terminal
        assert early.task_id is not None
        done = await client.send(OutgoingMessage("go", "m2"))
        assert done.output == "chunk 1\nchunk 2\n"
        assert {call["message_id"] for call in agent.calls("sent")} == {"m1", "m2"}


@pytest.mark.req("A18")
@both_dialects
async def test_an_agent_that_does_not_stream_is_asked_until_it_has_finished(dialect: str) -> None:
    async with running("--dialect", dialect, "--no-streaming", "--delay", "0.05") as (client, agent):
        updates = await follow(client)
        assert updates[-1].output == "chunk 1\nchunk 2\n"
        assert len(agent.calls("sent")) == 1


async def test_an_agent_that_refuses_to_stream_without_saying_so_first_is_asked_too() -> None:
    async with running("--no-streaming", "--no-card") as (client, agent):
        assert (await follow(client))[-1].output == "chunk 1\nchunk 2\n"
        assert len(agent.calls("sent")) == 1


@pytest.mark.req("A18")
@both_dialects
async def test_its_code_sees_the_cancel_and_the_stream_ends_canceled(dialect: str) -> None:
    async with running("--dialect", dialect, "--behavior", "silent") as (client, agent):
        async with aclosing(client.stream(GO)) as updates:
            task_id = (await anext(updates)).task_id or ""
            await agent.until("sent")
            answer = await client.cancel(task_id)
            assert answer.state is TaskState.CANCELED
            assert [update.state async for update in updates][-1] is TaskState.CANCELED
        await agent.until("cancel")
        await agent.until("stopped")
        with pytest.raises((NotCancelable, AgentRpcError)):
            await client.cancel(task_id)
        assert (await client.get(task_id)).state is TaskState.CANCELED


@both_dialects
async def test_a_cancel_that_raises_is_an_error_and_no_cancel(dialect: str) -> None:
    async with running("--dialect", dialect, "--behavior", "silent", "--cancel", "raises") as (client, agent):
        async with aclosing(client.stream(GO)) as updates:
            task_id = (await anext(updates)).task_id or ""
            await agent.until("sent")
            with pytest.raises(AgentRpcError, match="cancel is broken"):
                await client.cancel(task_id)
        await agent.until("cancel")


@both_dialects
async def test_a_cancel_that_does_nothing_is_reported_as_the_sdk_settles_it(dialect: str) -> None:
    """SDK 1.3 cancels the executor's task and settles on canceled by itself, whatever cancel() does."""
    async with running("--dialect", dialect, "--behavior", "silent", "--cancel", "ignored") as (client, agent):
        async with aclosing(client.stream(GO)) as updates:
            task_id = (await anext(updates)).task_id or ""
            await agent.until("sent")
            await client.cancel(task_id)
            assert (await client.get(task_id)).state is TaskState.CANCELED
        await agent.until("stopped")


@pytest.mark.req("A18")
@both_dialects
async def test_a_task_is_taken_up_by_its_id_alone(dialect: str) -> None:
    async with running("--dialect", dialect, "--steps", "6", "--delay", "0.1") as (client, agent):
        async with aclosing(client.stream(GO)) as updates:
            task_id = (await anext(updates)).task_id or ""
            await agent.until("step", 2)
        resumed = [update async for update in client.resubscribe(task_id)]
        assert resumed[0].splice is not None
        assert resumed[0].splice.offset == 0
        assert resumed[-1].output == "".join(f"chunk {step}\n" for step in range(1, 7))
        for step in range(1, 7):
            assert shown(resumed).count(f"chunk {step}\n") == 1
        assert len(agent.calls("sent")) == 1


async def test_a_finished_task_is_taken_up_at_its_end() -> None:
    async with running() as (client, _):
        first = await follow(client)
        resumed = [update async for update in client.resubscribe(first[-1].task_id or "")]
        assert len(resumed) == 1
        assert resumed[0].output == first[-1].output


@both_dialects
async def test_a_task_that_the_agent_does_not_know_is_said_to_be_unknown(dialect: str) -> None:
    async with running("--dialect", dialect) as (client, _):
        for asking in (client.get("nope"), client.cancel("nope"), anext(client.resubscribe("nope"))):
            with pytest.raises(UnknownTask) as raised:
                await asking
            assert raised.value.code == -32001


@both_dialects
async def test_killed_mid_stream_is_lost_and_never_reported_as_a_state(dialect: str) -> None:
    async with running("--dialect", dialect, "--steps", "100", "--delay", "0.05") as (client, agent):
        seen: list[AgentUpdate] = []
        async with aclosing(client.stream(GO)) as updates:
            while not agent.calls("step"):
                seen.append(await anext(updates))
            await agent.kill()
            with pytest.raises(AgentLost, match="the outcome is unknown"):
                seen += [update async for update in updates]
        assert not any(update.terminal for update in seen)


@both_dialects
async def test_killed_and_restarted_it_is_asked_and_its_task_is_not_sent_again(tmp_path: Path, dialect: str) -> None:
    """The SDK leaves such a task working for ever; what can be known is that nobody was told otherwise."""
    store, log = str(tmp_path / "tasks.db"), tmp_path / "calls.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = str(spare.getsockname()[1])
    options = ("--dialect", dialect, "--steps", "100", "--delay", "0.05", "--store", store, "--port", port)
    async with open_client() as http, asyncio.timeout(40):
        async with sdk_agent(*options, log=log) as agent:
            patient = FollowPolicy(pauses=Backoff(first=0.05, most=0.5), failures_allowed=200)
            client = client_of(agent, http, policy=patient)
            updates = client.stream(GO)
            while not agent.calls("step"):
                task_id = (await anext(updates)).task_id or ""
            await agent.kill()
        async with aclosing(updates), sdk_agent(*options, log=log) as reborn:
            following = asyncio.create_task(_last_state(updates))
            whole = await client_of(reborn, http).get(task_id)
            # How far the SDK's store had got when the agent was killed is chance.
            assert whole.state in (TaskState.SUBMITTED, TaskState.WORKING)
            assert not following.done()
            following.cancel()
            await asyncio.wait([following])
            assert following.cancelled()
        assert len(reborn.calls("sent")) == 1


async def _last_state(updates: AsyncIterator[AgentUpdate]) -> TaskState | None:
    return [update.state async for update in updates][-1]


@both_dialects
async def test_an_executor_that_raises_is_an_error_or_a_failure(dialect: str) -> None:
    async with running("--dialect", dialect, "--behavior", "raise") as (client, _):
        with pytest.raises(AgentRpcError, match="code broke") as raised:
            await follow(client)
        assert raised.value.code == -32603


@both_dialects
async def test_failed_comes_with_its_reason(dialect: str) -> None:
    async with running("--dialect", dialect, "--behavior", "fail") as (client, _):
        last = (await follow(client))[-1]
        assert (last.state, last.error) == (TaskState.FAILED, "the disk is full")


@both_dialects
async def test_a_question_interrupts_and_the_reply_completes(dialect: str) -> None:
    async with running("--dialect", dialect, "--behavior", "ask") as (client, agent):
        transcript = Transcript()
        asked = [update async for update in client.stream(GO, transcript=transcript)]
        assert asked[-1].interrupted
        assert asked[-1].message == "which color?"
        task_id = asked[-1].task_id
        reply = OutgoingMessage("blue", "m2", "c1", task_id=task_id)
        answered = [update async for update in client.stream(reply, transcript=transcript)]
        assert answered[-1].output == "blue"
        assert not any(update.interrupted for update in answered)
        assert shown(answered, shown(asked)) == "starting\nwhich color?\nstarting\nblue"
        assert {call["task_id"] for call in agent.calls("sent")} == {task_id}


async def test_a_bare_message_is_the_whole_answer() -> None:
    async with running("--behavior", "message") as (client, _):
        (update,) = await follow(client)
        assert update.terminal
        assert update.output == "you said: go"


async def test_a_result_without_text_is_compact_json() -> None:
    async with running("--behavior", "data") as (client, _):
        output = (await follow(client))[-1].output or ""
        assert '"answer":42' in output


async def test_line_separators_in_streamed_text_do_no_harm() -> None:
    """U+2028, U+2029 and U+0085 end the SDK's own client."""
    text = "a\u2028b\u2029c\x85d \U0001f468\u200d\U0001f469"
    async with running("--behavior", "echo") as (client, _):
        last = (await follow(client, OutgoingMessage(text, "m1")))[-1]
        assert last.output == "a\nb\nc\ufffdd \U0001f468\U0001f469"


async def test_a_frame_over_the_limit_fails_the_stream() -> None:
    async with running("--behavior", "huge") as (client, _):
        with pytest.raises(AgentProtocolError, match="larger than 1,048,576 bytes"):
            await follow(client)


@both_dialects
async def test_the_card_says_who_it_is_and_how_it_speaks(dialect: str) -> None:
    async with running("--dialect", dialect) as (client, agent):
        card = await client.card()
        assert card.name == "sdk stream"
        assert (card.url or "").rstrip("/") == agent.url
        assert card.dialect is (Dialect.V1_0 if dialect == "v1" else Dialect.V0_3)
        assert card.streaming is True
        assert card.skills == ("Work",)
