"""C1: what delegate accepts and refuses, and that what was accepted is durable."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.platforms import NOBODY, Api, broken_ledger, connected, platform, serve

INVALID = "invalid delegation request"


@pytest.mark.req("C1")
async def test_every_400_has_its_text_and_leaves_nothing(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        task = {"task": "look"}
        refused = {
            b"": INVALID,
            b"not json": INVALID,
            b"[]": INVALID,
            b'"text"': INVALID,
            b"null": INVALID,
            b"\xff\xfe": INVALID,
            b"{}": INVALID,
            json.dumps({"target_id": NOBODY}).encode(): INVALID,
            json.dumps({"target_id": 7, **task}).encode(): INVALID,
            json.dumps({"target_id": NOBODY, "task": ["look"]}).encode(): INVALID,
            json.dumps({"target_id": NOBODY, "task": ""}).encode(): INVALID,
            json.dumps({"target_id": NOBODY, "task": " \n\u200b"}).encode(): INVALID,
            json.dumps({"target_id": NOBODY, **task, "priority": "high"}).encode(): INVALID,
            json.dumps({"target_id": NOBODY, **task, "deadline_seconds": -1}).encode(): INVALID,
            b'{"target_id": "%s", "task": "look", "priority": NaN}' % NOBODY.encode(): INVALID,
            b'{"target_id": "%s", "task": "look", "priority": %s}' % (NOBODY.encode(), b"9" * 5_000): INVALID,
            json.dumps({"target_id": "coder", **task}).encode(): "target_id must be a valid UUID",
            json.dumps({"target_id": "", **task}).encode(): "target_id must be a valid UUID",
            json.dumps({"target_id": served.source, **task}).encode(): "self-delegation not permitted",
        }
        for body, text in refused.items():
            answer = await served.ask("delegate", body)
            assert (answer.status_code, answer.json()) == (400, {"error": text}), body
        assert await served.get("/admin/delegations") == []
        assert not [seen for seen in served.log.events if seen.type.startswith("DELEGATION")]


@pytest.mark.req("C1")
@pytest.mark.parametrize("kind", ["unknown", "without-url"])
async def test_a_target_that_cannot_be_reached_is_accepted_and_then_failed(tmp_path: Path, kind: str) -> None:
    async with platform(tmp_path) as served:
        target = NOBODY if kind == "unknown" else await served.workspace("seat without an agent")
        answer = await served.ask("delegate", {"target_id": target.upper(), "task": "look"})
        assert answer.status_code == 202
        accepted = answer.json()
        assert accepted == {"delegation_id": accepted["delegation_id"], "status": "delegated", "target_id": target}
        record = await served.until_status(accepted["delegation_id"], "failed")
        assert record["error"] == ("unknown target workspace" if kind == "unknown" else "No URL for workspace")


async def test_an_agent_that_refuses_connections_is_failed_with_the_reason(tmp_path: Path) -> None:
    async with serve_agent() as agent:
        url = agent.url
    async with platform(tmp_path, retry_pause=0.05) as served:
        target = await served.workspace("gone", url)
        record = await served.until_status(await served.delegate(target, "look"), "failed")
        assert record["error"].startswith("failed to reach workspace agent: ")


@pytest.mark.req("C1")
async def test_the_message_carries_the_delegation_s_id(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent() as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(delegation_id, "completed")
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]


@pytest.mark.req("C1")
async def test_accepted_is_durable_through_kill_9(tmp_path: Path) -> None:
    async with serve(tmp_path) as process:
        async with connected(process.url, process.folder) as served:
            source = served.source
            body = {"target_id": NOBODY, "task": "keep this", "idempotency_key": "k"}
            answer = await served.ask("delegate", body)
            await process.kill()
        assert answer.status_code == 202
    async with platform(tmp_path, source=source) as served:
        record = await served.record(answer.json()["delegation_id"])
        assert (record["task"], record["target_id"], record["idempotency_key"]) == ("keep this", NOBODY, "k")


@pytest.mark.req("C1")
async def test_a_ledger_that_is_locked_refuses_with_503_and_nothing_is_sent(tmp_path: Path) -> None:
    async with platform(tmp_path, ledger_retry=0.05) as served, serve_agent() as agent:
        target = await served.workspace("coder", agent.url)
        with sqlite3.connect(tmp_path / "headway.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await served.ask("delegate", {"target_id": target, "task": "steps=1 delay=0"})
            other.execute("ROLLBACK")
        other.close()
        assert answer.status_code == 503
        assert "the ledger cannot be written" in answer.json()["error"]
        assert "nothing was changed" in answer.json()["error"]
        await _still_dispatches(served, target)
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("C1")
async def test_a_ledger_that_cannot_be_written_refuses_every_acknowledged_call(tmp_path: Path) -> None:
    async with platform(tmp_path, ledger_retry=0.05) as served, serve_agent() as agent:
        target = await served.workspace("coder", agent.url, slots=2)
        running = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(running, "in_progress")
        with broken_ledger(tmp_path):
            delegate = await served.ask("delegate", {"target_id": target, "task": "look"})
            record = await served.ask("delegations/record", {"target_id": target, "task": "x", "delegation_id": NOBODY})
            update = await served.ask(f"delegations/{running}/update", {"status": "completed"})
            cancel = await served.cancel(running)
            removal = await served.http.delete(f"/workspaces/{target}")
        assert [answer.status_code for answer in (delegate, record, update, cancel, removal)] == [503] * 5
        assert record.json() == {"error": "failed to record delegation"}
        assert (await served.record(running))["status"] == "in_progress"
        assert not agent.agent.journal.of(Kind.CANCEL)
        await _still_dispatches(served, target)


async def _still_dispatches(served: Api, target: str) -> None:
    await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
