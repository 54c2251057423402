"""`headway mcp` as a process: what is on stdout, how it ends, what survives, who may call it over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.tools.descriptions import VERBS
from headway.tools.mcp.edge import Access, AccessRefused
from mcp import MCPError
from support.mcp_servers import (
    WITHIN,
    answer,
    command,
    environment,
    http_client,
    http_server,
    is_running,
    stdio_server,
    until_ended,
)
from support.platforms import eventually

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
CLIENT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from support.mcp_servers import answer, stdio_server

async def main():
    async with stdio_server(Path(sys.argv[2])) as client:
        await answer(client, "a2a_send_async", agent_url=sys.argv[3], message="steps=9999 delay=0.02", task_id="kept")
        await client.call_tool("a2a_send", {"agent_url": sys.argv[3], "message": "steps=9999 delay=0.02"})

asyncio.run(main())
"""
STRAY = """
import functools, sys
from headway.tools.a2a_verbs import A2AVerbs
from headway.cli import main

checked = A2AVerbs.a2a_check_task

@functools.wraps(checked)
async def check(self, task_id):
    print("printed by a library")
    return await checked(self, task_id)

A2AVerbs.a2a_check_task = check
sys.argv = ["headway", "mcp"]
main()
"""


def request(number: int, method: str, params: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


async def started(folder: Path, *program: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment(folder)},
    )


async def initialized(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(request(0, "initialize", INITIALIZE))
    async with asyncio.timeout(WITHIN):
        assert json.loads(await process.stdout.readline())["result"]["serverInfo"]["name"] == "headway"
    process.stdin.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')


@pytest.mark.req("A19")
async def test_stdout_carries_nothing_but_the_protocol(tmp_path: Path) -> None:
    process = await started(tmp_path, sys.executable, "-c", STRAY)
    await initialized(process)
    call = {"name": "a2a_check_task", "arguments": {"task_id": "x"}}
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"no json\n\n" + request(1, "tools/call", call))
    async with asyncio.timeout(WITHIN):
        assert json.loads(await process.stdout.readline())["id"] == 1
        out, err = await process.communicate(b"")
    assert out == b""
    assert b"printed by a library" in err
    assert process.returncode == 0


DEEP = b"[" * 100_000 + b"]" * 100_000
UNREADABLE = {
    b'{"jsonrpc":"1.0","id":5,"method":"tools/list"}': 5,
    b'{"jsonrpc":"2.0","id":6,"method":7}': 6,
    b'{"jsonrpc":"2.0","id":"\\ud800","method":"tools/list"}': "\ud800",
    b'{"jsonrpc":"2.0","id":8,"method":"tools/call","params":[]}': 8,
    b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"a2a_send","arguments":{"message":"\\ud800"}}}': 9,
}
"""What cannot be read, and who waits for an answer."""
NOISE = [
    b"no json", b"[]", b"{}", b"null", b"1", DEEP, b"\xff\xfe\x00", b'{"jsonrpc":"2.0","id":1,"result":{}}',
    b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}', b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"x"}',
    b'{"jsonrpc":"2.0","id":14,"method":"tools/list","params":' + DEEP + b"}",
    b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":999}}',
]  # fmt: skip


@pytest.mark.req("A19")
async def test_what_is_no_message_is_answered_where_somebody_waits_and_ends_nothing(tmp_path: Path) -> None:
    process = await started(tmp_path, *command())
    await initialized(process)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n".join([*NOISE, *UNREADABLE]) + b"\n" + request(99, "tools/list", {}))
    async with asyncio.timeout(WITHIN):
        answers = {one["id"]: one for one in [json.loads(await process.stdout.readline()) for _ in range(6)]}
        assert len(answers.pop(99)["result"]["tools"]) == len(VERBS)
        assert set(answers) == set(UNREADABLE.values())
        assert all(one["error"]["code"] == -32600 for one in answers.values())
        out, _ = await process.communicate(b"")
    assert (out, process.returncode) == (b"", 0)


@pytest.mark.req("A19")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_while_its_client_is_silent(tmp_path: Path, number: int) -> None:
    process = await started(tmp_path, *command())
    await initialized(process)
    process.send_signal(number)
    async with asyncio.timeout(WITHIN):
        assert await process.wait() == 0


@pytest.mark.req("A19")
async def test_over_http_a_signal_ends_it_and_cancels_what_clients_wait_for(tmp_path: Path) -> None:
    async with serve_agent() as agent, http_server(tmp_path) as server, http_client(server.url) as client:
        journal = agent.agent.journal
        arguments = {"agent_url": agent.url, "message": "steps=9999 delay=0.02"}
        call = asyncio.create_task(client.call_tool("a2a_send", arguments))
        await eventually(lambda: len(journal.of(Kind.STEP)) > 2)
        assert await server.end() == 0
        assert len(journal.of(Kind.CANCEL)) == 1
        with pytest.raises(MCPError):
            await call


@pytest.mark.req("A19")
async def test_a_client_that_is_killed_ends_its_server_and_loses_no_task(tmp_path: Path) -> None:
    async with serve_agent() as agent:
        journal = agent.agent.journal
        arguments = [str(Path(__file__).parents[1]), str(tmp_path), agent.url]
        client = await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, *arguments)
        await eventually(lambda: len({entry.task_id for entry in journal.of(Kind.STEP)}) == 2)
        client.kill()
        await client.wait()
        server = int((tmp_path / "pid").read_text())
        await eventually(lambda: not is_running(server))
        # Nobody reads what the waiting call was for: its agent has been told. The other goes on, and is found again.
        assert len(journal.of(Kind.CANCEL)) == 1
        async with stdio_server(tmp_path) as again:
            assert (await answer(again, "a2a_check_task", task_id="kept"))["state"] == "running"
            canceled = await answer(again, "a2a_cancel_task", task_id="kept")
            assert canceled["agent_confirmed"]
        assert len(journal.of(Kind.SEND)) == 2


