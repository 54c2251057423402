"""Delegating over MCP, through a real platform: the SDK's own client on `headway mcp`, over both transports."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from mcp import Client
from support.mcp_servers import TRANSPORTS, WITHIN, answer, http_client, http_server, mcp_client, stdio_server
from support.platforms import Api, eventually, platform

Json = dict[str, Any]


def workspace(served: Api) -> dict[str, str]:
    """The environment of an agent of the platform's `lead` workspace."""
    return {"PLATFORM_URL": served.url, "WORKSPACE_ID": served.source, "WORKSPACE_TOKEN": served.token}


async def until_over(client: Client, task_id: str) -> Json:
    async with asyncio.timeout(WITHIN):
        while True:
            told = await answer(client, "check_delegation_status", task_id=task_id)
            if told["status"] in ("completed", "failed", "canceled"):
                return told
            await asyncio.sleep(0.01)


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_task_is_delegated_looked_at_and_canceled(tmp_path: Path, transport: str) -> None:
    async with (
        platform(tmp_path / "platform") as served,
        serve_agent("coder") as agent,
        mcp_client(transport, tmp_path, **workspace(served)) as client,
    ):
        target = await served.workspace("coder", agent.url, slots=4)
        began = await answer(client, "delegate_to_workspace", workspace_id=target, task="steps=2 delay=0")
        assert began.keys() == {"success", "task_id", "status", "message"}
        over = await until_over(client, began["task_id"])
        assert (over["status"], over["result"], over["workspace_id"]) == ("completed", "chunk 1\nchunk 2\n", target)
        result = await client.call_tool("check_delegation_status", {"task_id": began["task_id"]})
        provenance = result.meta["headway/provenance"]
        assert (provenance["agent"], provenance["trust"]) == (target, "untrusted")
        assert (await served.until_status(began["task_id"], "completed"))["source_id"] == served.source

        task = "steps=9999 delay=0.02"
        began = await answer(client, "delegate_to_workspace", workspace_id=target, task=task)
        await served.until_status(began["task_id"], "in_progress")
        canceled = await answer(client, "cancel_delegation", task_id=began["task_id"], reason="not needed")
        assert (canceled["status"], canceled["confirmed"]) == ("canceled", True)
        assert len(agent.agent.journal.of(Kind.CANCEL)) == 1
        assert (await served.until_status(began["task_id"], "canceled"))["cancel_reason"] == "not needed"

        listed = await answer(client, "check_delegation_status")
        assert [one["status"] for one in listed["delegations"]] == ["canceled", "completed"]
        assert listed["delegations"][1]["result_preview"] == "chunk 1\nchunk 2\n"
        late = await client.call_tool("cancel_delegation", {"task_id": began["task_id"]})
        assert late.is_error
        assert "has ended already: canceled; nothing was changed" in late.content[0].text
        unknown = await client.call_tool("check_delegation_status", {"task_id": "nobody's"})
        assert (unknown.is_error, unknown.content[0].text) == (True, "No delegation found with task_id nobody's")


@pytest.mark.req("A19")
async def test_what_is_not_permitted_is_a_tool_error(tmp_path: Path) -> None:
    async with (
        platform(tmp_path / "platform") as served,
        stdio_server(tmp_path, **workspace(served), WORKSPACE_ROLES="read-only") as client,
    ):
        refused = await client.call_tool("delegate_to_workspace", {"workspace_id": "x", "task": "y"})
        assert refused.is_error
        assert refused.content[0].text == "RBAC: no 'delegate' permission. Roles: read-only"
        assert '"outcome": "denied"' in (tmp_path / "mcp.log").read_text()


@pytest.mark.req("A19")
async def test_without_a_platform_it_says_what_to_set(tmp_path: Path) -> None:
    async with stdio_server(tmp_path) as client:
        refused = await client.call_tool("delegate_to_workspace", {"workspace_id": "x", "task": "y"})
        assert refused.is_error
        assert "set PLATFORM_URL and WORKSPACE_ID; nothing was sent" in refused.content[0].text


@pytest.mark.req("A19")
async def test_a_delegation_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    async with platform(tmp_path / "platform") as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        async with http_server(tmp_path, **workspace(served)) as server, http_client(server.url) as client:
            task = "steps=40 delay=0.05"
            began = await answer(client, "delegate_to_workspace", workspace_id=target, task=task)
            await eventually(lambda: len(agent.agent.journal.of(Kind.STEP)) > 3)
            await server.end(signal.SIGKILL)
        async with stdio_server(tmp_path, **workspace(served)) as client:
            over = await until_over(client, began["task_id"])
            assert (over["status"], over["result"].splitlines()[-1]) == ("completed", "chunk 40")
        assert len(agent.agent.journal.of(Kind.SEND)) == 1
