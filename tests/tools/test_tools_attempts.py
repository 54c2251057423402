"""B5: what is sent again, when, and what never is. The agent is a script, the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.agents import ManualClock, going_on
from support.delegating import begun, odd_platform, until, until_ended
from support.platforms import NOBODY, eventually
from support.scripted_http import Exchange, scripted_server

Json = dict[str, Any]
SENDS = ("SendStreamingMessage", "SendMessage", "message/stream", "message/send")


class Agent:
    """A v1.0 agent as a script: `on_send(exchange, n)` answers the n-th send; what it has is in `tasks`, by context."""

    def __init__(self, on_send: Callable[[Exchange, int], Awaitable[None]]) -> None:
        self.on_send = on_send
        self.sends: list[Json] = []
        self.tasks: dict[str, Json] = {}
        self.lists = True
        self.asked: list[str] = []

    async def handle(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            card = {"name": "odd", "supportedInterfaces": [{"url": "/", "protocolVersion": "1.0"}]}
            await exchange.json({**card, "capabilities": {"streaming": True}})
            return
        call = exchange.rpc
        method, params = call["method"], call["params"]
        self.asked.append(method)
        if method in SENDS:
            self.sends.append(call)
            await self.on_send(exchange, len(self.sends))
        elif method == "ListTasks" and self.lists:
            found = self.tasks.get(params["contextId"])
            await self.result(exchange, {"tasks": [found] if found else []})
        elif method == "GetTask" and (task := next((t for t in self.tasks.values() if t["id"] == params["id"]), None)):
            await self.result(exchange, task)
        else:
            await self.error(exchange, -32601, "no such method")

    async def result(self, exchange: Exchange, result: object) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "result": result})

    async def error(self, exchange: Exchange, code: int, message: str) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "error": {"code": code, "message": message}})

    def has(self, task_id: str, state: str, text: str = "") -> None:
        """It has the task of this delegation now."""
        artifacts = [{"artifactId": "a", "parts": [{"text": text}]}] if text else []
        self.tasks[task_id] = {
            "id": f"remote-{task_id}",
            "contextId": task_id,
            "status": {"state": f"TASK_STATE_{state}"},
            "artifacts": artifacts,
        }

    async def complete(self, exchange: Exchange, text: str) -> None:
        message = {"messageId": "a", "role": "ROLE_AGENT", "parts": [{"text": text}]}
        await self.result(exchange, {"message": message})


async def hang(exchange: Exchange, _number: int = 0) -> None:
    await exchange.gone.wait()


async def reset(exchange: Exchange, _number: int = 0) -> None:
    exchange.writer.transport.abort()


def ids(agent: Agent) -> list[tuple[str, str]]:
    return [(call["id"], call["params"]["message"]["messageId"]) for call in agent.sends]


@pytest.mark.req("B5", "B9")
async def test_the_request_is_what_the_spec_says(tmp_path: Path) -> None:
    async def done(exchange: Exchange, _number: int) -> None:
        await agent.complete(exchange, "fine")

    agent = Agent(done)
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        assert (await until_ended(tools, task_id))["result"] == "fine"
        [call] = agent.sends
        params = call["params"]
        assert call["id"] == f"delegation-{task_id}-1"
        assert params["message"]["messageId"] == f"msg-{task_id}"
        assert params["message"]["parts"] == [{"text": "look"}]
        trace = params["metadata"].pop("traceparent")
        assert params["metadata"] == {"parent_task_id": task_id, "source_workspace_id": odd.workspace}
        [sent] = [one for one in server.exchanges if one.method == "POST"]
        assert (sent.headers["x-workspace-id"], sent.headers["traceparent"]) == (odd.workspace, trace)


@pytest.mark.req("B5")
@pytest.mark.parametrize("attempts", [1, 3, 5])
async def test_a_refused_connection_is_tried_again_with_growing_pauses(tmp_path: Path, attempts: int) -> None:
    """Pauses of 7 s × attempt, on the test's clock."""
    clock = ManualClock()
    async with scripted_server(hang) as closed:
        pass
    settings = {"clock": clock, "delegation_delay": 7.0, "delegation_attempts": attempts}
    async with odd_platform(tmp_path, closed.url, **settings) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        for attempt in range(1, attempts):
            await _paused(clock, 7.0 * attempt)
            clock.advance(7.0 * attempt - 0.1)
            assert (await tools.check_delegation_status(task_id))["status"] == "dispatched"
            clock.advance(0.1)
        failed = await until_ended(tools, task_id)
        assert failed["error"] == "could not reach the agent: refused; nothing was sent"
        assert clock.monotonic() == pytest.approx(sum(7.0 * attempt for attempt in range(1, attempts)))
        await eventually(lambda: len(odd.of("notify")) == 1)


async def _paused(clock: ManualClock, seconds: float) -> None:
    """Wait until somebody sleeps on the clock for just so long."""
    due = clock.monotonic() + seconds
    await eventually(lambda: any(abs(at - due) < 1e-6 for at, _, woken in clock._sleepers if not woken.done()))


