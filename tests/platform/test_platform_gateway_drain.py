"""What waited in the gateway's queue: delivered once, as it was sent, and its answer stitched to its delegation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.agents import message_params
from support.gateway import HOLD, Door, occupied
from support.platforms import Api, eventually, platform
from support.scripted_http import Exchange, scripted_server


async def status_of(served: Api, target: str, ticket: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await served.get(f"/workspaces/{target}/a2a/queue/{ticket['queue_id']}")
    return found


@pytest.mark.req("Q8", "Q11")
@pytest.mark.parametrize("recorded", [True, False])
async def test_the_answer_is_stitched_to_the_delegation(tmp_path: Path, recorded: bool) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        holding = await occupied(served, target)
        params = message_params("0.3", "steps=2 delay=0", message_id="msg-1")
        if recorded:
            body = {"target_id": target, "task": "steps=2 delay=0", "delegation_id": "own-1"}
            assert (await served.ask("delegations/record", body)).status_code == 202
            params["metadata"] = {"parent_task_id": "own-1"}
        ticket = (await Door(served, target, caller=served.source).call("message/send", params)).json()
        delegation_id = ticket["delegation_id"]
        await served.cancel(holding)
        record = await served.until_status(delegation_id, "completed")
        assert (record["result"], record["via"], record["recorded"]) == ("chunk 1\nchunk 2\n", "queue_drain", recorded)
        [complete] = [seen for seen in served.log.of(delegation_id) if seen.type == "DELEGATION_COMPLETE"]
        assert complete.data["via"] == "queue_drain"
        status = await status_of(served, target, ticket)
        assert (status["status"], status["response"]) == ("completed", "chunk 1\nchunk 2\n")
        sent = agent.agent.journal.of(Kind.SEND)
        assert [entry.message_id for entry in sent] == [holding, "msg-1"]
        listed = await served.get(f"/workspaces/{served.source}/delegations")
        assert sum(item["delegation_id"] == delegation_id for item in listed) == 1


@pytest.mark.req("Q8")
@pytest.mark.parametrize("spoken", ["0.3", "1.0"])
async def test_what_is_drained_is_the_whole_message_in_the_agent_s_dialect(tmp_path: Path, spoken: str) -> None:
    busy = asyncio.Event()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            card = {"name": "v1", "supportedInterfaces": [{"url": server.url, "protocolVersion": "1.0"}]}
            await exchange.json(card)
        elif not busy.is_set():
            busy.set()
            await exchange.json({"busy": True, "retry_after": 0}, 503)
        else:
            message = {"messageId": "a", "role": "ROLE_AGENT", "parts": [{"text": "done"}]}
            await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "result": {"message": message}})

    text, data = {"text": "look"}, {"data": {"deep": [1, {"x": None}]}}
    if spoken == "0.3":
        text, data = {"kind": "text", **text}, {"kind": "data", **data}
    message = {
        "messageId": "m-9",
        "role": "user" if spoken == "0.3" else "ROLE_USER",
        "parts": [text, data],
        "contextId": "of-the-caller",
        "metadata": {"mine": True},
    }
    method = "message/send" if spoken == "0.3" else "SendMessage"
    async with platform(tmp_path, busy_pause=0.01) as served, scripted_server(agent) as server:
        target = await served.workspace("scripted", server.url)
        door = Door(served, target, caller=served.source)
        answer = await door.call(method, {"message": message, "metadata": {"about": "the request"}})
        assert answer.status_code == 202
        record = await served.until_status(answer.json()["delegation_id"], "completed")
        assert (record["result"], record["task"]) == ("done", "look")
        [_, sent] = [exchange.rpc for exchange in server.exchanges if exchange.method == "POST"]
        said = sent["params"]["message"]
        assert said["messageId"] == "m-9"
        assert said["contextId"] == "of-the-caller"
        assert said["role"] == "ROLE_USER"
        assert [part.get("text") for part in said["parts"]] == ["look", None]
        assert said["parts"][1]["data"] == {"deep": [1, {"x": None}]}
        assert said["metadata"]["mine"] is True
        assert sent["params"]["metadata"] == {"about": "the request"}


@pytest.mark.req("Q12")
async def test_a_runtime_that_says_queued_late_does_not_have_it_sent_twice(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        holding = await occupied(served, target)
        body = {"target_id": target, "task": "x", "delegation_id": "own-1"}
        await served.ask("delegations/record", body)
        params = message_params("0.3", HOLD, message_id="msg-1")
        params["metadata"] = {"parent_task_id": "own-1"}
        assert (await Door(served, target, caller=served.source).call("message/send", params)).status_code == 202
        await served.cancel(holding)
        await served.until_status("own-1", "in_progress")
        late = await served.ask("delegations/own-1/update", {"status": "queued"})
        assert late.status_code == 409
        assert len(agent.agent.journal.of(Kind.SEND)) == 2
        assert (await served.cancel("own-1")).status_code == 202
        await served.until_status("own-1", "canceled")
        assert agent.agent.journal.of(Kind.CANCEL), "it is ours to cancel, though its source has recorded it"


@pytest.mark.req("Q4", "Q11")
async def test_an_expired_one_is_dropped_with_the_reason_and_a_canceled_one_is_canceled(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await occupied(served, target)
        door = Door(served, target, caller=served.source)
        params = {**message_params("1.0", "look"), "expires_in_seconds": 0.2}
        expiring = (await door.call("SendMessage", params)).json()
        canceled = (await door.send("look")).json()
        await served.cancel(canceled["delegation_id"])
        assert (await status_of(served, target, canceled))["status"] == "canceled"
        await served.until_status(expiring["delegation_id"], "failed")
        status = await status_of(served, target, expiring)
        assert (status["status"], "expired in the queue" in status["error"]) == ("dropped", True)
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("Q3", "Q8")
async def test_what_waits_outlives_a_restart_and_the_same_message_still_finds_it(tmp_path: Path) -> None:
    async with serve_agent("coder", slots=1) as agent:
        async with platform(tmp_path) as served:
            source = served.source
            target = await served.workspace("coder", agent.url)
            holding = await occupied(served, target)
            door = Door(served, target, caller=source)
            ticket = (await door.send("steps=1 delay=0", message_id="same")).json()
        async with platform(tmp_path, source=source) as served:
            door = Door(served, target, caller=source)
            again = (await door.send("steps=1 delay=0", message_id="same")).json()
            assert again["queue_id"] == ticket["queue_id"]
            await served.cancel(holding)
            journal = agent.agent.journal
            await eventually(lambda: len(journal.of(Kind.SEND)) == 2)
            while (await status_of(served, target, ticket))["status"] != "completed":  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.01)
        assert [entry.message_id for entry in journal.of(Kind.SEND)] == [holding, "same"]


@pytest.mark.req("Q11")
async def test_stale_ones_are_dropped_each_with_the_reason_and_of_one_target_where_it_is_named(
    tmp_path: Path,
) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        targets = [await served.workspace(name, agent.url) for name in ("one", "two")]
        tickets = []
        for target in targets:
            await occupied(served, target)
            tickets.append((await Door(served, target, caller=served.source).send("look")).json())
        path = "/admin/a2a-queue/drop-stale"
        young = await served.http.post(path, params={"max_age_minutes": 60})
        assert (young.status_code, young.json()) == (200, {"dropped": 0})
        first = await served.http.post(path, params={"max_age_minutes": 0, "workspace_id": targets[0]})
        assert first.json() == {"dropped": 1}
        found = [await status_of(served, target, ticket) for target, ticket in zip(targets, tickets, strict=True)]
        assert [one["status"] for one in found] == ["dropped", "queued"]
        assert "dropped from the queue" in found[0]["error"]
        assert (await served.http.post(path, params={"max_age_minutes": 0})).json() == {"dropped": 1}
        for wrong in ({}, {"max_age_minutes": -1}, {"max_age_minutes": "nan"}):
            assert (await served.http.post(path, params=wrong)).status_code == 422
        token = (await served.http.post("/registry/register", json={"id": targets[0], "url": agent.url})).json()
        async with served.client(token["auth_token"]) as http:
            assert (await http.post(path, params={"max_age_minutes": 0})).status_code == 403
        assert len(agent.agent.journal.of(Kind.SEND)) == 2
