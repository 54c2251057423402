"""Agents that lie, callers that err: whatever is thrown at the tools, a verb answers, bounded and truthful."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from headway.core.text import BODY_LIMIT
from headway.net.addresses import LOOPBACK, Allowance
from headway.tools import Outcome, as_tool_messages
from headway.tools.outcome import State
from support.agents import ManualClock, going_on
from support.platforms import platform
from support.scripted_http import Exchange, scripted_server
from support.scripted_platform import answer, scripted_platform, stay_silent, until
from support.tools import held, tools_in, until_ended, until_held

IDS = {"taskId": "t", "contextId": "c"}
WORKING = {"kind": "task", "id": "t", "contextId": "c", "status": {"state": "working"}}
COMPLETED = {"kind": "status-update", **IDS, "status": {"state": "completed"}, "final": True}


def artifact(name: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "artifact-update", **IDS, "artifact": {"artifactId": name, "parts": [part]}}


def streaming(then: Callable[[Exchange], Awaitable[None]]) -> Callable[[Exchange], Awaitable[None]]:
    """An agent without a card, whose task begins at once; what it does `then` is up to the test."""

    async def serve(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head()
        await exchange.result(WORKING)
        await then(exchange)

    return serve


async def completes(exchange: Exchange) -> None:
    await exchange.result(artifact("out", {"kind": "text", "text": "done"}))
    await exchange.result(COMPLETED)


@pytest.mark.parametrize("task_id", ["\ud800", "\x00", "", "a\nb", "x" * 100_000])
async def test_an_id_that_no_task_can_have_is_unknown_to_every_verb(tmp_path: Path, task_id: str) -> None:
    async with tools_in(tmp_path) as tools:
        for verb in (tools.a2a_check_task, tools.a2a_cancel_task, tools.cancel_delegation):
            answer = await verb(task_id)
            assert answer["error"].startswith(("No task found with task_id", "No delegation found with task_id"))
            assert len(answer["error"]) < 500


async def test_a_progress_callback_that_raises_costs_no_result(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def raises(progress: object) -> None:
        raise LookupError("the caller's own")

    async with scripted_server(streaming(completes)) as agent, tools_in(tmp_path) as tools:
        waited = await tools.a2a_send(agent.url, "go", on_progress=raises)
        begun = await tools.a2a_send_async(agent.url, "go", on_progress=raises)
        ended = await until_ended(tools, begun["task_id"])
    assert [(one["state"], one["text"]) for one in (waited, ended)] == [("completed", "done")] * 2
    assert caplog.text.count("on_progress raised") == 2


def outcome(task_id: str) -> Outcome:
    return Outcome(task_id, "coder", "http://coder", "s", "go", State.COMPLETED, "done", None, {}, 1, 2)


@pytest.mark.req("A12")
def test_each_task_has_a_call_id_of_its_own_that_both_apis_take() -> None:
    ids = ["thread-17.4", "thread-17_4", "slack-general-" + "7" * 40 + "-1", "slack-general-" + "7" * 40 + "-2", "äöü"]
    calls = [as_tool_messages(outcome(task_id)).messages[0]["content"][0]["id"] for task_id in ids]
    assert len(set(calls)) == len(ids)
    assert all(len(one) <= 40 and one.isascii() and one.replace("_", "").isalnum() for one in calls)
    assert calls[0] == as_tool_messages(outcome(ids[0]), "openai").messages[1]["tool_call_id"]


async def test_tools_that_are_closed_say_so_to_who_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = held()
    async with scripted_server(streaming(stay_silent)) as agent:
        async with tools_in(tmp_path) as tools:
            heard = asyncio.Event()
            waiting = asyncio.create_task(tools.a2a_send(agent.url, "go", on_progress=lambda _: heard.set()))
            await heard.wait()
        ended = await waiting
    assert ended["success"] is False
    assert "the tools were closed before the agent had answered" in ended["error"]
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")]
    await until_held(before)


@pytest.mark.req("A10")
@pytest.mark.parametrize("allowed", ["the agent", "loopback"])
async def test_a_card_that_names_the_platform_has_nothing_done_there(tmp_path: Path, allowed: str) -> None:
    """The caller's token opens the platform's routes, and some of them need no body: a card may not choose one."""

    async def lies(exchange: Exchange) -> None:
        url = f"{served.url}/workspaces/{me}/delegations/{failed}/retry"
        await exchange.json({"name": "x", "url": url, "protocolVersion": "0.3.0"})

    async def refuses(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": "1", "error": {"code": -32600, "message": "no"}})

    async with (
        platform(tmp_path / "platform") as served,
        scripted_server(lies) as agent,
        scripted_server(refuses) as refusing,
    ):
        me = await served.workspace("me")
        said = await served.http.post("/registry/register", json={"id": me, "url": "http://127.0.0.1:1"})
        other = await served.workspace("other", refusing.url)
        served.source = me
        failed = await served.delegate(other, "go")
        await served.until_status(failed, "failed")
        settings = {"platform_url": served.url, "workspace_id": me, "workspace_token": said.json()["auth_token"]}
        allow = LOOPBACK if allowed == "loopback" else (Allowance.parse(urlsplit(agent.url).netloc),)
        async with tools_in(tmp_path, allow=allow, **settings) as tools:
            answer = await tools.a2a_send(agent.url, "go")
        listed = (await served.http.get(f"/workspaces/{me}/delegations")).json()
    assert answer["success"] is False
    assert "not allowed" in answer["error"]
    assert [one["delegation_id"] for one in listed] == [failed]


async def test_what_many_artifacts_without_text_take_is_bounded(tmp_path: Path) -> None:
    big = {"kind": "data", "data": {"k": "x" * 500_000}}

    async def floods(exchange: Exchange) -> None:
        for number in range(60):
            await exchange.result(artifact(f"a{number}", big))
        await exchange.result(COMPLETED)

    async with scripted_server(streaming(floods)) as agent, tools_in(tmp_path) as tools:
        tracemalloc.start()
        try:
            ended = await tools.a2a_send(agent.url, "go")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 20 * BODY_LIMIT
    assert ended["state"] == "completed"
    assert len(ended["text"]) <= BODY_LIMIT
    assert ended["text"].startswith('{"artifacts":[{"artifactId":"a0"')
    assert "… [cut: 30,0" in ended["text"][-60:]


async def test_artifacts_without_text_are_compact_json_each_as_it_was_last(tmp_path: Path) -> None:
    async def replaces(exchange: Exchange) -> None:
        for number in (1, 2):
            await exchange.result(artifact("a", {"kind": "data", "data": {"n": number}}))
        await exchange.result(artifact("b", {"kind": "data", "data": {"n": 3}}))
        await exchange.result(COMPLETED)

    async with scripted_server(streaming(replaces)) as agent, tools_in(tmp_path) as tools:
        ended = await tools.a2a_send(agent.url, "go")
    parts = [one["parts"][0]["data"]["n"] for one in json.loads(ended["text"])["artifacts"]]
    assert parts == [2, 3]


async def test_a_platform_that_lists_nonsense_does_not_end_the_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    nonsense = [{"delegation_id": odd, "status": "canceled"} for odd in ({}, [], None, 7, True)]

    async with scripted_server(streaming(stay_silent)) as agent, scripted_platform() as home:
        home.on("/registry/discover/peer", answer({"url": agent.url}))
        home.on("/workspaces/ws/delegations", answer(nonsense))
        async with tools_in(tmp_path, clock=clock, platform_url=home.url) as tools:
            begun = await tools.delegate_to_workspace("peer", "go")
            assert begun["success"] is True
            await until(lambda: "message/stream" in agent.methods() or "SendStreamingMessage" in agent.methods())
            async with going_on(clock):
                await until(lambda: len(home.asked("/workspaces/ws/delegations")) >= 2)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_what_is_said_of_another_task_neither_ends_this_one_nor_is_taken_for_it(tmp_path: Path) -> None:
    others = {"taskId": "other", "contextId": "c"}

    async def confuses(exchange: Exchange) -> None:
        for final in (False, True):
            await exchange.result({**COMPLETED, **others, "final": final})
        await exchange.result({**artifact("out", {"kind": "text", "text": "not this"}), **others})
        await completes(exchange)

    async with scripted_server(streaming(confuses)) as agent, tools_in(tmp_path) as tools:
        ended = await tools.a2a_send(agent.url, "go")
        assert len([exchange for exchange in agent.exchanges if exchange.method == "POST"]) == 1
    assert (ended["state"], ended["text"]) == ("completed", "done")


async def test_callbacks_that_hang_hold_nothing_up_and_their_results_are_told_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[str] = []
    told: list[Outcome] = []

    async def hangs(outcome: Outcome) -> None:
        begun.append(outcome.task_id)
        await asyncio.Event().wait()

    async with scripted_server(streaming(completes)) as agent:
        async with tools_in(tmp_path, kept_finished=2) as tools:
            for number in range(5):
                await tools.a2a_send_async(agent.url, "go", task_id=f"t{number}", on_result=hangs)
                await until_ended(tools, f"t{number}")
            await until(lambda: len(begun) == 5)
            states = [(await tools.a2a_check_task(f"t{number}"))["state"] for number in range(5)]
            assert states == ["completed"] * 5
        async with tools_in(tmp_path, on_result=told.append):
            await until(lambda: len(told) == 5)
    assert "is forgotten" not in caplog.text


async def test_a_callback_may_use_the_tools(tmp_path: Path) -> None:
    seen: list[Any] = []

    async with scripted_server(streaming(completes)) as agent, tools_in(tmp_path) as tools:

        async def goes_on(outcome: Outcome) -> None:
            seen.append(await tools.a2a_check_task(outcome.task_id))
            seen.append(await tools.a2a_cancel_task(outcome.task_id))
            seen.append(await tools.a2a_send(agent.url, "go"))

        await tools.a2a_send_async(agent.url, "go", on_result=goes_on)
        await until(lambda: len(seen) == 3)
    assert [(one["state"], one.get("success")) for one in seen] == [
        ("completed", None),
        ("completed", False),
        ("completed", True),
    ]


async def test_one_task_id_asked_for_by_fifty_is_taken_once_and_the_limit_holds(tmp_path: Path) -> None:
    async with scripted_server(streaming(stay_silent)) as agent, tools_in(tmp_path, task_limit=8) as tools:
        same = await asyncio.gather(*(tools.a2a_send_async(agent.url, "go", task_id="same") for _ in range(50)))
        assert [answer["success"] for answer in same].count(True) == 1
        more = await asyncio.gather(*(tools.a2a_send_async(agent.url, "go") for _ in range(50)))
        assert [answer["success"] for answer in more].count(True) == 7
        assert tools.direct.count == 8


async def test_a_clock_that_is_set_back_leaves_a_question_with_its_session(tmp_path: Path) -> None:
    asked: list[Any] = []

    async def asks(exchange: Exchange) -> None:
        asked.append(exchange.rpc["params"]["message"].get("taskId"))
        if len(asked) == 1:
            await completes(exchange)
        else:
            await exchange.result({**COMPLETED, "status": {"state": "input-required"}})

    async with scripted_server(streaming(asks)) as agent:
        for start in (2_000_000_000_000, 1_000_000_000_000, 1_500_000_000_000):
            async with tools_in(tmp_path, clock=ManualClock(start)) as tools:
                begun = await tools.a2a_send_async(agent.url, "go", session_id="s")
                await until_ended(tools, begun["task_id"])
    assert asked == [None, None, "t"]
