"""What a runtime tells of a delegation that it sends itself: its trace, its progress, its cancel (C6, B9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.agents import message_params
from support.gateway import Door
from support.platforms import Api, platform
from support.scripted_http import Exchange, scripted_server

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"
BAD = ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", TRACE.replace("00-", "ff-", 1), TRACE.upper(), "x" * 55)


async def recorded(served: Api, target: str, **headers: str) -> str:
    delegation_id = str(uuid4())
    answer = await served.http.post(
        f"/workspaces/{served.source}/delegations/record",
        json={"target_id": target, "task": "look", "delegation_id": delegation_id},
        headers=headers,
    )
    assert answer.status_code == 202, answer.text
    return delegation_id


def about(delegation_id: str, traceparent: str, text: str = "steps=1 delay=0") -> dict[str, Any]:
    metadata = {"parent_task_id": delegation_id, "traceparent": traceparent}
    return {**message_params("0.3", text), "metadata": metadata}


@asynccontextmanager
async def coder(tmp_path: Path, **more: Any) -> AsyncIterator[tuple[Api, str, Any]]:
    async with platform(tmp_path) as served, serve_agent("coder", **more) as agent:
        yield served, await served.workspace("coder", agent.url), agent


@pytest.mark.req("B9")
async def test_the_trace_of_a_recorded_delegation_is_kept_from_its_header(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        kept = await recorded(served, target, traceparent=TRACE)
        assert (await served.record(kept))["traceparent"] == TRACE
        for wrong in BAD:
            assert (await served.record(await recorded(served, target, traceparent=wrong)))["traceparent"] is None


@pytest.mark.req("B9")
async def test_the_trace_of_a_recorded_delegation_is_kept_from_its_message(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        door = Door(served, target, caller=served.source)
        one = await recorded(served, target)
        for wrong in BAD:
            await door.result("message/send", about(one, wrong))
            assert (await served.record(one))["traceparent"] is None
        await door.result("message/send", about(one, TRACE))
        assert (await served.record(one))["traceparent"] == TRACE
        await door.result("message/send", about(one, OTHER))
        assert (await served.record(one))["traceparent"] == TRACE, "the first one stays"


@pytest.mark.req("B9")
async def test_nobody_writes_a_trace_into_a_delegation_of_others(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        one = await recorded(served, target)
        stranger = await served.workspace("stranger")
        await Door(served, target, caller=stranger).result("message/send", about(one, TRACE))
        assert (await served.record(one))["traceparent"] is None


@pytest.mark.req("B9")
async def test_the_trace_of_a_message_that_waits_is_kept(tmp_path: Path) -> None:
    async with coder(tmp_path, slots=1) as (served, target, _agent):
        holding = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(holding, "in_progress")
        one = await recorded(served, target)
        door = Door(served, target, caller=served.source)
        assert (await door.call("message/send", about(one, TRACE))).status_code == 202
        assert (await served.record(one))["traceparent"] == TRACE
        unnamed = await door.call("message/send", {**about("", OTHER)})
        assert (await served.record(unnamed.json()["delegation_id"]))["traceparent"] == OTHER


async def test_a_queued_message_is_answered_as_it_asked_to_be(tmp_path: Path) -> None:
    """What it says of its answer (configuration) goes along when it is sent; whether it is waited for is ours."""

    async def handle(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({"error": "none"}, 404)
        elif len(sends) == 0:
            sends.append({})
            await exchange.json({"error": "busy", "busy": True}, 503)
        else:
            sends.append(exchange.rpc["params"])
            message = {"messageId": "a", "role": "ROLE_AGENT", "parts": [{"text": "done"}]}
            await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "result": {"message": message}})

    sends: list[dict[str, Any]] = []
    async with platform(tmp_path, busy_recheck=0.05) as served, scripted_server(handle) as agent:
        target = await served.workspace("odd", agent.url)
        door = Door(served, target, caller=served.source)
        configuration = {"acceptedOutputModes": ["text/csv"], "historyLength": 3, "blocking": False}
        asked = {**message_params("0.3", "table"), "configuration": configuration}
        ticket = await door.call("message/send", asked)
        assert ticket.status_code == 202, ticket.text
        await served.until_status(ticket.json()["delegation_id"], "completed")
        assert sends[-1]["configuration"] == {"acceptedOutputModes": ["text/csv"], "historyLength": 3}


@pytest.mark.req("C6", "E1")
async def test_a_source_tells_of_the_work_that_it_sees(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        one = await recorded(served, target)

        async def say(**body: Any) -> int:
            return (await served.ask(f"delegations/{one}/update", {"status": "in_progress", **body})).status_code

        assert await say(progress_text="reading ", progress_percent=10, status_message="reads") == 200
        assert await say(progress_offset=8, progress_text="and \x1b[31mwriting") == 200
        record = await served.record(one)
        assert record["progress_text"] == "reading and \ufffd[31mwriting"
        assert (record["status"], record["progress_percent"], record["status_message"]) == ("in_progress", 10, "reads")
        assert await say(progress_offset=8, progress_text="done") == 200
        await served.log.until(lambda: served.log.rows[one].progress.text == "reading done")
        assert (await served.record(one))["progress_text"] == "reading done"
        for wrong in ({"progress_percent": 101}, {"progress_percent": "9"}, {"progress_offset": -1}):
            assert await say(**wrong) == 400


async def test_of_its_own_work_the_platform_sees_for_itself(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        ours = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(ours, "in_progress")
        said = {"status": "in_progress", "progress_text": "made up", "progress_percent": 99}
        assert (await served.ask(f"delegations/{ours}/update", said)).status_code == 200
        record = await served.record(ours)
        assert ("made up" in record["progress_text"], record["progress_percent"]) == (False, None)


@pytest.mark.req("C9")
@pytest.mark.parametrize(("confirmed", "words"), [(True, "the agent confirmed"), (False, "did not confirm")])
async def test_a_source_that_asked_its_agent_to_cancel_says_what_came_of_it(
    tmp_path: Path, confirmed: bool, words: str
) -> None:
    async with coder(tmp_path) as (served, target, _agent):
        one = await recorded(served, target)
        answer = await served.cancel(one, reason="enough", confirmed=confirmed)
        assert (answer.status_code, answer.json()["status"]) == (202, "canceled")
        record = await served.until_status(one, "canceled")
        assert words in record["status_message"]
        assert record["cancel_reason"] == "enough"
        event = await served.log.until_event(lambda seen: seen.type == "DELEGATION_CANCELED")
        assert event.data["confirmed"] is confirmed


@pytest.mark.req("C9")
async def test_nobody_confirms_a_cancel_for_an_agent_that_the_platform_asks(tmp_path: Path) -> None:
    async with coder(tmp_path) as (served, target, agent):
        ours = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(ours, "in_progress")
        assert (await served.cancel(ours, confirmed=True)).json()["status"] == "canceling"
        await served.until_status(ours, "canceled")
        assert agent.agent.journal.of(Kind.CANCEL)
