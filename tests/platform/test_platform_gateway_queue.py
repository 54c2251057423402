"""What a busy agent cannot take waits: who is told what, once per message, and what became of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.ledger.records import Message
from headway.platform.platform import Platform
from support.agents import ManualClock, message_params
from support.gateway import Door, occupied
from support.platforms import NOBODY, broken_ledger, eventually, platform, silent_target
from support.scripted_http import Exchange, scripted_server


@pytest.mark.req("Q1")
@pytest.mark.parametrize("dialect", ["0.3", "1.0"])
async def test_full_slots_answer_queued_with_id_and_depth(tmp_path: Path, dialect: str) -> None:
    """An agent that keeps sessions of its own waits like any other."""
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await occupied(served, target)
        beat = {"workspace_id": target, "active_tasks": 1, "runtime_metadata": {"native_session": True}}
        assert (await served.http.post("/registry/heartbeat", json=beat)).status_code == 200
        door = Door(served, target, caller=served.source)
        for depth, method in ((1, "send"), (2, "stream")):
            answer = await (
                door.send("steps=1 delay=0", dialect=dialect)
                if method == "send"
                else door.call(
                    "message/stream" if dialect == "0.3" else "SendStreamingMessage",
                    message_params(dialect, "steps=1 delay=0"),
                )
            )
            ticket = answer.json()
            assert answer.status_code == 202
            assert (ticket["queued"], ticket["queue_depth"]) == (True, depth)
            assert ticket["message"]
            status = await served.get(f"/workspaces/{target}/a2a/queue/{ticket['queue_id']}")
            assert (status["status"], status["position"], status["attempts"]) == ("queued", depth, 0)
            assert status["delegation_id"] == ticket["delegation_id"]
        record = await served.record(ticket["delegation_id"])
        assert (record["status"], record["source_id"], record["target_id"]) == ("queued", served.source, target)
        assert (record["task"], record["priority"], record["recorded"]) == ("steps=1 delay=0", 50, False)
        assert len(agent.agent.journal.of(Kind.SEND)) == 1
        assert (await served.get(f"/workspaces/{target}"))["queue_depth"] == 2


@pytest.mark.req("Q1")
async def test_a_busy_agent_a_refusal_while_alive_and_a_connect_timeout_answer_queued(
    tmp_path: Path, opened: list[Platform]
) -> None:
    async def busy(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
        else:
            await exchange.json({"busy": True, "retry_after": 60, "error": "full"}, 503)

    async with platform(tmp_path) as served, scripted_server(busy) as server:
        door = Door(served, await served.workspace("busy", server.url, slots=4))
        assert (await door.send("look")).status_code == 202
        away = await served.workspace("away", "http://127.0.0.1:9")
        refused = await Door(served, away).send("look")
        assert (refused.status_code, refused.json()["error"]["code"]) == (502, -32603)
        assert "nothing was sent" in refused.json()["error"]["message"]
        beat = {"last_heartbeat_at": 1, "status": "online"}
        await opened[0].ledger.update_workspace(away, beat)
        assert (await Door(served, away).send("look")).status_code == 202
        # Only what sends a message waits.
        assert (await Door(served, away).call("tasks/get", {"id": "x"})).status_code == 502
        got = await door.call("tasks/get", {"id": "x"})
        assert (got.status_code, got.headers["retry-after"]) == (503, "60")


@pytest.mark.req("Q3")
async def test_the_same_message_waits_once_also_when_fifty_come_at_once(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        holding = await occupied(served, target)
        door = Door(served, target, caller=served.source)
        answers = await asyncio.gather(*(door.send("steps=1 delay=0", message_id="same") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {202}
        [queue_id] = {answer.json()["queue_id"] for answer in answers}
        other = await Door(served, target).send("steps=1 delay=0", message_id="same")
        assert other.json()["queue_id"] != queue_id, "another source's message is another message"
        await served.cancel(holding)
        await served.until_status(answers[0].json()["delegation_id"], "completed")
        sent = [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)]
        assert sent.count("same") <= 2


@pytest.mark.req("Q3", "Q12")
async def test_the_same_message_is_not_passed_on_while_it_is_on_its_way(tmp_path: Path) -> None:
    """One slot: the first goes to the agent, the others come while it is there, and are neither sent nor queued."""
    async with platform(tmp_path) as served, silent_target(served) as target:
        door = Door(served, target.workspace, caller=served.source)
        first = asyncio.create_task(door.send("look", message_id="same"))
        await target.received(1)
        for answer in await asyncio.gather(*(door.send("look", message_id="same") for _ in range(5))):
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, -32600)
        target.busy = {"busy": True}
        target.answer(1)
        assert (await first).status_code == 202
        assert (await served.get(f"/workspaces/{target.workspace}"))["queue_depth"] <= 1


@pytest.mark.req("Q10")
async def test_when_queueing_fails_it_is_503_with_retry_after_and_no_other_marker(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await occupied(served, target)
        door = Door(served, target, caller=served.source)
        with broken_ledger(tmp_path):
            answer = await door.send("look", message_id="same")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            body = answer.json()
            assert isinstance(body.pop("error"), str)
            assert body == {"busy": True, "retry_after": 30}
        assert (await door.send("look", message_id="same")).status_code == 202


@pytest.mark.req("Q11")
async def test_the_queue_is_for_its_participants_only(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        tokens = {}
        ids = {}
        for name in ("source", "target", "other"):
            ids[name] = await served.workspace(name, agent.url)
            body = {"id": ids[name], "url": agent.url}
            tokens[name] = (await served.http.post("/registry/register", json=body)).json()["auth_token"]
        await occupied(served, ids["target"])
        ticket = (await Door(served, ids["target"], token=tokens["source"]).send("look")).json()
        for seat in ("source", "target"):
            path = f"/workspaces/{ids[seat]}/a2a/queue/{ticket['queue_id']}"
            for name, status in (("source", 200), ("target", 200), ("other", 403)):
                async with served.client(tokens[name]) as http:
                    assert (await http.get(path)).status_code == status
        wrong = f"/workspaces/{ids['other']}/a2a/queue/{ticket['queue_id']}"
        assert (await served.http.get(wrong)).status_code == 404
        assert (await served.http.get(f"/workspaces/{ids['target']}/a2a/queue/{NOBODY}")).status_code == 404


@pytest.mark.req("Q2")
async def test_priority_names_and_numbers_and_places(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await occupied(served, target)
        door = Door(served, target, caller=served.source)
        places = {}
        for name, priority in (("a", None), ("b", "info"), ("c", "critical"), ("d", 70), ("e", "strange"), ("f", -1)):
            metadata = {} if priority is None else {"metadata": {"priority": priority}}
            params = {**message_params("0.3", "look"), **metadata}
            places[name] = (await door.call("message/send", params)).json()["queue_id"]
        found = {
            name: await served.get(f"/workspaces/{target}/a2a/queue/{queue_id}") for name, queue_id in places.items()
        }
        assert {name: one["priority"] for name, one in found.items()} == {
            "a": 50, "b": 10, "c": 100, "d": 70, "e": 50, "f": 50,
        }  # fmt: skip
        assert sorted(found, key=lambda name: found[name]["position"]) == ["c", "d", "a", "e", "f", "b"]


@pytest.mark.req("Q8")
@pytest.mark.parametrize("where", ["message", "params"])
async def test_the_delegation_that_a_message_names_waits_with_it(tmp_path: Path, where: str) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await occupied(served, target)
        recorded = {"target_id": target, "task": "the whole task", "delegation_id": "own-1"}
        assert (await served.ask("delegations/record", recorded)).status_code == 202
        door = Door(served, target, caller=served.source)
        params = message_params("0.3", "steps=1 delay=0", message_id="msg-own-1")
        if where == "message":
            params["message"]["metadata"] = {"delegation_id": "own-1"}
        else:
            params["metadata"] = {"parent_task_id": "own-1", "source_workspace_id": served.source, "priority": 70}
        params["expires_in_seconds"] = 600
        ticket = (await door.call("message/send", params, request_id="delegation-own-1-1")).json()
        assert ticket["delegation_id"] == "own-1"
        record = await served.until_status("own-1", "queued")
        assert (record["recorded"], record["task"]) == (True, "the whole task")
        assert record["priority"] == (50 if where == "message" else 70)
        assert record["expires_at"]
        row = served.log.rows["own-1"]
        assert (row.priority, row.status) == (record["priority"], "queued"), "events tell of it as well"
        # A second message of the same delegation is not lost, and does not take the place of the first.
        params["message"]["messageId"] = "msg-own-2"
        second = (await door.call("message/send", params)).json()
        assert second["delegation_id"] != "own-1"
        assert second["queue_depth"] == 2
        # Nor can another source's be taken.
        stranger = Door(served, target)
        assert (await stranger.call("message/send", params)).json()["delegation_id"] not in (
            "own-1",
            second["delegation_id"],
        )


async def test_a_request_that_is_no_send_passes_while_the_slots_are_full(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        holding = await occupied(served, target)
        task_id = (await served.record(holding))["remote_task_id"]
        got = await Door(served, target).call("tasks/get", {"id": task_id})
        assert got.json()["result"]["id"] == task_id


async def test_a_caller_who_hangs_up_while_the_slots_are_full_leaves_at_most_one(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        holding = await occupied(served, target)
        door = Door(served, target, caller=served.source)
        sending = [asyncio.create_task(door.send("steps=1 delay=0", message_id="same")) for _ in range(20)]
        done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        assert next(iter(done)).result().status_code == 202
        await served.cancel(holding)
        journal = agent.agent.journal
        await eventually(lambda: len(journal.of(Kind.STOPPED)) == 2)
        await served.until_status(next(iter(done)).result().json()["delegation_id"], "completed")
        assert len(journal.of(Kind.SEND)) == 2


@pytest.mark.req("Q1", "Q12")
async def test_an_agent_that_says_nothing_before_anything_was_sent_answers_queued(tmp_path: Path) -> None:
    """It hangs while its card is asked for, before the message: the message waits, for it was surely not delivered."""
    silent = asyncio.Event()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "POST" or not silent.is_set():
            await exchange.json({}, 404)
            return
        asked.set()
        await exchange.gone.wait()

    asked = asyncio.Event()
    clock = ManualClock()
    async with platform(tmp_path, clock=clock, probe_every=100_000.0) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        silent.set()
        sending = asyncio.create_task(door.send("look"))
        await asyncio.wait_for(asked.wait(), 10)
        while not sending.done():
            clock.advance(5.0)
            await asyncio.sleep(0.01)
        assert sending.result().status_code == 202
        assert not server.methods()


@pytest.mark.req("Q2")
async def test_a_free_slot_is_for_what_waits_already(tmp_path: Path, opened: list[Platform]) -> None:
    """In the moment between a slot that is free again and the next look at the queue, nobody overtakes."""
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        text = "steps=1 delay=0"
        request = '{"message":{"messageId":"first","parts":[{"text":"steps=1 delay=0"}]}}'
        await opened[0].ledger.hold(Message(served.source, target, "first", task=text, request=request))
        later = await Door(served, target, caller=served.source).send(text, message_id="later")
        assert (later.status_code, later.json()["queue_depth"]) == (202, 2)
        await served.until_status(later.json()["delegation_id"], "completed")
        assert [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)] == ["first", "later"]
        assert (await Door(served, target, caller=served.source).send(text)).status_code == 200
