"""C5: a status is reported only where it was observed; and what travels from the agent to the record (A16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.platforms import Json, platform
from support.sdk_agents import sdk_agent

QUICK = {"idle_timeout": 0.3, "ask_patience": 0.2, "ask_pause": 0.05}


async def outcome_of(path: Path, task: str, status: str, **settings: float) -> Json:
    """The record of a task that a simulated agent was given, once it has this status."""
    async with platform(path, **settings) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        record = await served.until_status(await served.delegate(target, task), status)
        assert len(agent.agent.journal.of(Kind.SEND)) == 1
        return record


@pytest.mark.req("C5", "A16")
async def test_a_completed_task_has_the_agent_s_result_text_and_percent(tmp_path: Path) -> None:
    record = await outcome_of(tmp_path, "steps=3 delay=0.01 echo=done_here", "completed")
    assert record["result"] == "chunk 1\nchunk 2\nchunk 3\ndone here\n"
    assert record["progress_text"] == record["result"]
    assert record["progress_percent"] == 100
    assert record["via"] == "direct"
    assert record["remote_task_id"]
    assert record["dialect"] == "1.0"
    assert record["error"] is None
    assert record["finished_at"] >= record["created_at"]


@pytest.mark.req("C5")
@pytest.mark.parametrize(
    ("task", "error"),
    [
        ("steps=2 delay=0 fail=disk_full", "disk full"),
        ("steps=2 delay=0 behavior=raise", "the agent raised SimulatedDefect"),
        ("steps=2 delay=0 behavior=malformed", "malformed JSON from the agent: "),
        ("steps=0", "steps= takes a whole number from 1 to 100000; nothing was accepted (-32602)"),
    ],
)
async def test_a_failure_says_precisely_what_failed(tmp_path: Path, task: str, error: str) -> None:
    record = await outcome_of_failure(tmp_path, task)
    assert error in record["error"]
    assert record["result"] is None


async def outcome_of_failure(path: Path, task: str) -> Json:
    async with platform(path, **{**QUICK, "idle_timeout": 5.0}) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        return await served.until_status(await served.delegate(target, task), "failed")


@pytest.mark.req("C5")
@pytest.mark.parametrize("behavior", ["half-stream", "no-final-close", "reset", "non-streaming", "no-final-open"])
async def test_a_stream_without_its_end_is_asked_after(tmp_path: Path, behavior: str) -> None:
    """Half a stream, no final event, a reset connection: the agent is asked, not sent to again."""
    record = await outcome_of(tmp_path, f"steps=4 delay=0.02 behavior={behavior}", "completed", idle_timeout=0.3)
    assert record["result"] == "chunk 1\nchunk 2\nchunk 3\nchunk 4\n"


@pytest.mark.req("C5")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "workspace agent returned empty response"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n",
            "workspace agent returned empty response",
        ),
        (
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"jsonrpc":"2.0","id":"1",'
            b'"error":{"code":-32603,"message":"the model is down"}}',
            "the model is down (-32603)",
        ),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nboom", "HTTP 500: boom"),
        (
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"jsonrpc":"2.0","id":"1",'
            b'"result":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_REJECTED"}}}',
            "rejected by the agent: the agent reported rejected without a reason",
        ),
    ],
    ids=["empty-body", "empty-stream", "json-rpc-error", "http-500", "rejected"],
)
async def test_raw_answers_that_are_no_success(tmp_path: Path, answer: bytes, error: str) -> None:
    async with platform(tmp_path, **QUICK) as served, raw_agent(answer) as url:
        target = await served.workspace("raw", url)
        record = await served.until_status(await served.delegate(target, "look"), "failed")
        assert error in record["error"]


@pytest.mark.req("C5")
async def test_working_is_not_completed(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0 at=1 behavior=hanging")
        record = await served.until_status(delegation_id, "in_progress")
        await served.log.until(lambda: served.log.rows[delegation_id].progress.text == "chunk 1\n")
        polled = (await served.ask(f"delegations/{delegation_id}/poll")).json()
        assert (polled["status"], polled["result"]) == ("in_progress", None)
        assert polled["progress_text"] == "chunk 1\n"
        assert record["finished_at"] is None


@pytest.mark.req("C5")
async def test_a_message_whose_answer_was_lost_is_asked_after_by_its_context(tmp_path: Path) -> None:
    """The connection breaks before a byte of the answer: the agent has the task, so it is found, not sent again."""
    async with (
        platform(tmp_path, ask_pause=0.05) as served,
        serve_agent("coder") as agent,
        losing_first_answer(agent.url) as url,
    ):
        target = await served.workspace("coder", url)
        delegation_id = await served.delegate(target, "steps=3 delay=0.02")
        record = await served.until_status(delegation_id, "completed")
        assert (record["result"], record["via"]) == ("chunk 1\nchunk 2\nchunk 3\n", "resume")
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]


@pytest.mark.req("C5")
async def test_an_agent_that_hangs_up_without_a_word_is_sent_to_once_and_failed(tmp_path: Path) -> None:
    bodies: list[bytes] = []
    async with platform(tmp_path, **QUICK) as served, raw_agent(b"", bodies) as url:
        target = await served.workspace("raw", url)
        record = await served.until_status(await served.delegate(target, "look"), "failed")
        assert "the connection to the agent broke" in record["error"]
        assert len([body for body in bodies if b'"message"' in body]) == 1


@pytest.mark.req("C5", "A16")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_sdk_agents_are_followed_to_their_end(tmp_path: Path, dialect: str) -> None:
    async with platform(tmp_path) as served, sdk_agent("--dialect", dialect, "--steps", "4") as agent:
        target = await served.workspace("sdk", agent.url)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "completed")
        assert record["result"] == "chunk 1\nchunk 2\nchunk 3\nchunk 4\n"
        assert [sent["message_id"] for sent in agent.calls("sent")] == [delegation_id]
        percents = [seen.data.get("progress_percent") for seen in served.log.of(delegation_id)]
        assert max(percent for percent in percents if percent is not None) == 100


@pytest.mark.req("C5")
@pytest.mark.parametrize(
    ("behavior", "status", "said"),
    [
        ("message", "completed", "you said: look"),
        ("data", "completed", '"answer"'),
        ("fail", "failed", "the disk is full"),
        ("raise", "failed", ""),
    ],
)
async def test_sdk_agents_of_every_kind(tmp_path: Path, behavior: str, status: str, said: str) -> None:
    async with platform(tmp_path) as served, sdk_agent("--behavior", behavior) as agent:
        target = await served.workspace("sdk", agent.url)
        record = await served.until_status(await served.delegate(target, "look"), status)
        assert said in (record["result"] if status == "completed" else record["error"])


@pytest.mark.req("C5")
async def test_an_agent_that_is_killed_halfway_fails_with_the_outcome_unknown(tmp_path: Path) -> None:
    async with platform(tmp_path, **QUICK) as served, sdk_agent("--steps", "9", "--delay", "60") as agent:
        target = await served.workspace("sdk", agent.url)
        delegation_id = await served.delegate(target, "look")
        await served.until_status(delegation_id, "in_progress")
        await agent.kill()
        record = await served.until_status(delegation_id, "failed", within=60)
        assert "the outcome is unknown" in record["error"]


@asynccontextmanager
async def raw_agent(answer: bytes, bodies: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that answers every POST with these bytes and has no card."""

    async def respond(body: bytes, writer: asyncio.StreamWriter) -> None:
        if bodies is not None:
            bodies.append(body)
        writer.write(answer)

    async with _posts(respond) as url:
        yield url


@asynccontextmanager
async def losing_first_answer(agent_url: str) -> AsyncIterator[str]:
    """A proxy before an agent that passes calls on, and hangs up in place of the first answer to a message."""
    lost = False

    async def respond(body: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal lost
        version = {"A2A-Version": "1.0"}
        async with (
            httpx.AsyncClient(trust_env=False, headers=version) as http,
            http.stream("POST", agent_url, content=body) as response,
        ):
            if b"SendStreamingMessage" in body and not lost:
                lost = True
                return
            kind = response.headers["content-type"]
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
            async for chunk in response.aiter_raw():
                writer.write(chunk)
                await writer.drain()

    async with _posts(respond) as url:
        yield url


@asynccontextmanager
async def _posts(respond: Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if head.startswith("post"):
                length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length"))
                await respond(await reader.readexactly(length), writer)
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