@pytest.mark.req("B5")
async def test_an_agent_that_comes_back_gets_it_on_a_later_attempt(tmp_path: Path) -> None:
    async def done(exchange: Exchange, _number: int) -> None:
        await agent.complete(exchange, "fine")

    agent = Agent(done)
    calls: list[str] = []

    async def first_nowhere(exchange: Exchange) -> None:
        """Two connections are cut before a byte is read as a request: the card's, twice."""
        calls.append(exchange.method)
        if len(calls) <= 2:
            await reset(exchange)
        else:
            await agent.handle(exchange)

    async with scripted_server(first_nowhere) as server, odd_platform(tmp_path, server.url) as (_odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        assert (await until_ended(tools, task_id))["result"] == "fine"
        [(request_id, message_id)] = ids(agent)
        assert message_id == f"msg-{task_id}"
        assert request_id == f"delegation-{task_id}-{len(calls) - 1}"


@pytest.mark.req("B5")
async def test_after_a_timeout_the_agent_is_asked_and_what_it_does_not_have_is_sent_again(tmp_path: Path) -> None:
    async def second_time(exchange: Exchange, number: int) -> None:
        if number < 3:
            await hang(exchange)
        await agent.complete(exchange, "fine")

    agent, clock = Agent(second_time), ManualClock()
    async with (
        scripted_server(agent.handle) as server,
        odd_platform(tmp_path, server.url, clock=clock, delegation_timeout=60.0, delegation_delay=7.0) as (_odd, tools),
    ):
        task_id = await begun(tools, NOBODY, "look")
        for number in (1, 2):
            await eventually(lambda number=number: len(agent.sends) == number)
            clock.advance(60.0)
            await _paused(clock, 7.0 * number)
            assert agent.asked[-1] == "ListTasks", "asked before it is sent again"
            clock.advance(7.0 * number)
        assert (await until_ended(tools, task_id))["result"] == "fine"
        assert ids(agent) == [(f"delegation-{task_id}-{number}", f"msg-{task_id}") for number in (1, 2, 3)]


@pytest.mark.req("B5", "Q12")
@pytest.mark.parametrize("broken", [hang, reset])
async def test_what_the_agent_has_is_followed_and_never_sent_again(tmp_path: Path, broken: Any) -> None:
    async def taken(exchange: Exchange, _number: int) -> None:
        agent.has(exchange.rpc["params"]["message"]["contextId"], "WORKING")
        await broken(exchange)

    agent, clock = Agent(taken), ManualClock()
    async with (
        scripted_server(agent.handle) as server,
        odd_platform(tmp_path, server.url, clock=clock, delegation_timeout=60.0) as (_odd, tools),
    ):
        task_id = await begun(tools, NOBODY, "look")
        await eventually(lambda: len(agent.sends) == 1)
        async with going_on(clock):
            await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
            agent.has(task_id, "COMPLETED", "fine")
            done = await until_ended(tools, task_id)
        assert (done["status"], done["result"]) == ("completed", "fine")
        assert len(agent.sends) == 1


@pytest.mark.req("B5", "Q12")
async def test_an_agent_that_cannot_say_whether_it_has_it_does_not_get_it_twice(tmp_path: Path) -> None:
    agent, clock = Agent(hang), ManualClock()
    agent.lists = False
    async with (
        scripted_server(agent.handle) as server,
        odd_platform(tmp_path, server.url, clock=clock, delegation_timeout=60.0) as (_odd, tools),
    ):
        task_id = await begun(tools, NOBODY, "look")
        await eventually(lambda: len(agent.sends) == 1)
        async with going_on(clock):
            failed = await until_ended(tools, task_id)
        assert "the outcome is unknown" in failed["error"]
        assert len(agent.sends) == 1


@pytest.mark.req("B5", "Q12")
async def test_an_agent_that_does_not_answer_the_question_does_not_get_it_twice(tmp_path: Path) -> None:
    agent, clock = Agent(hang), ManualClock()

    async def silent_once_sent(exchange: Exchange) -> None:
        await (hang(exchange) if agent.sends else agent.handle(exchange))

    async with (
        scripted_server(silent_once_sent) as server,
        odd_platform(tmp_path, server.url, clock=clock, delegation_timeout=60.0, delegation_attempts=3) as (
            _odd,
            tools,
        ),
    ):
        task_id = await begun(tools, NOBODY, "look")
        await eventually(lambda: len(agent.sends) == 1)
        async with going_on(clock):
            failed = await until_ended(tools, task_id)
        assert "whether the agent has the task is unknown" in failed["error"]
        assert len(agent.sends) == 1


@pytest.mark.req("B5")
@pytest.mark.parametrize(
    ("code", "message"), [(-32602, "the model is overloaded"), (-32000, "out of credit"), (-32603, "it raised")]
)
async def test_an_error_that_the_agent_answers_stops_at_once(tmp_path: Path, code: int, message: str) -> None:
    async def refuse(exchange: Exchange, _number: int) -> None:
        await agent.error(exchange, code, message)

    agent = Agent(refuse)
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url) as (odd, tools):
        failed = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert (failed["error"], len(agent.sends)) == (message, 1)
        await eventually(lambda: len(odd.of("notify")) == 1)
        assert odd.of("update") == [{"status": "failed", "error": message}]


