"""Agents that speak one dialect only, driven by the platform and reached through its gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.agents.task import Dialect
from support.agents import CANCEL, GET, SEND, STREAM, message_params, output_of, state_of, task_of
from support.gateway import Door
from support.platforms import eventually, platform
from support.scripted_http import Exchange, scripted_server

ANY = pytest.mark.parametrize("dialect", Dialect)
CALLERS = pytest.mark.parametrize("caller", ["1.0", "0.3"])


@pytest.mark.req("A18")
@ANY
async def test_a_delegation_is_sent_polled_and_canceled(tmp_path: Path, dialect: Dialect) -> None:
    async with platform(tmp_path) as served, serve_agent("coder", speaks=[dialect]) as agent:
        target = await served.workspace("coder", agent.url)
        done = await served.until_status(await served.delegate(target, "steps=2 delay=0"), "completed")
        assert (done["result"], done["dialect"]) == ("chunk 1\nchunk 2\n", dialect)
        delegation_id = await served.delegate(target, "steps=1000 delay=0.02")
        await eventually(lambda: len(agent.agent.journal.of(Kind.STEP)) > 3)
        if dialect is not Dialect.OPENFANG:
            # A blocking send that is not answered yet tells no id to cancel.
            await served.until_status(delegation_id, "in_progress")
            await served.cancel(delegation_id)
            record = await served.until_status(delegation_id, "canceled")
            assert record["status_message"].startswith("the agent confirmed the cancel")
        assert len(agent.agent.journal.of(Kind.SEND)) == 2


@pytest.mark.parametrize(
    ("dialect", "ends"), [(Dialect.V0_1, "the agent confirmed"), (Dialect.OPENFANG, "the agent did not confirm")]
)
async def test_a_cancel_while_the_agent_keeps_its_sender_waiting(tmp_path: Path, dialect: Dialect, ends: str) -> None:
    """In v0.1 the id is known before the answer; of OpenFang's only the answer tells it."""
    async with (
        platform(tmp_path, cancel_deadline=0.5, cancel_retry=0.05) as served,
        serve_agent("coder", BehaviorName.NON_STREAMING, speaks=[dialect]) as agent,
    ):
        target = await served.workspace("coder", agent.url)
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        delegation_id = await served.delegate(target, "steps=1000 delay=0.02")
        await eventually(lambda: len(agent.agent.journal.of(Kind.STEP)) > 3)
        await served.cancel(delegation_id)
        record = await served.until_status(delegation_id, "canceled")
        assert record["status_message"].startswith(ends)
        assert len(agent.agent.journal.of(Kind.STOPPED)) == (2 if dialect is Dialect.V0_1 else 1)


@CALLERS
@pytest.mark.parametrize("known", [True, False])
async def test_a_caller_of_the_gateway_reaches_an_agent_that_speaks_openfang(
    tmp_path: Path, caller: str, known: bool
) -> None:
    async with platform(tmp_path) as served, serve_agent("coder", speaks=[Dialect.OPENFANG]) as agent:
        target = await served.workspace("coder", agent.url)
        if known:
            await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        door = Door(served, target)
        version = {"A2A-Version": caller}
        params = message_params(caller, "steps=2 delay=0", message_id="m1")
        sent = task_of((await door.call(SEND[caller], params, **version)).json()["result"])
        assert state_of(sent) == "completed"
        assert "chunk 2" in str(sent["status"]["message"]["parts"])
        got = (await door.call(GET[caller], {"id": sent["id"]}, **version)).json()["result"]
        assert (got["id"], state_of(got)) == (sent["id"], "completed")
        assert (await door.call(GET[caller], {"id": "unknown"}, **version)).json()["error"]["code"] == -32001
        assert (await door.call(CANCEL[caller], {"id": sent["id"]}, **version)).json()["error"]["code"] == -32002
        streamed = await door.call(STREAM[caller], message_params(caller, "go"), **version)
        assert streamed.json()["error"]["code"] == -32004
        assert len(agent.agent.journal.of(Kind.SEND)) == 1 + known


@CALLERS
async def test_a_caller_of_the_gateway_reaches_an_agent_of_v0_1(tmp_path: Path, caller: str) -> None:
    async with platform(tmp_path) as served, serve_agent("coder", speaks=[Dialect.V0_1]) as agent:
        door = Door(served, await served.workspace("coder", agent.url))
        version = {"A2A-Version": caller}
        params = message_params(caller, "steps=2 delay=0", message_id="m1")
        sent = task_of((await door.call(SEND[caller], params, **version)).json()["result"])
        assert (sent["id"], state_of(sent), output_of(sent)) == ("m1", "completed", "chunk 1\nchunk 2\n")
        assert "contextId" in sent
        got = (await door.call(GET[caller], {"id": "m1"}, **version)).json()["result"]
        assert (got["id"], output_of(got)) == ("m1", "chunk 1\nchunk 2\n")
        assert (await door.call(CANCEL[caller], {"id": "m1"}, **version)).json()["error"]["code"] == -32002
        frames = await door.frames(STREAM[caller], message_params(caller, "steps=2 delay=0", message_id="m2"))
        assert state_of(frames[-1]["result"]) == "completed"
        assert "sessionId" not in json.dumps(frames)
        assert len(agent.agent.journal.of(Kind.SEND)) == 2


async def test_a_v0_1_task_whose_answer_was_lost_is_asked_after_and_not_sent_again(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        elif exchange.rpc["method"] == "tasks/sendSubscribe":
            exchange.writer.transport.abort()
        elif exchange.rpc["method"] == "tasks/get":
            done = {"state": "completed", "message": {"role": "agent", "parts": [{"type": "text", "text": "done"}]}}
            await exchange.json({"id": "1", "result": {"id": exchange.rpc["params"]["id"], "status": done}})
        else:
            await exchange.json({"id": "1", "error": {"code": -32601, "message": "no such method"}})

    async with platform(tmp_path) as served, scripted_server(answer) as agent:
        delegation_id = await served.delegate(await served.workspace("old", agent.url), "look")
        record = await served.until_status(delegation_id, "completed")
        assert (record["result"], record["remote_task_id"]) == ("done", delegation_id)
        assert agent.methods().count("tasks/sendSubscribe") == 1
        assert "tasks/send" not in agent.methods()
