"""Points of A2A that its conformance kit calls mandatory and that no other test here holds."""

from __future__ import annotations

import json

import pytest
from headway.agents.journal import Kind
from support.agents import DIALECTS, GET, SEND, ManualClock, envelope, message_params, task_of

RPC_MEMBERS = {"jsonrpc", "id", "result"}


@pytest.mark.req("A15")
async def test_a_call_with_an_id_of_a_wrong_type_is_no_call_and_does_nothing(serve) -> None:
    server, wire = await serve()
    body = {**envelope("message/send", message_params("0.3", "go")), "id": {"bad": "type"}}
    reply = await wire.post(body)
    assert (reply.status_code, reply.json()["error"]["code"], reply.json()["id"]) == (200, -32600, None)
    assert not server.agent.journal.of(Kind.SEND)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_answer_has_a_result_or_an_error_never_both(serve, dialect: str) -> None:
    _, wire = await serve("fast")
    good = await wire.call(SEND[dialect], message_params(dialect, "steps=1 delay=0"))
    bad = await wire.call(GET[dialect], {"id": "unknown"})
    assert set(good) == RPC_MEMBERS
    assert set(bad) == {"jsonrpc", "id", "error"}
    assert good["jsonrpc"] == bad["jsonrpc"] == "2.0"
    assert isinstance(bad["error"]["message"], str)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_two_calls_under_one_request_id_are_two_calls(serve, dialect: str) -> None:
    server, wire = await serve("fast")
    version = "1.0" if dialect == "1.0" else None
    for _ in range(2):
        body = {**envelope(SEND[dialect], message_params(dialect, "steps=1 delay=0")), "id": "the same"}
        assert (await wire.post(body, version=version)).json()["id"] == "the same"
    assert len(server.agent.journal.of(Kind.STARTED)) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_history_length_bounds_the_messages(serve, dialect: str) -> None:
    _, wire = await serve("fast")
    sent = task_of(await wire.result(SEND[dialect], message_params(dialect, "steps=1 delay=0")))
    for length, kept in ((0, 0), (1, 1), (9, 1)):
        task = await wire.result(GET[dialect], {"id": sent["id"], "historyLength": length})
        assert len(task.get("history", [])) == kept


async def test_tasks_are_listed_since_a_moment_newest_first(serve) -> None:
    clock = ManualClock(1_700_000_000_000)
    _, wire = await serve("hanging", clock=clock)
    ids = []
    for _ in range(3):
        ids.append(await wire.start("1.0", "steps=2 delay=0 at=0"))
        await wire.until_state("1.0", ids[-1], "working")
        clock.advance(60)
    listed = await wire.result("ListTasks", {"statusTimestampAfter": "2023-11-14T22:14:00Z"})
    assert [task["id"] for task in listed["tasks"]] == [ids[2], ids[1]]
    assert (listed["totalSize"], listed["nextPageToken"]) == (2, "")


async def test_the_card_says_all_that_a_client_needs(serve) -> None:
    _, wire = await serve()
    card = (await wire.http.get("/.well-known/agent-card.json")).json()
    required = {"name", "description", "version", "url", "capabilities", "defaultInputModes", "defaultOutputModes"}
    assert required <= card.keys()
    assert all({"id", "name", "description", "tags"} <= skill.keys() for skill in card["skills"])
    assert "token" not in json.dumps(card).lower()
