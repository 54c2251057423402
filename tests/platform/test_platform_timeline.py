"""`…/delegations/:did/events`: what happened to one delegation, as far as it is kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.connectors.errors import NotFound
from headway.connectors.headway import HeadwayConnector
from headway.core.events import Completed, Sent
from headway.net.clock import SystemClock
from support.platforms import NOBODY, platform


async def test_its_events_come_oldest_first_without_what_it_put_out(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        other = await served.delegate(target, "steps=1 delay=0")
        mine = await served.delegate(target, "steps=3 delay=0")
        await served.until_status(other, "completed")
        await served.until_status(mine, "completed")
        told = await served.get(f"/workspaces/{served.source}/delegations/{mine}/events")
        assert (told[0]["type"], told[-1]["type"]) == ("DELEGATION_SENT", "DELEGATION_COMPLETE")
        assert "DELEGATION_PROGRESS" not in {one["type"] for one in told}
        assert {one["data"]["delegation_id"] for one in told} == {mine}
        assert [one["seq"] for one in told] == sorted({one["seq"] for one in told})
        newest = await served.get(f"/workspaces/{served.source}/delegations/{mine}/events", limit=1)
        assert newest == told[-1:]


async def test_those_of_another_workspace_are_not_there(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        mine = await served.delegate(target, "steps=1 delay=0")
        for path in (f"{target}/delegations/{mine}", f"{served.source}/delegations/{NOBODY}"):
            answer = await served.http.get(f"/workspaces/{path}/events")
            assert answer.status_code == 404
        refused = await served.http.get(f"/workspaces/{served.source}/delegations/{mine}/events", params={"limit": 0})
        assert refused.status_code == 422


async def test_a_connector_reads_them(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        mine = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(mine, "completed")
        connector = HeadwayConnector(served.url, served.token, clock=SystemClock(), rng=random.Random(1))
        try:
            record = await connector.delegation(mine)
            events = await connector.timeline(record)
            assert isinstance(events[0].payload, Sent)
            assert isinstance(events[-1].payload, Completed)
            assert events[-1].timestamp == record.finished_at
            with pytest.raises(NotFound):
                await connector.timeline(record.model_copy(update={"delegation_id": NOBODY}))
        finally:
            await connector.aclose()