@pytest.mark.req("A19")
async def test_a_server_that_is_killed_and_started_again_knows_its_tasks(tmp_path: Path) -> None:
    async with serve_agent() as agent:
        journal = agent.agent.journal
        async with http_server(tmp_path) as server, http_client(server.url) as client:
            await answer(client, "a2a_send_async", agent_url=agent.url, message="steps=1 delay=0", task_id="over")
            await until_ended(client, "over")
            message = "steps=40 delay=0.05"
            await answer(client, "a2a_send_async", agent_url=agent.url, message=message, task_id="on")
            await eventually(lambda: len(journal.of(Kind.STEP)) > 3)
            assert await server.end(signal.SIGKILL) == -signal.SIGKILL
        async with stdio_server(tmp_path) as client:
            assert (await answer(client, "a2a_check_task", task_id="over"))["text"] == "chunk 1\n"
            ended = await until_ended(client, "on")
            assert (ended["state"], ended["text"].splitlines()[-1]) == ("completed", "chunk 40")
        assert len(journal.of(Kind.SEND)) == 2


@pytest.mark.req("A19")
async def test_a_second_server_of_one_workspace_says_what_to_do(tmp_path: Path) -> None:
    async with http_server(tmp_path):
        second = await started(tmp_path, *command())
        out, err = await asyncio.wait_for(second.communicate(b""), WITHIN)
    assert (second.returncode, out) == (5, b"")
    assert b"Nothing was started; share one server with --http, or set another WORKSPACE_ID" in err


def refused(*arguments: str, **env: str) -> tuple[int, str]:
    """The exit code and the words of a server that does not start."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=WITHIN, env={**os.environ, **env}, check=False
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.req("A19")
async def test_over_http_only_its_own_names_and_pages_are_answered(tmp_path: Path) -> None:
    async with http_server(tmp_path) as server, httpx.AsyncClient(trust_env=False) as http:
        for headers, status in (
            ({"Host": "evil.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "http://localhost:3000"}, 400),
        ):
            said = await http.post(
                server.url, json={}, headers={"Accept": "application/json, text/event-stream", **headers}
            )
            assert said.status_code == status, said.text


@pytest.mark.req("A19")
async def test_off_loopback_a_token_is_asked_for(tmp_path: Path) -> None:
    code, said = refused("--http", "--host", "0.0.0.0", "--port", "0")
    assert code == 2
    assert "others could reach 0.0.0.0; give a token with --token-file. Nothing was started." in said
    file = tmp_path / "token"
    token = "t" * 40
    file.write_text(token)
    file.chmod(0o600)
    options = ("--host", "0.0.0.0", "--public-host", "mcp.example", "--token-file", str(file))
    async with http_server(tmp_path, *options) as server, httpx.AsyncClient(trust_env=False) as http:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": token}):
            said = await http.post(url, json={}, headers={"Host": "mcp.example", **headers})
            assert (said.status_code, said.headers["WWW-Authenticate"]) == (401, "Bearer")
        said = await http.post(url, json={}, headers={"Authorization": f"Bearer {token}"})
        assert said.status_code == 421
        async with http_client(url, token=token, host="mcp.example") as client:
            assert (await client.call_tool("a2a_check_task", {"task_id": "x"})).is_error


@pytest.mark.req("A19")
def test_who_could_be_reached_by_others_needs_a_token_and_a_name() -> None:
    for bound, public in (("192.0.2.1", []), ("::", []), ("127.0.0.1", ["mcp.example"])):
        with pytest.raises(AccessRefused, match="give a token with --token-file"):
            Access.of(bound, public=public)
    with pytest.raises(AccessRefused, match="name one with --public-host"):
        Access.of("0.0.0.0", token="t")
    assert Access.of("127.0.0.1").hosts == ("127.0.0.1", "localhost", "[::1]")
    assert Access.of("2001:db8::1", token="t").hosts == ("[2001:db8::1]",)
    assert "secret" not in repr(Access.of("192.0.2.1", token="secret"))


@pytest.mark.req("A19")
def test_settings_that_cannot_be_used_are_named() -> None:
    code, said = refused(A2A_TASK_LIMIT="many", PLATFORM_URL="nowhere")
    assert code == 2
    assert "A2A_TASK_LIMIT must be a whole number" in said
    assert "PLATFORM_URL must be an http or https URL" in said
    assert "nothing was started" in said
    code, said = refused("--port", "0")
    assert code == 2
    assert "go with --http. Nothing was started." in said


@pytest.mark.req("A19")
def test_without_the_extra_it_says_how_to_get_it() -> None:
    program = (
        "import sys, importlib.util as u; found = u.find_spec;"
        "u.find_spec = lambda name, *more: None if name == 'mcp' else found(name, *more);"
        "sys.argv = ['headway', 'mcp']; from headway.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "headway: this needs the optional part mcp: in a checkout of Headway, `make install` brings every optional "
        "part, `pip install '.[mcp]'` this one. Nothing was started.\n"
    )
