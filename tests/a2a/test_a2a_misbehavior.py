"""Agents that misbehave, in every dialect: what the client says of their tasks is true (spec: a2a, last section)."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect, OutgoingMessage
from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    UnknownTask,
)
from headway.a2a.rpc import RpcLimits
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind, read_journal
from headway.agents.server import AgentServer
from headway.agents.task import Dialect as Spoken
from headway.net.http import open_client
from support.a2a_clients import client_of, follow
from support.platforms import eventually

GO = "steps=4 delay=0.01 at=2"
OUTPUT = "chunk 1\nchunk 2\nchunk 3\nchunk 4\n"
SHORT = RpcLimits(request_timeout=0.3, idle_timeout=0.3)
every_dialect = pytest.mark.parametrize("dialect", Dialect)


@asynccontextmanager
async def misbehaving(
    dialect: Dialect, behavior: str, *, limits: RpcLimits | None = None, **options: Any
) -> AsyncIterator[tuple[AgentClient, AgentServer]]:
    serving = serve_agent("coder", BehaviorName(behavior), speaks=[Spoken(dialect.value)], **options)
    async with serving as server, open_client() as http, asyncio.timeout(20):
        yield client_of(server.url, http, limits=limits), server


async def failure(client: AgentClient, text: str = GO) -> AgentError:
    """The error that following ends with; it must have reported no end before."""
    seen: list[AgentUpdate] = []
    with pytest.raises(AgentError) as raised:  # noqa: PT012 - the iteration is what raises
        async for update in client.stream(OutgoingMessage(text, "m1", "c1")):
            seen.append(update)  # noqa: PERF401 - kept where the iteration raises
    assert not any(update.terminal for update in seen)
    return raised.value


def sends(server: AgentServer) -> int:
    return len(server.agent.journal.of(Kind.SEND))


@every_dialect
@pytest.mark.parametrize("behavior", ["slow", "half-stream", "no-final-close"])
async def test_a_stream_without_its_end_is_taken_up_and_told_whole(dialect: Dialect, behavior: str) -> None:
    async with misbehaving(dialect, behavior) as (client, server):
        last = (await follow(client, GO))[-1]
        assert (last.state, last.output) == (TaskState.COMPLETED, OUTPUT)
        assert sends(server) == 1


@every_dialect
async def test_a_stream_that_stays_open_without_its_end_is_left(dialect: Dialect) -> None:
    async with misbehaving(dialect, "no-final-open", limits=SHORT) as (client, server):
        last = (await follow(client, GO))[-1]
        assert (last.state, last.output) == (TaskState.COMPLETED, OUTPUT)
        assert sends(server) == 1


@every_dialect
async def test_a_reset_connection_is_taken_up_where_the_task_is_known(dialect: Dialect) -> None:
    async with misbehaving(dialect, "reset") as (client, server):
        if dialect is Dialect.OPENFANG:
            assert (await failure(client)).delivered is None
        else:
            assert (await follow(client, GO))[-1].output == OUTPUT
        assert sends(server) == 1


@every_dialect
async def test_a_busy_agent_has_taken_nothing_on(dialect: Dialect) -> None:
    async with misbehaving(dialect, "busy", slots=0) as (client, server):
        refused = await failure(client)
        assert isinstance(refused, AgentBusy)
        assert (refused.delivered, refused.retry_after) == (False, 2.0)
        assert sends(server) == 0


@every_dialect
async def test_a_silent_agent_is_given_up_with_the_outcome_unknown(dialect: Dialect) -> None:
    async with misbehaving(dialect, "silent", limits=SHORT) as (client, server):
        given_up = await failure(client)
        assert isinstance(given_up, AgentIdle)
        assert given_up.delivered is None
        assert sends(server) == 1


@every_dialect
async def test_broken_json_is_said_to_be_that(dialect: Dialect) -> None:
    async with misbehaving(dialect, "malformed") as (client, server):
        broken = await failure(client)
        assert isinstance(broken, AgentProtocolError)
        assert "malformed JSON" in str(broken)
        assert sends(server) == 1


@every_dialect
async def test_code_that_raises_is_an_error_and_its_task_failed_without_a_reason(dialect: Dialect) -> None:
    async with misbehaving(dialect, "raise") as (client, server):
        raised = await failure(client)
        if dialect is Dialect.OPENFANG:
            assert isinstance(raised, AgentHttpError)
            assert (raised.status, raised.delivered) == (500, None)
            await client.send(OutgoingMessage("steps=1 delay=0 behavior=stream", "m2"))
        else:
            assert isinstance(raised, AgentRpcError)
            assert raised.code == -32603
        failed = await client.get(server.agent.journal.of(Kind.SEND)[0].task_id)
        # Where all is in `messages`, its last words are taken for the reason.
        openfang = dialect is Dialect.OPENFANG
        reason = "chunk 1\nchunk 2\n" if openfang else "the agent reported failed without a reason"
        assert (failed.state, failed.error) == (TaskState.FAILED, reason)


@every_dialect
async def test_a_failure_comes_with_its_reason(dialect: Dialect) -> None:
    async with misbehaving(dialect, "failing") as (client, _):
        last = (await follow(client, f"{GO} fail=disk_full"))[-1]
        assert (last.state, last.error) == (TaskState.FAILED, "disk full")


@every_dialect
async def test_hostile_texts_come_out_clean(dialect: Dialect) -> None:
    async with misbehaving(dialect, "hostile") as (client, _):
        updates = await follow(client, "steps=23 delay=0")
        assert updates[-1].state is TaskState.COMPLETED
        told = "".join(f"{update.output}{update.message}{update.splice}" for update in updates)
        assert len(told) > 200_000
        assert not {"\x1b", "\x9b", "\x00", "\u202e", "\u200b"} & set(told)


@every_dialect
@pytest.mark.parametrize("behavior", ["ignore-cancel", "raise-on-cancel"])
async def test_a_cancel_without_effect_is_not_taken_for_one(dialect: Dialect, behavior: str) -> None:
    async with misbehaving(dialect, behavior) as (client, server):
        following = asyncio.create_task(follow(client, "steps=20 delay=0.02"))
        await eventually(lambda: bool(server.agent.journal.of(Kind.STEP)))
        task_id = server.agent.journal.of(Kind.SEND)[0].task_id
        if behavior == "ignore-cancel":
            assert (await client.cancel(task_id)).state is TaskState.WORKING
        else:
            with pytest.raises(AgentHttpError if dialect is Dialect.OPENFANG else AgentRpcError) as raised:
                await client.cancel(task_id)
            assert "cancel raised" in str(raised.value)
        assert (await following)[-1].state is TaskState.COMPLETED


@every_dialect
async def test_a_task_that_completes_after_its_cancel_says_so_when_asked(dialect: Dialect) -> None:
    async with misbehaving(dialect, "complete-after-cancel") as (client, server):
        following = asyncio.create_task(follow(client, "steps=10 delay=0.02"))
        await eventually(lambda: bool(server.agent.journal.of(Kind.STEP)))
        task_id = server.agent.journal.of(Kind.SEND)[0].task_id
        assert (await client.cancel(task_id)).state is TaskState.CANCELED
        assert (await following)[-1].state is TaskState.CANCELED
        await eventually(lambda: server.agent.get(task_id).task.state.value == "completed")
        assert (await client.get(task_id)).state is TaskState.COMPLETED


@every_dialect
async def test_a_task_that_hangs_is_never_said_to_have_ended_and_can_be_canceled(dialect: Dialect) -> None:
    """As one that stays working for ever after its agent was killed: a stream gives the snapshot, then nothing."""
    async with misbehaving(dialect, "hanging", limits=RpcLimits(idle_timeout=2.0)) as (client, server):
        following = asyncio.create_task(follow(client, GO))
        await eventually(lambda: len(server.agent.journal.of(Kind.STEP)) == 2)
        task_id = server.agent.journal.of(Kind.SEND)[0].task_id
        assert (await client.get(task_id)).state is TaskState.WORKING
        if dialect is not Dialect.OPENFANG:
            async with aclosing(client.resubscribe(task_id)) as again:
                assert (await anext(again)).state is TaskState.WORKING
        assert not following.done()
        assert (await client.cancel(task_id)).state is TaskState.CANCELED
        assert (await following)[-1].state is TaskState.CANCELED


@every_dialect
async def test_killed_in_the_middle_it_is_lost_and_restarted_it_knows_nothing(dialect: Dialect, tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    options = ("--port", str(port), "--dialect", dialect.value, "--log", str(log))
    async with open_client() as http, asyncio.timeout(40):
        async with process(*options) as (url, kill):
            client = client_of(url, http)
            following = asyncio.create_task(failure(client, "steps=1000 delay=0.05"))
            await eventually(lambda: log.exists() and any(entry.event is Kind.STEP for entry in read_journal(log)))
            await kill()
            assert isinstance(await following, AgentLost)
        if dialect is Dialect.OPENFANG:
            # Its answer would have told the task's id.
            return
        async with process(*options):
            with pytest.raises(UnknownTask):
                await client.get(read_journal(log)[0].task_id)
        assert len([entry for entry in read_journal(log) if entry.event is Kind.SEND]) == 1


@asynccontextmanager
async def process(*options: str) -> AsyncIterator[tuple[str, Any]]:
    """A simulated agent in a process of its own, and how to kill it."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "headway.agents", *options), stdout=asyncio.subprocess.PIPE
    )

    async def kill() -> None:
        if running.returncode is None:
            running.kill()
        await running.wait()

    try:
        assert running.stdout is not None
        line = (await running.stdout.readline()).decode()
        yield line.removeprefix("listening on ").strip(), kill
    finally:
        await kill()
