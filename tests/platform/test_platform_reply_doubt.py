"""C10: a reply that may or may not have arrived is neither lost silently nor given twice, restarts included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Status
from headway.ledger.ledger import Ledger
from headway.ledger.records import Reply
from headway.net.clock import SystemClock
from support.agents import SEND, Wire, message_params
from support.platforms import Api, Json, connected, eventually, platform, serve
from support.scripted_http import Exchange, scripted_server
from support.sdk_agents import sdk_agent

ASKS = "steps=2 delay=0 ask=which_file"


@dataclass
class Asker:
    """An agent of v1.0 with one task that asks; `on_reply` is what it does with an answer, `gives` its history."""

    on_reply: str = "complete"
    gives: str = "history"
    state: str = "TASK_STATE_INPUT_REQUIRED"
    history: list[Json] = field(default_factory=list)
    replies: list[Json] = field(default_factory=list)
    url: str = ""

    def task(self) -> Json:
        said = {"messageId": "q", "role": "ROLE_AGENT", "parts": [{"text": "which?"}]}
        task: Json = {"id": "t1", "contextId": "c1", "status": {"state": self.state, "message": said}}
        return {**task, "history": self.history} if self.gives == "history" else task

    def take(self, message: Json) -> None:
        self.history.append(message)
        if self.on_reply != "ask again":
            self.state = "TASK_STATE_COMPLETED"

    async def answer(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({"error": "no card"}, 404)
            return
        call = exchange.rpc
        if call["method"] == "GetTask":
            await exchange.json({"jsonrpc": "2.0", "id": call["id"], "result": self.task()})
            return
        message = call["params"]["message"]
        if "taskId" not in message:
            self.history.append(message)
            await exchange.head()
            await exchange.result({"task": self.task()})
            return
        self.replies.append(message)
        await self.on(exchange, message)

    async def on(self, exchange: Exchange, message: Json) -> None:
        if self.on_reply == "refuse":
            error = {"code": -32602, "message": "not now"}
            await exchange.json({"jsonrpc": "2.0", "id": "1", "error": error})
        elif self.on_reply == "hang up untaken":
            return
        elif self.on_reply == "hang up":
            self.take(message)
        elif self.on_reply == "busy":
            await exchange.json({"busy": True, "error": "all slots are taken"}, 503)
        elif self.on_reply == "fall over":
            await exchange.json({"error": "bad gateway"}, 502)
        else:
            self.take(message)
            await exchange.head()
            await exchange.result({"task": self.task()})


@asynccontextmanager
async def asker(**how: Any) -> AsyncIterator[Asker]:
    agent = Asker(**how)
    async with scripted_server(agent.answer) as server:
        agent.url = server.url
        yield agent


async def asked(served: Api, url: str, task: str = "look") -> str:
    """A delegation that waits for input."""
    delegation_id = await served.delegate(await served.workspace("asker", url), task)
    await served.until_status(delegation_id, "input_required")
    return delegation_id


async def reply(served: Api, delegation_id: str) -> None:
    answer = await served.ask(f"delegations/{delegation_id}/reply", {"text": "this"})
    assert answer.status_code == 202, answer.text


async def until_asked_again(served: Api, delegation_id: str) -> Json:
    seen = served.log.statuses[delegation_id]
    await served.log.until(lambda: seen[-2:] == [Status.IN_PROGRESS, Status.INPUT_REQUIRED])
    return await served.record(delegation_id)


@pytest.mark.req("C10")
@pytest.mark.parametrize(
    ("on_reply", "gives", "words"),
    [
        ("refuse", "history", "the agent refused the reply: not now (-32602); reply again; it had asked: which?"),
        ("hang up untaken", "history", "the agent did not get the reply: "),
        ("hang up untaken", "nothing", "the agent does not say whether it has the reply: "),
        ("fall over", "history", "the agent did not get the reply: HTTP 502"),
        ("busy", "history", "the reply was not delivered: all slots are taken; reply again"),
    ],
)
async def test_a_reply_that_did_not_arrive_is_told_with_its_reason_and_not_repeated(
    tmp_path: Path, on_reply: str, gives: str, words: str
) -> None:
    async with platform(tmp_path) as served, asker(on_reply=on_reply, gives=gives) as agent:
        delegation_id = await asked(served, agent.url)
        await reply(served, delegation_id)
        record = await until_asked_again(served, delegation_id)
        assert record["status_message"].startswith(words)
        assert len(agent.replies) == 1
        agent.on_reply = "complete"
        await reply(served, delegation_id)
        record = await served.until_status(delegation_id, "completed")
        assert record["attempt"] == 3
        first, second = agent.replies
        assert first["messageId"] != second["messageId"]
        assert (second["taskId"], second["contextId"]) == ("t1", "c1")


@pytest.mark.req("C10")
async def test_a_reply_whose_answer_is_lost_is_asked_after_and_not_given_twice(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, asker(on_reply="hang up") as agent:
        delegation_id = await asked(served, agent.url)
        await reply(served, delegation_id)
        await served.until_status(delegation_id, "completed")
        assert len(agent.replies) == 1


@pytest.mark.req("C10")
async def test_an_agent_that_asks_the_same_again_is_asking_again(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, asker(on_reply="ask again") as agent:
        delegation_id = await asked(served, agent.url)
        await reply(served, delegation_id)
        record = await until_asked_again(served, delegation_id)
        assert record["status_message"] == "which?"
        assert len(agent.replies) == 1


async def until_told(served: Api, delegation_id: str, status: str) -> Json:
    """The record, once a stream that goes on after a restart tells of this status."""
    told = {"completed": "DELEGATION_COMPLETE"}.get(status, "DELEGATION_STATUS")
    await served.log.until_event(
        lambda seen: (
            seen.type == told
            and seen.data["delegation_id"] == delegation_id
            and seen.data.get("status", status) == status
        )
    )
    return await served.record(delegation_id)


async def left_behind(folder: Path, delegation_id: str) -> Reply:
    """What a platform leaves that dies after a reply is durable and before the agent is asked."""
    async with Ledger.open(folder / "headway.db", clock=SystemClock(), new_id=lambda: "reply-1") as ledger:
        _, kept = await ledger.reply(delegation_id, "this")
    return kept


@pytest.mark.req("C10", "C12")
@pytest.mark.parametrize(
    ("arrived", "gives", "sent", "status"),
    [
        (False, "history", 1, "completed"),
        (True, "history", 0, "completed"),
        (False, "nothing", 0, "input_required"),
    ],
)
async def test_a_start_gives_a_reply_that_surely_did_not_arrive_and_no_other(
    tmp_path: Path, arrived: bool, gives: str, sent: int, status: str
) -> None:
    async with asker() as agent:
        async with platform(tmp_path) as served:
            source, delegation_id = served.source, await asked(served, agent.url)
            cursor = served.log.cursor
        kept = await left_behind(tmp_path, delegation_id)
        if arrived:
            agent.take({"messageId": kept.message_id, "role": "ROLE_USER", "parts": [{"text": "this"}]})
        agent.gives = gives
        async with platform(tmp_path, source=source, after=cursor) as served:
            record = await until_told(served, delegation_id, status)
        assert [message["messageId"] for message in agent.replies] == [kept.message_id] * sent
        assert record["attempt"] == 2
        if status == "input_required":
            assert record["status_message"].startswith("the platform was restarted, and the agent does not say")
            assert record["status_message"].endswith("reply again; it had asked: which?")


@pytest.mark.req("C10", "C12")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_a_start_gives_a_reply_to_an_sdk_agent_once(tmp_path: Path, dialect: str) -> None:
    async with sdk_agent("--dialect", dialect, "--behavior", "ask") as agent:
        async with platform(tmp_path) as served:
            source, delegation_id = served.source, await asked(served, agent.url)
            cursor = served.log.cursor
        kept = await left_behind(tmp_path, delegation_id)
        async with platform(tmp_path, source=source, after=cursor) as served:
            record = await until_told(served, delegation_id, "completed")
        assert record["result"] == "this"
        assert [sent["message_id"] for sent in await agent.until("sent", 2)] == [delegation_id, kept.message_id]


@pytest.mark.req("C10", "C12")
async def test_a_start_takes_up_a_question_that_came_after_the_reply(tmp_path: Path) -> None:
    """The agent has the reply in its history and asks again: nothing is sent, the question is told."""
    async with asker(on_reply="ask again") as agent:
        async with platform(tmp_path) as served:
            source, delegation_id = served.source, await asked(served, agent.url)
            cursor = served.log.cursor
        kept = await left_behind(tmp_path, delegation_id)
        agent.take({"messageId": kept.message_id, "role": "ROLE_USER", "parts": [{"text": "this"}]})
        async with platform(tmp_path, source=source, after=cursor) as served:
            record = await until_told(served, delegation_id, "input_required")
        assert record["status_message"] == "which?"
        assert agent.replies == []


@pytest.mark.req("C10", "C12")
async def test_kill_9_while_the_agent_works_on_a_reply(tmp_path: Path) -> None:
    async with serve_agent("planner") as agent:
        async with serve(tmp_path) as process:
            async with connected(process.url, process.folder) as served:
                source = served.source
                delegation_id = await asked(served, agent.url, "steps=4 delay=0.15 ask=which_file")
                cursor = served.log.cursor
                await reply(served, delegation_id)
                await eventually(lambda: len(agent.agent.journal.of(Kind.SEND)) == 2)
            await process.kill()
        async with (
            serve(tmp_path) as process,
            connected(process.url, process.folder, source=source, after=cursor) as served,
        ):
            record = await until_told(served, delegation_id, "completed")
    assert record["result"] == "".join(f"chunk {number}\n" for number in range(1, 5))
    assert [sent.detail for sent in agent.agent.journal.of(Kind.SEND)] == ["", "reply"]


@pytest.mark.req("C10")
async def test_a_poll_while_a_reply_is_on_its_way_does_not_ask_again(tmp_path: Path) -> None:
    held = asyncio.Event()

    class Holding(Asker):
        async def on(self, exchange: Exchange, message: Json) -> None:
            await held.wait()
            await super().on(exchange, message)

    agent = Holding()
    async with platform(tmp_path) as served, scripted_server(agent.answer) as server:
        delegation_id = await asked(served, server.url)
        await reply(served, delegation_id)
        await eventually(lambda: bool(agent.replies))
        polled = await served.ask(f"delegations/{delegation_id}/poll")
        assert (polled.status_code, polled.json()["status"]) == (200, "in_progress")
        held.set()
        await served.until_status(delegation_id, "completed")
        seen = served.log.statuses[delegation_id]
        assert Status.INPUT_REQUIRED not in seen[seen.index(Status.IN_PROGRESS) :]


@pytest.mark.req("C10", "C9")
async def test_a_cancel_while_a_reply_is_on_its_way_wins(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        delegation_id = await asked(served, agent.url, "steps=80 delay=0.02 ask=which_file")
        await reply(served, delegation_id)
        assert (await served.cancel(delegation_id)).status_code == 202
        record = await served.until_status(delegation_id, "canceled")
        assert record["finished_at"]
        await served.until_free((await served.get("/workspaces"))[-1]["id"])


async def test_a_reply_given_by_hand_at_the_agent_is_found_by_a_poll(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        delegation_id = await asked(served, agent.url, ASKS)
        record = await served.record(delegation_id)
        wire = Wire(agent.url)
        await wire.result(SEND["1.0"], message_params("1.0", "by hand", task_id=record["remote_task_id"]))
        await wire.aclose()
        polled = await served.ask(f"delegations/{delegation_id}/poll")
        assert polled.json()["status"] == "completed"
