"""B11: a runtime that knows the documents of the API only: record, discover, send, update, notify, list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.platforms import Api, platform
from support.runtime_client import Runtime

CARD = {"name": "peer", "description": "a peer", "version": "1", "skills": []}


@asynccontextmanager
async def two_runtimes(served: Api, url: str, *, tokens: bool) -> AsyncIterator[tuple[Runtime, Runtime]]:
    """A caller and a peer whose agent is at `url`, each with the token that its registration gave it, or with none."""
    first = served.token if tokens else None
    async with (
        Runtime(served.url, await served.workspace("caller"), first) as caller,
        Runtime(served.url, await served.workspace("peer"), first) as peer,
    ):
        await caller.register("http://127.0.0.1:9/", {**CARD, "name": "caller"})
        await peer.register(url, CARD)
        assert all(one.token not in (None, served.token) if tokens else one.token is None for one in (caller, peer))
        yield caller, peer


with_and_without_tokens = pytest.mark.parametrize("tokens", [True, False])


@with_and_without_tokens
@pytest.mark.req("B11")
async def test_record_discover_send_update_notify_list(tmp_path: Path, tokens: bool) -> None:
    async with (
        platform(tmp_path, allow_anonymous_loopback=not tokens) as served,
        serve_agent("coder") as agent,
        two_runtimes(served, agent.url, tokens=tokens) as (caller, peer),
    ):
        done = await caller.delegate(peer.workspace_id, "steps=2 delay=0")
        assert (done.status, done.result) == ("completed", "chunk 1\nchunk 2\n")
        assert done.platform == ["record 202", "update 200", "notify 200"]
        refused = await caller.delegate(peer.workspace_id, "steps=0")
        assert (refused.status, refused.error) == ("failed", refused.error)
        assert refused.error
        nowhere = await caller.delegate("00000000-0000-4000-8000-000000000000", "look")
        assert nowhere.error == "Discovery failed: HTTP 404"
        newest, second, oldest = await caller.listed()
        assert [item["delegation_id"] for item in (oldest, second)] == [done.task_id, refused.task_id]
        assert [item["status"] for item in (newest, second, oldest)] == ["failed", "failed", "completed"]
        assert oldest["response_preview"] == "chunk 1\nchunk 2\n"
        assert oldest["_ledger"] is True
        sent = agent.agent.journal.of(Kind.SEND)
        assert [entry.message_id for entry in sent] == [f"msg-{done.task_id}"]
        assert served.log.statuses[done.task_id] == ["dispatched", "completed"]


@with_and_without_tokens
@pytest.mark.req("B11", "Q1", "Q8")
async def test_a_busy_peer_is_queued_and_its_answer_comes_to_the_same_delegation(tmp_path: Path, tokens: bool) -> None:
    async with (
        platform(tmp_path, allow_anonymous_loopback=not tokens) as served,
        serve_agent("coder", slots=1) as agent,
        two_runtimes(served, agent.url, tokens=tokens) as (caller, peer),
    ):
        await peer.heartbeat(0)
        holding = await served.delegate(peer.workspace_id, "steps=1 delay=60")
        await served.until_status(holding, "in_progress")
        await peer.heartbeat(1, holding)
        waiting = await caller.delegate(peer.workspace_id, "steps=2 delay=0")
        assert (waiting.status, waiting.platform[1:]) == ("queued", ["update 200", "notify 200"])
        assert (await caller.check(waiting.task_id)).status == "queued"
        status = await served.get(f"/workspaces/{caller.workspace_id}/a2a/queue/{waiting.queue_id}")
        assert (status["status"], status["delegation_id"]) == ("queued", waiting.task_id)
        await served.cancel(holding)
        await served.log.until_event(
            lambda seen: seen.type == "DELEGATION_COMPLETE" and seen.data["delegation_id"] == waiting.task_id
        )
        assert (await caller.check(waiting.task_id)).result == "chunk 1\nchunk 2\n"
        [item] = await caller.listed()
        assert (item["delegation_id"], item["status"]) == (waiting.task_id, "completed")
        sent = agent.agent.journal.of(Kind.SEND)
        assert [entry.message_id for entry in sent] == [holding, f"msg-{waiting.task_id}"]
