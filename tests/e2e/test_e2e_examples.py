"""The programs and the configuration in examples/, run as their first lines say, against simulated agents."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Status
from mcp import Client, StdioServerParameters
from support.mcp_servers import answer
from support.platforms import Api, eventually, platform

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


async def workspace_token(served: Api, workspace_id: str) -> str:
    """What `headway token new` prints."""
    made = await served.http.post("/admin/tokens", json={"scope": f"workspace:{workspace_id}"})
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_an_agent_delegates_to_another_and_the_board_sees_both(tmp_path: Path) -> None:
    port = a_free_port()
    async with platform(tmp_path / "platform") as served, serve_agent("coder") as coder:
        there = await served.workspace("coder", coder.url, slots=4)
        lead = await served.workspace("lead", f"http://127.0.0.1:{port}", slots=4)
        environment = {
            **os.environ,
            "HEADWAY_TOOLS_DATA": str(tmp_path / "tools"),
            "PLATFORM_URL": served.url,
            "WORKSPACE_ID": lead,
            "WORKSPACE_TOKEN": await workspace_token(served, lead),
        }
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLES / "delegating_agent.py"), str(port), there), env=environment
        )
        try:
            await eventually(lambda: _answers(port))
            handed = await served.delegate(lead, "steps=3 delay=0.01")
            record = await served.until_status(handed, "completed")
            assert record["result"] == "chunk 1\nchunk 2\nchunk 3\n"
            rows = (await served.get("/snapshot"))["delegations"]
            assert {(row["target_id"], row["status"]) for row in rows} == {(lead, "completed"), (there, "completed")}

            handed = await served.delegate(lead, "steps=9999 delay=0.02")
            await eventually(lambda: len(coder.agent.journal.of(Kind.SEND)) == 2)
            assert (await served.cancel(handed)).status_code < 300
            await served.until_status(handed, "canceled")
            await eventually(lambda: bool(coder.agent.journal.of(Kind.CANCEL)))
        finally:
            program.kill()
            await program.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_five_agents_are_asked_at_once(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(serve_agent(f"agent {number}")) for number in range(5)]
        urls = [agent.url for agent in agents]
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLES / "fan_out.py"), "steps=1 delay=0.01", *urls),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "HEADWAY_TOOLS_DATA": str(tmp_path), "A2A_ALLOW": "127.0.0.1"},
        )
        out, _ = await asyncio.wait_for(program.communicate(), 60)
        assert program.returncode == 0
        assert sorted(out.decode().splitlines()) == sorted(f"{url}: chunk 1" for url in urls)


async def test_a_coding_assistant_is_configured(tmp_path: Path) -> None:
    [server] = json.loads((EXAMPLES / "mcp.json").read_text())["mcpServers"].values()
    async with platform(tmp_path / "platform") as served, serve_agent("coder") as coder:
        target = await served.workspace("coder", coder.url)
        assistant = await served.workspace("assistant")
        mine = {
            "PLATFORM_URL": served.url,
            "WORKSPACE_ID": assistant,
            "WORKSPACE_TOKEN": await workspace_token(served, assistant),
        }
        assert mine.keys() < server["env"].keys()
        environment = {**server["env"], **mine, "HEADWAY_TOOLS_DATA": str(tmp_path), "PATH": PATH}
        async with Client(StdioServerParameters(**{**server, "env": environment})) as client:
            sent = await answer(client, "a2a_send", agent_url=coder.url, message="steps=1 delay=0")
            assert sent["text"] == "chunk 1\n"
            began = await answer(client, "delegate_to_workspace", workspace_id=target, task="steps=1 delay=0")
            await served.log.until(lambda: Status.COMPLETED in served.log.statuses[began["task_id"]])
            assert served.log.rows[began["task_id"]].source_id == assistant
