"""The client drives an agent of any dialect, one that speaks nothing else (spec: requirements A18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect, OutgoingMessage
from headway.a2a.errors import (
    AgentHttpError,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    NotCancelable,
    UnknownTask,
)
from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Entry, Kind
from headway.agents.server import AgentServer
from headway.agents.task import Dialect as Spoken
from headway.net.http import open_client
from support.a2a_clients import client_of, follow, shown
from support.platforms import eventually
from support.scripted_http import Exchange, scripted_server

STREAMING = [Dialect.V1_0, Dialect.V0_3, Dialect.V0_1]
every_dialect = pytest.mark.parametrize("dialect", Dialect)
each_that_streams = pytest.mark.parametrize("dialect", STREAMING)


@asynccontextmanager
async def speaking(
    dialect: Dialect, behavior: str = "stream", **options: Any
) -> AsyncIterator[tuple[AgentClient, AgentServer]]:
    """An agent that speaks this dialect only, and a client that has not been told."""
    serving = serve_agent("coder", BehaviorName(behavior), speaks=[Spoken(dialect.value)], **options)
    async with serving as server, open_client() as http, asyncio.timeout(20):
        yield client_of(server.url, http), server


def sends(server: AgentServer) -> list[Entry]:
    return server.agent.journal.of(Kind.SEND)


@pytest.mark.req("A18")
@every_dialect
async def test_a_task_is_followed_to_its_end_and_delivered_once(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, server):
        updates = await follow(client, "steps=3 delay=0")
        assert client.dialect is dialect
        assert (updates[-1].state, updates[-1].output) == (TaskState.COMPLETED, "chunk 1\nchunk 2\nchunk 3\n")
        assert "chunk 3" in shown(updates)
        assert updates[-1].context_id == "c1"
        assert len(sends(server)) == 1
        # It is remembered: the next one is asked in that dialect at once.
        assert (await client.send(OutgoingMessage("steps=1 delay=0", "m2"))).output == "chunk 1\n"
        assert len(sends(server)) == 2


@pytest.mark.req("A18")
@each_that_streams
async def test_a_stream_brings_each_piece_as_it_comes(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, server):
        async with aclosing(client.stream(OutgoingMessage("steps=2 delay=0.05 at=2", "m1"))) as updates:
            seen = [await anext(updates)]
            while "chunk 1" not in shown(seen):
                seen.append(await anext(updates))
            assert not server.agent.get(seen[0].task_id or "").task.state.terminal
            seen += [update async for update in updates]
        assert seen[-1].output == "chunk 1\nchunk 2\n"
        assert [update.percent for update in seen if update.percent is not None][-1] == 100


@pytest.mark.req("A18")
@every_dialect
async def test_a_task_is_asked_after_and_canceled(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, server):
        following = asyncio.create_task(follow(client, "steps=1000 delay=0.05"))
        await eventually(lambda: bool(server.agent.journal.of(Kind.STEP)))
        task_id = sends(server)[0].task_id
        assert (await client.get(task_id)).state is TaskState.WORKING
        assert (await client.cancel(task_id)).state is TaskState.CANCELED
        assert (await following)[-1].state is TaskState.CANCELED
        assert client.dialect is dialect
        steps = len(server.agent.journal.of(Kind.STEP))
        with pytest.raises(NotCancelable):
            await client.cancel(task_id)
        assert (await client.get(task_id)).state is TaskState.CANCELED
        assert len(server.agent.journal.of(Kind.STEP)) == steps


@pytest.mark.req("A18")
@every_dialect
async def test_a_task_is_taken_up_by_its_id(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, server):
        first = asyncio.create_task(follow(client, "steps=20 delay=0.02"))
        await eventually(lambda: bool(server.agent.journal.of(Kind.STEP)))
        task_id = sends(server)[0].task_id
        async with open_client() as http:
            fresh = client_of(server.url, http)
            if dialect is Dialect.OPENFANG:
                # Nothing but a send tells that an agent without a card speaks it.
                assert (await fresh.send(OutgoingMessage("steps=1 delay=0", "m2"))).terminal
            resumed = [update async for update in fresh.resubscribe(task_id)]
        expected = "".join(f"chunk {step}\n" for step in range(1, 21))
        assert (resumed[-1].state, resumed[-1].output) == (TaskState.COMPLETED, expected)
        assert (await first)[-1].output == expected
        assert len([entry for entry in sends(server) if entry.task_id == task_id]) == 1


@pytest.mark.req("A18")
@every_dialect
async def test_a_question_is_answered(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, server):
        transcript = Transcript()
        asking = OutgoingMessage("steps=2 delay=0 ask=which_one", "m1", "c1")
        asked = [update async for update in client.stream(asking, transcript=transcript)]
        assert (asked[-1].state, asked[-1].message) == (TaskState.INPUT_REQUIRED, "which one")
        reply = OutgoingMessage("the second", "m2", "c1", task_id=asked[-1].task_id)
        answered = [update async for update in client.stream(reply, transcript=transcript)]
        assert (answered[-1].state, answered[-1].output) == (TaskState.COMPLETED, "chunk 1\nchunk 2\n")
        assert len({entry.task_id for entry in sends(server)}) == 1


@pytest.mark.req("A18")
@each_that_streams
async def test_an_agent_that_does_not_stream_is_asked(dialect: Dialect) -> None:
    async with speaking(dialect, "non-streaming") as (client, server):
        assert (await follow(client, "steps=2 delay=0.02"))[-1].output == "chunk 1\nchunk 2\n"
        assert len(sends(server)) == 1


@every_dialect
async def test_an_unknown_task_is_said_to_be_unknown(dialect: Dialect) -> None:
    async with speaking(dialect) as (client, _):
        await client.send(OutgoingMessage("steps=1 delay=0", "m1"))
        for asking in (client.get("nope"), client.cancel("nope"), anext(client.resubscribe("nope"))):
            with pytest.raises(UnknownTask):
                await asking


@every_dialect
async def test_a_wrong_dialect_given_by_the_caller_is_corrected(dialect: Dialect) -> None:
    async with speaking(dialect) as (_, server), open_client() as http:
        for wrong in Dialect:
            client = client_of(server.url, http, dialect=wrong)
            assert (await client.send(OutgoingMessage("steps=1 delay=0", f"m-{wrong}"))).output == "chunk 1\n"
            assert client.dialect is dialect
        assert len(sends(server)) == len(Dialect)


async def test_a_v0_1_task_whose_answer_was_lost_is_found_by_the_id_of_its_message() -> None:
    async with speaking(Dialect.V0_1, "reset") as (client, server):
        with pytest.raises(AgentLost):
            await client.send(OutgoingMessage("steps=4 delay=0", "m1", "c1"))
        assert await client.find_task("c1", message_id="m1") == "m1"
        assert await client.find_task("c1", message_id="m2") is None
        assert (await client.get("m1")).task_id == "m1"
        assert len(sends(server)) == 1


async def test_an_openfang_task_whose_answer_was_lost_is_not_made_up() -> None:
    async with speaking(Dialect.OPENFANG, "reset") as (client, server):
        with pytest.raises(AgentLost):
            await client.send(OutgoingMessage("steps=4 delay=0", "m1", "c1"))
        assert await client.find_task("c1", message_id="m1") is None
        assert not client.lists_tasks
        assert len(sends(server)) == 1


@pytest.mark.parametrize("status", [200, 400])
async def test_servers_of_v0_1_that_call_an_unknown_method_an_invalid_request(status: int) -> None:
    """The first samples of v0.1 answer -32600 with HTTP 400 to whatever is not theirs."""

    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({"name": "old", "url": server.url})
        elif exchange.rpc["method"] != "tasks/send":
            error = {"code": -32600, "message": "Request payload validation error"}
            await exchange.json({"jsonrpc": "2.0", "id": None, "error": error}, status)
        else:
            params = exchange.rpc["params"]
            task = {"id": params["id"], "sessionId": params["sessionId"], "status": {"state": "completed"}}
            await exchange.json({"jsonrpc": "2.0", "id": "1", "result": task})

    async with scripted_server(answer) as server, open_client() as http:
        client = client_of(server.url, http)
        sent = await client.send(OutgoingMessage("go", "m1", "c1"))
        assert (sent.state, sent.task_id, sent.context_id) == (TaskState.COMPLETED, "m1", "c1")
        assert client.dialect is Dialect.V0_1
        assert server.methods() == ["SendMessage", "message/send", "tasks/send"]
        message = server.exchanges[-1].rpc["params"]["message"]
        assert message == {"role": "user", "parts": [{"type": "text", "text": "go"}]}


async def test_what_v0_3_and_v0_1_ask_alike_does_not_tell_them_apart() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        elif exchange.rpc["method"] in ("tasks/get", "tasks/send"):
            task = {"id": exchange.rpc["params"]["id"], "status": {"state": "working"}}
            await exchange.json({"id": "1", "result": task})
        else:
            await exchange.json({"id": "1", "error": {"code": -32600, "message": "no"}})

    async with scripted_server(answer) as server, open_client() as http:
        client = client_of(server.url, http)
        assert (await client.get("t1")).state is TaskState.WORKING
        assert await client.find_task("c1", message_id="m0") == "m0"
        assert (await client.send(OutgoingMessage("go", "m1"))).task_id == "m1"
        assert client.dialect is Dialect.V0_1


async def test_an_agent_that_has_spoken_is_believed_when_it_calls_a_request_invalid() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        elif len(server.methods()) == 1:
            await exchange.json({"id": "1", "result": {"task": {"id": "t1", "status": {"state": "completed"}}}})
        else:
            await exchange.json({"id": "1", "error": {"code": -32600, "message": "no"}})

    async with scripted_server(answer) as server, open_client() as http:
        client = client_of(server.url, http)
        await client.send(OutgoingMessage("go", "m1"))
        with pytest.raises(AgentRpcError, match="no"):
            await client.send(OutgoingMessage("go", "m2"))
        assert server.methods() == ["SendMessage", "SendMessage"]


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("path", ["", "/", "/a2a", "/a2a/", "/.well-known/agent.json"])
async def test_openfang_is_found_where_nothing_takes_json_rpc(status: int, path: str) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.path != "/a2a/tasks/send":
            await exchange.head(status)
        else:
            await exchange.json({"id": "of-1", "status": "completed", "messages": [_says("done")]})

    async with scripted_server(answer) as server, open_client() as http:
        client = client_of(server.url + path, http)
        updates = await follow(client, "go")
        assert (updates[-1].state, updates[-1].output) == (TaskState.COMPLETED, "done")
        [sent] = [exchange for exchange in server.exchanges if exchange.path == "/a2a/tasks/send"]
        assert sent.rpc == {
            "params": {
                "id": "m1",
                "sessionId": "c1",
                "message": {"role": "user", "parts": [{"type": "text", "text": "go"}]},
            }
        }


@pytest.mark.parametrize(("status", "body"), [(500, b""), (502, b"bad gateway"), (401, b""), (200, b"{"), (200, b"")])
async def test_what_may_have_arrived_is_never_sent_in_another_form(status: int, body: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.head(404 if exchange.method == "GET" else status, "application/json")
        await exchange.raw(body)

    async with scripted_server(answer) as server, open_client() as http:
        with pytest.raises((AgentHttpError, AgentProtocolError)):
            await follow(client_of(server.url, http), "go")
        assert len([exchange for exchange in server.exchanges if exchange.method == "POST"]) == 1


async def test_an_agent_whose_card_names_json_rpc_is_not_sent_anything_else() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.path == "/.well-known/agent-card.json":
            await exchange.json({"name": "a", "url": server.url, "protocolVersion": "0.3.0"})
        else:
            await exchange.head(404)

    async with scripted_server(answer) as server, open_client() as http:
        with pytest.raises(AgentHttpError, match="404"):
            await client_of(server.url, http).send(OutgoingMessage("go", "m1"))
        assert [exchange.path for exchange in server.exchanges if exchange.method == "POST"] == ["/"]


def _says(text: str) -> dict[str, Any]:
    return {"role": "agent", "parts": [{"type": "text", "text": text}]}
