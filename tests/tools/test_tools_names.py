"""Agents by name: the caller's own list first, then the platform's registry; the token goes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from support.platforms import Api, platform
from support.scripted_http import Exchange, scripted_server
from support.tools import tools_in, until_ended


async def _registered(served: Api) -> tuple[str, str]:
    """A workspace that has registered itself: its id and token."""
    workspace_id = await served.workspace("me")
    said = await served.http.post("/registry/register", json={"id": workspace_id, "url": "http://127.0.0.1:1"})
    return workspace_id, said.json()["auth_token"]


async def test_a_name_is_looked_up_at_the_platform_and_spoken_to_through_its_gateway(tmp_path: Path) -> None:
    async with platform(tmp_path / "platform") as served, serve_agent("coder") as agent:
        me, token = await _registered(served)
        coder = await served.workspace("coder", agent.url)
        settings = {"platform_url": served.url, "workspace_id": me, "workspace_token": token}
        async with tools_in(tmp_path, allow=(), **settings) as tools:
            for name in ("coder", coder):
                asked = await tools.a2a_send_async(agent_name=name, message="steps=2 delay=0")
                assert asked["success"] is True, asked
                answer = await until_ended(tools, asked["task_id"])
                assert (answer["state"], answer["text"]) == ("completed", "chunk 1\nchunk 2\n")
                assert answer["agent"] == "coder"
                assert answer["url"] == f"{served.url}/workspaces/{coder}/a2a"
            refused = await tools.a2a_send_async(agent_name="codr", message="go")
            assert "knows no agent 'codr' that this workspace may talk to; did you mean 'coder'?" in refused["error"]
            assert "nothing was sent" in refused["error"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "no agent is known as 'nobody'; nothing was sent; give agent_url, or set PLATFORM_URL"),
        ({"platform_url": "http://127.0.0.1:9", "workspace_id": None}, "WORKSPACE_ID is not set"),
        (
            {"platform_url": "http://127.0.0.1:9"},
            "could not be looked up: The platform at http://127.0.0.1:9 could not",
        ),
    ],
)
async def test_a_name_that_leads_nowhere_is_an_error(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    async with tools_in(tmp_path, **settings) as tools:
        answer = await tools.a2a_send_async(agent_name="nobody", message="go")
        assert answer["success"] is False
        assert said in answer["error"]


async def test_two_agents_of_one_name_are_told_apart_by_id(tmp_path: Path) -> None:
    async def registry(exchange: Exchange) -> None:
        twins = [{"id": f"w{n}", "name": "twin\x1b[31m", "url": "http://127.0.0.1:9"} for n in (1, 2)]
        await exchange.json(twins)

    async with scripted_server(registry) as server:
        settings = {"platform_url": server.url, "workspace_id": "me", "workspace_token": "hush"}
        async with tools_in(tmp_path, **settings) as tools:
            answer = await tools.a2a_send_async(agent_name="twin\ufffd[31m", message="go")
            assert "several agents are called" in answer["error"]
            assert "w1, w2" in answer["error"]
        assert server.exchanges[0].headers["authorization"] == "Bearer hush"
        assert server.exchanges[0].headers["x-workspace-id"] == "me"


async def test_the_token_is_sent_to_the_platform_only_whatever_a_card_says(tmp_path: Path) -> None:
    async def other(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": "1", "error": {"code": -32603, "message": "no"}})

    async def home(exchange: Exchange) -> None:
        await exchange.json({"name": "x", "url": elsewhere.url, "protocolVersion": "0.3.0"})

    async with scripted_server(other) as elsewhere, scripted_server(home) as server:
        settings = {"platform_url": server.url, "workspace_id": "me", "workspace_token": "hush"}
        async with tools_in(tmp_path, **settings) as tools:
            await tools.a2a_send(f"{server.url}/workspaces/x/a2a", "go")
        assert {exchange.headers.get("authorization") for exchange in server.exchanges} == {"Bearer hush"}
        assert elsewhere.exchanges
        assert {exchange.headers.get("authorization") for exchange in elsewhere.exchanges} == {None}
