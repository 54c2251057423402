"""`headway mcp` as a process, and the SDK's own client on it, over either transport.

async with mcp_client("stdio", tmp_path) as client:
    result = await client.call_tool("a2a_send", {...})
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

WITHIN = 30.0
"""Seconds that anything awaited here may take."""
TRANSPORTS = ("stdio", "http")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What the server is set by: journals in this folder, agents on this machine."""
    return {"HEADWAY_TOOLS_DATA": str(folder), "A2A_ALLOW": "127.0.0.1", "WORKSPACE_ID": "ws", **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "headway", "mcp", *arguments]


@dataclass(slots=True)
class McpServer:
    """A server over HTTP."""

    url: str
    process: asyncio.subprocess.Process
    log: Path

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; its exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(WITHIN):
            return await self.process.wait()


@asynccontextmanager
async def http_server(folder: Path, *options: str, **env: str) -> AsyncIterator[McpServer]:
    """`headway mcp --http` on a free port, until the block ends."""
    log = folder / "mcp.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command("--http", "--port", "0", *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment(folder, **env)},
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("listening on "), (line, log.read_text())
        server = McpServer(line.removeprefix("listening on ").strip(), process, log)
        yield server
        await server.end()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def http_client(
    url: str, *, token: str | None = None, host: str | None = None, mode: str = "auto"
) -> AsyncIterator[Client]:
    """The SDK's client of a server over HTTP."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if host:
        headers["Host"] = host
    async with (
        httpx2.AsyncClient(headers=headers, timeout=WITHIN, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def stdio_server(folder: Path, *, mode: str = "auto", **env: str) -> AsyncIterator[Client]:
    """A server that the SDK's client starts; its process id is in `pid`, its log in `mcp.log`, both in the folder."""
    parameters = StdioServerParameters(
        command="/bin/sh",
        args=["-c", f'echo $$ > "{folder}/pid"; exec "$@"', "sh", *command()],
        env=environment(folder, **env),
    )
    with (folder / "mcp.log").open("a") as log:
        async with Client(stdio_client(parameters, errlog=log), mode=mode) as client:
            yield client


@asynccontextmanager
async def mcp_client(transport: str, folder: Path, *, mode: str = "auto", **env: str) -> AsyncIterator[Client]:
    """A server and its client."""
    if transport == "stdio":
        async with stdio_server(folder, mode=mode, **env) as client:
            yield client
    else:
        async with http_server(folder, **env) as server, http_client(server.url, mode=mode) as client:
            yield client


async def answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a call that went well has answered."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    answered: dict[str, Any] = result.structured_content
    return answered


async def until_ended(client: Client, task_id: str) -> dict[str, Any]:
    """How a task ended."""
    async with asyncio.timeout(WITHIN):
        while True:
            answered = await answer(client, "a2a_check_task", task_id=task_id)
            if answered["state"] != "running":
                return answered
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")
