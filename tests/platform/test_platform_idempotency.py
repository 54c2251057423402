"""C2: one idempotency key is one delegation, however many ask for it at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.platforms import Json, platform


@pytest.mark.req("C2")
async def test_fifty_requests_at_once_are_one_delegation_and_one_delivery(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=50)
        body = {"target_id": target, "task": "steps=1 delay=0", "idempotency_key": "k"}
        answers = await asyncio.gather(*(served.ask("delegate", body) for _ in range(50)))
        said: list[Json] = [answer.json() for answer in answers]
        assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
        [delegation_id] = {one["delegation_id"] for one in said}
        assert sum(one.get("idempotent_hit", False) for one in said) == 49
        assert {one["target_id"] for one in said} == {target}
        await served.until_status(delegation_id, "completed")
        later = (await served.ask("delegate", body)).json()
        assert later == {
            "delegation_id": delegation_id,
            "status": "completed",
            "target_id": target,
            "idempotent_hit": True,
        }
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]
        assert len(await served.get("/admin/delegations")) == 1


@pytest.mark.req("C2")
async def test_a_key_is_its_source_s_own_is_refused_for_something_else_and_is_freed_by_a_failure(
    tmp_path: Path,
) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        elsewhere = await served.workspace("coder too", agent.url)
        task = {"task": "steps=2 delay=0.3 fail=no", "idempotency_key": "k"}
        first = (await served.ask("delegate", {"target_id": target, **task})).json()["delegation_id"]
        for other in ({"target_id": elsewhere, **task}, {"target_id": target, **task, "task": "another task"}):
            refused = await served.ask("delegate", other)
            assert refused.status_code == 409
            assert f"was used for another task or target, by delegation {first}" in refused.json()["error"]
        source = await served.workspace("another source")
        own = await served.ask("delegate", {"target_id": target, **task}, source=source)
        assert own.status_code == 202
        await served.until_status(first, "failed")
        again = await served.ask("delegate", {"target_id": target, **task, "task": "steps=1 delay=0"})
        assert again.status_code == 202
        assert again.json()["delegation_id"] != first
        await served.until_status(again.json()["delegation_id"], "completed")
