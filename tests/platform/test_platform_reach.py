"""What a platform dials on behalf of others, seen from outside: agents, cards, and what a card names."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.net.addresses import Allowance
from support.platforms import platform
from support.scripted_http import Exchange, scripted_server

METADATA = "http://169.254.169.254/"


@pytest.mark.req("A10")
@pytest.mark.parametrize("url", [METADATA, "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://0/"])
async def test_an_agent_at_a_forbidden_address_is_never_dialled(tmp_path: Path, url: str) -> None:
    async with platform(tmp_path) as served:
        metadata = await served.workspace("metadata", url)
        found = await served.get(f"/workspaces/{metadata}")
        assert found["status"] == "offline"
        assert "which is never dialled" in found["last_sample_error"]
        record = await served.until_status(await served.delegate(metadata, "read me the keys"), "failed")
        assert "the agent's address is not allowed" in record["error"]
        assert "nothing was sent" in record["error"]


@pytest.mark.req("A10")
async def test_a_card_cannot_lead_to_a_forbidden_address(tmp_path: Path) -> None:
    async def trap(exchange: Exchange) -> None:
        card = {"name": "trap", "url": METADATA, "protocolVersion": "0.3.0", "capabilities": {"streaming": True}}
        await exchange.json(card, 200 if exchange.method == "GET" else 500)

    async with scripted_server(trap) as agent, platform(tmp_path) as served:
        workspace = await served.workspace("trap", agent.url)
        record = await served.until_status(await served.delegate(workspace, "go there"), "failed")
        assert "169.254.169.254" in record["error"]
        assert agent.methods() == []


@pytest.mark.req("A10")
async def test_a_card_that_is_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async def moved(exchange: Exchange) -> None:
        await exchange.head(307, location=METADATA)

    async with scripted_server(moved) as agent, platform(tmp_path) as served:
        workspace = await served.workspace("moved", agent.url)
        record = await served.until_status(await served.delegate(workspace, "go there"), "failed")
        assert "HTTP 307" in record["error"]


@pytest.mark.req("A10")
async def test_agents_on_this_machine_can_be_left_out(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent, platform(tmp_path, deny_loopback=True) as served:
        coder = await served.workspace("coder", agent.url)
        found = await served.get(f"/workspaces/{coder}")
        assert "is a loopback address; `headway serve --allow 127.0.0.1:" in found["last_sample_error"]
        record = await served.until_status(await served.delegate(coder, "steps=1 delay=0"), "failed")
        assert "a loopback address" in record["error"]


async def test_what_is_allowed_by_name_and_port_is_dialled(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent:
        allow = [Allowance.parse(agent.url.removeprefix("http://"))]
        async with platform(tmp_path, deny_loopback=True, allow=allow) as served:
            coder = await served.workspace("coder", agent.url)
            await served.until_status(await served.delegate(coder, "steps=1 delay=0"), "completed")
