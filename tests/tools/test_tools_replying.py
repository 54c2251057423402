"""What an agent asks is answered with one verb, whether its task was delegated or sent straight to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.a2a.dialects import Dialect
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.agents.task import Dialect as Spoken
from mcp import Client
from support.agents import ManualClock, going_on
from support.delegating import answering, begun, lead, odd_platform
from support.delegating import until as until_told
from support.delegating import until_ended as until_over
from support.mcp_servers import answer, mcp_client
from support.platforms import NOBODY, eventually, platform
from support.scripted_http import Exchange, scripted_server
from support.sdk_agents import sdk_agent
from support.tools import tools_in, until_ended

ASKING = "steps=2 delay=0 behavior=asking ask=which_one?"


@pytest.mark.req("A18", "B4")
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_delegation_that_asks_goes_on_with_the_reply_and_keeps_its_id(tmp_path: Path, dialect: str) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("coder", speaks=frozenset({Spoken(dialect)})) as agent,
        lead(served, tmp_path) as tools,
    ):
        task_id = await begun(tools, await served.workspace("coder", agent.url), ASKING)
        asked = await until_told(tools, task_id, lambda told: told["status"] == "input_required")
        assert asked["message"] == "which one?"
        replied = await tools.reply_to_task(task_id, "the second")
        assert (replied["success"], replied["task_id"], replied["status"]) == (True, task_id, "in_progress")
        again = await tools.reply_to_task(task_id, "the third")
        assert again["success"] is False
        assert "nothing was sent" in again["error"]
        over = await until_over(tools, task_id)
        assert (over["status"], over["result"]) == ("completed", "chunk 1\nchunk 2\n")
        first, second = agent.agent.journal.of(Kind.SEND)
        assert (first.task_id, first.message_id != second.message_id) == (second.task_id, True)
        assert (await served.until_status(task_id, "completed"))["result"] == over["result"]
        late = await tools.reply_to_task(task_id, "once more")
        assert late["error"] == "the delegation asks for nothing: it is completed; nothing was sent"


@pytest.mark.req("A18")
async def test_an_agent_of_the_sdk_takes_the_reply(tmp_path: Path) -> None:
    async with (
        platform(tmp_path) as served,
        sdk_agent("--behavior", "ask", "--steps", "1") as agent,
        lead(served, tmp_path) as tools,
        tools_in(tmp_path / "direct") as direct,
    ):
        task_id = await begun(tools, await served.workspace("coder", agent.url), "go")
        await until_told(tools, task_id, lambda told: told["status"] == "input_required")
        assert (await tools.reply_to_task(task_id, "blue"))["success"] is True
        assert (await until_over(tools, task_id))["status"] == "completed"

        asked = await direct.a2a_send(agent.url, "go")
        assert asked["state"] == "input_required"
        replied = await direct.reply_to_task(asked["task_id"], "green")
        assert (await until_ended(direct, replied["task_id"]))["state"] == "completed"
        assert [sent["text"] for sent in agent.calls("sent")] == ["go", "blue", "go", "green"]


@pytest.mark.req("A18")
@pytest.mark.parametrize("verb", ["a2a_send", "a2a_send_async"])
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_task_sent_straight_to_an_agent_is_replied_to(tmp_path: Path, dialect: str, verb: str) -> None:
    async with serve_agent("a", speaks=frozenset({Spoken(dialect)})) as agent, tools_in(tmp_path) as tools:
        context = {"channel": "room 5"}
        begun = await getattr(tools, verb)(agent.url, ASKING, context=context)
        asked = begun if verb == "a2a_send" else await until_ended(tools, begun["task_id"])
        assert (asked["state"], asked["text"]) == ("input_required", "which one?")
        replied = await tools.reply_to_task(asked["task_id"], "the second")
        assert (replied["success"], replied["replies_to"]) == (True, asked["task_id"])
        second = await tools.reply_to_task(asked["task_id"], "the third")
        assert "nothing was sent" in second["error"]
        ended = await until_ended(tools, replied["task_id"])
        assert (ended["state"], ended["context"], ended["session_id"]) == ("completed", context, asked["session_id"])
        assert ended["text"].endswith("chunk 2\n")
        first, reply = agent.agent.journal.of(Kind.SEND)
        assert first.task_id == reply.task_id
        late = await tools.reply_to_task(replied["task_id"], "once more")
        assert late["error"] == "the task asks for nothing: it is completed; nothing was sent"


@pytest.mark.parametrize("task_id", ["nobody's", "", "a\nb", "\ud800"])
async def test_nobody_is_replied_to_for_a_task_that_is_not_known(tmp_path: Path, task_id: str) -> None:
    async with tools_in(tmp_path) as tools:
        answered = await tools.reply_to_task(task_id, "yes")
        assert answered["success"] is False
        assert "No task found with task_id" in answered["error"]
        assert "nothing was sent" in (await tools.reply_to_task("x", " "))["error"]


class Asking:
    """A v1.0 agent that asks until its `refusals` of a reply are used up: a JSON-RPC error, or a broken link."""

    def __init__(self, *refusals: str) -> None:
        self.refusals = list(refusals)
        self.texts: list[str] = []

    async def handle(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, status=404)
        elif exchange.rpc["method"] == "SendStreamingMessage":
            message = exchange.rpc["params"]["message"]
            self.texts.append(message["parts"][0]["text"])
            if "taskId" not in message:
                await self.result(exchange, {"task": self.task("INPUT_REQUIRED", message["contextId"])})
            elif (refusal := self.refusals.pop(0) if self.refusals else "") == "refused":
                error = {"code": -32603, "message": "not now"}
                await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "error": error})
            elif refusal == "broken":
                exchange.writer.transport.abort()
            else:
                await self.result(exchange, {"task": self.task("COMPLETED", message["contextId"])})
        else:
            await self.result(exchange, self.task("INPUT_REQUIRED", "c"))

    async def result(self, exchange: Exchange, result: object) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "result": result})

    def task(self, state: str, context: str) -> dict[str, object]:
        said = {"role": "ROLE_AGENT", "messageId": "q", "parts": [{"text": "which one?"}]}
        return {"id": "t", "contextId": context, "status": {"state": f"TASK_STATE_{state}", "message": said}}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("refused", "the agent refused the reply: not now; reply again; it had asked: which one?"),
        ("broken", "it is not known whether the agent has the reply"),
    ],
)
async def test_a_reply_that_does_not_arrive_is_told_and_given_again_by_its_caller(
    tmp_path: Path, refusal: str, said: str
) -> None:
    agent, clock = Asking(refusal), ManualClock()
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url, clock=clock) as (_, tools):
        task_id = await begun(tools, NOBODY, "look")
        await until_told(tools, task_id, lambda told: told["status"] == "input_required")
        await tools.reply_to_task(task_id, "one")
        told = await until_told(tools, task_id, lambda told: told["status"] == "input_required")
        assert said in told["message"]
        assert agent.texts == ["look", "one"]
        await tools.reply_to_task(task_id, "two")
        async with going_on(clock):
            assert (await until_over(tools, task_id))["status"] == "completed"
        assert agent.texts == ["look", "one", "two"]


async def test_a_direct_reply_that_came_to_nothing_may_be_given_again(tmp_path: Path) -> None:
    agent = Asking("refused")
    async with scripted_server(agent.handle) as server, tools_in(tmp_path) as tools:
        asked = await tools.a2a_send_async(server.url, "look")
        await until_ended(tools, asked["task_id"])
        first = await tools.reply_to_task(asked["task_id"], "one")
        assert "not now" in (await until_ended(tools, first["task_id"]))["error"]
        second = await tools.reply_to_task(asked["task_id"], "two")
        assert (await until_ended(tools, second["task_id"]))["state"] == "completed"
        assert agent.texts == ["look", "one", "two"]


async def test_a_question_outlives_the_process_that_was_asked(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        async with lead(served, tmp_path) as tools:
            task_id = await begun(tools, target, ASKING)
            direct = (await tools.a2a_send_async(agent.url, ASKING))["task_id"]
            await until_told(tools, task_id, lambda told: told["status"] == "input_required")
            await until_ended(tools, direct)
        async with lead(served, tmp_path) as tools:
            replied = await tools.reply_to_task(direct, "the second")
            assert (await until_ended(tools, replied["task_id"]))["state"] == "completed"
            assert (await tools.reply_to_task(task_id, "the second"))["success"] is True
            assert (await until_over(tools, task_id))["result"] == "chunk 1\nchunk 2\n"
        assert len(agent.agent.journal.of(Kind.SEND)) == 4


async def test_what_the_platform_holds_is_replied_to_there(tmp_path: Path) -> None:
    queued = answering({"queued": True, "delegation_id": "there"}, 202)
    async with scripted_server(queued) as gateway, odd_platform(tmp_path, gateway.url) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        await until_told(tools, task_id, lambda told: told["status"] == "queued")
        odd.answers["get"] = answering({"status": "input_required", "status_message": "which one?"})
        odd.answers["reply"] = answering({"error": "it was just answered"}, 409)
        refused = await tools.reply_to_task(task_id, "the second")
        assert "did not take the reply: HTTP 409: it was just answered; nothing was sent" in refused["error"]
        odd.answers["reply"] = answering({"status": "in_progress"}, 202)
        assert (await tools.reply_to_task(task_id, "the second"))["success"] is True
        assert odd.of("reply") == [{"text": "the second"}] * 2


@pytest.mark.req("A19")
async def test_a_model_replies_over_mcp(tmp_path: Path) -> None:
    async with serve_agent("a") as agent, mcp_client("stdio", tmp_path) as client:
        assert isinstance(client, Client)
        asked = await answer(client, "a2a_send", agent_url=agent.url, message=ASKING)
        assert (asked["state"], asked["text"]) == ("input_required", "which one?")
        replied = await answer(client, "reply_to_task", task_id=asked["task_id"], message="the second")
        await eventually(lambda: len(agent.agent.journal.of(Kind.SEND)) == 2)
        told = await answer(client, "a2a_check_task", task_id=replied["task_id"])
        assert told["state"] in ("running", "completed")