@pytest.mark.req("B5")
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"oops", "HTTP 500: oops"),
        (200, b"{nonsense", "Invalid JSON response"),
        (200, b"", "workspace agent returned empty response"),
        (413, b'{"error": "too large"}', "HTTP 413: "),
        (503, b'{"error": "full", "busy": true}', "full"),
        (502, b"bad gateway", "HTTP 502: bad gateway"),
        (403, b'{"error": {"code": -32600, "message": "these two may not talk"}}', "HTTP 403: these two may not talk"),
    ],
)
async def test_other_answers_that_are_none_stop_at_once(tmp_path: Path, status: int, body: bytes, error: str) -> None:
    async def answer(exchange: Exchange, _number: int) -> None:
        await exchange.head(status, "application/json")
        await exchange.raw(body)

    agent = Agent(answer)
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url) as (_odd, tools):
        failed = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert failed["status"] == "failed"
        assert failed["error"].startswith(error)
        assert len(agent.sends) == 1


@pytest.mark.req("B10")
async def test_every_text_of_every_artifact_and_the_message_is_the_result(tmp_path: Path) -> None:
    async def answer(exchange: Exchange, _number: int) -> None:
        parts = [[{"text": "one"}, {"data": {"n": 1}}, {"text": "two"}], [{"kind": "text", "text": "three"}]]
        task = {
            "id": "r",
            "contextId": "c",
            "status": {"state": "TASK_STATE_COMPLETED", "message": {"role": "ROLE_AGENT", "parts": [{"text": "last"}]}},
            "artifacts": [{"artifactId": str(n), "parts": held} for n, held in enumerate(parts)],
        }
        await agent.result(exchange, {"task": task})

    agent = Agent(answer)
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url) as (_odd, tools):
        done = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert done["result"] == "one\ntwo\nthree\nlast"


@pytest.mark.req("B10")
async def test_a_result_without_any_text_is_compact_json(tmp_path: Path) -> None:
    async def answer(exchange: Exchange, _number: int) -> None:
        artifact = {"artifactId": "a", "parts": [{"data": {"rows": [1, 2]}}]}
        status = {"state": "TASK_STATE_COMPLETED"}
        await agent.result(exchange, {"task": {"id": "r", "status": status, "artifacts": [artifact]}})

    agent = Agent(answer)
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url) as (_odd, tools):
        done = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert done["result"] == '{"artifacts":[{"artifactId":"a","parts":[{"data":{"rows":[1,2]}}]}]}'


@pytest.mark.req("B4")
async def test_one_that_says_nothing_for_long_is_stuck_and_a_word_of_it_ends_that(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def slow(exchange: Exchange, _number: int) -> None:
        context = exchange.rpc["params"]["message"]["contextId"]
        agent.has(context, "WORKING")
        await exchange.head()
        await exchange.result({"task": agent.tasks[context]})
        await go.wait()
        status = {"state": "TASK_STATE_WORKING", "message": {"role": "ROLE_AGENT", "parts": [{"text": "still here"}]}}
        await exchange.result({"statusUpdate": {"taskId": f"remote-{context}", "status": status}})
        await exchange.gone.wait()

    agent, clock = Agent(slow), ManualClock()
    async with (
        scripted_server(agent.handle) as server,
        odd_platform(tmp_path, server.url, clock=clock, delegation_timeout=10_000.0) as (_odd, tools),
    ):
        task_id = await begun(tools, NOBODY, "look")
        await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
        clock.advance(601)
        assert (await tools.check_delegation_status(task_id))["status"] == "stuck"
        go.set()
        alive = await until(tools, task_id, lambda answer: answer["status"] == "in_progress")
        assert alive["message"] == "still here"


@pytest.mark.req("B4")
async def test_what_the_agent_asks_is_told_and_its_answer_ends_the_waiting(tmp_path: Path) -> None:
    async def ask(exchange: Exchange, _number: int) -> None:
        context = exchange.rpc["params"]["message"]["contextId"]
        agent.has(context, "INPUT_REQUIRED")
        agent.tasks[context]["status"]["message"] = {"role": "ROLE_AGENT", "parts": [{"text": "which one?"}]}
        await agent.result(exchange, {"task": agent.tasks[context]})

    agent, clock = Agent(ask), ManualClock()
    async with scripted_server(agent.handle) as server, odd_platform(tmp_path, server.url, clock=clock) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        asked = await until(tools, task_id, lambda answer: answer["status"] == "input_required")
        assert asked["message"] == "which one?"
        async with going_on(clock):
            await eventually(lambda: bool(odd.of("update")))
            assert odd.of("update")[0]["status_message"] == "which one?"
            agent.has(task_id, "COMPLETED", "the second")
            assert (await until_ended(tools, task_id))["result"] == "the second"
