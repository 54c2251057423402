"""Streams of agents, good and bad, read over real sockets (spec: requirements A8)."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect, OutgoingMessage
from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    AgentUnreachable,
)
from headway.a2a.follow import ASKED_FOR_THE_WHOLE, FollowPolicy
from headway.a2a.rpc import RpcLimits
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock
from headway.net.http import open_client
from support.a2a_clients import shown
from support.agents import ManualClock
from support.scripted_http import Exchange, ScriptedServer, scripted_server
from support.scripted_platform import until

DATA = Path(__file__).parents[1] / "data"
GO = OutgoingMessage("go", "m1", "c1")
FAST = FollowPolicy(pauses=Backoff(first=0.001, most=0.01), failures_allowed=2, settle=0.05)
Reply = Callable[[Exchange], Awaitable[None]]


@asynccontextmanager
async def agent(
    stream: Reply, get: Reply | None = None, resubscribe: Reply | None = None, **options: Any
) -> AsyncIterator[tuple[AgentClient, ScriptedServer]]:
    """A scripted v1.0 agent without a card, and a client of it."""

    async def handler(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
            return
        replies = {"SendStreamingMessage": stream, "GetTask": get, "SubscribeToTask": resubscribe}
        reply = replies.get(exchange.rpc["method"])
        if reply is None:
            await exchange.json({"jsonrpc": "2.0", "id": "1", "error": {"code": -32601, "message": "no such method"}})
            return
        await reply(exchange)

    async with scripted_server(handler) as server, open_client() as http:
        options = {"clock": SystemClock(), "rng": random.Random(1), "policy": FAST, **options}
        yield AgentClient(server.url, http=http, **options), server


def task(state: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"state": state}
    if text is not None:
        status["message"] = {"role": "ROLE_AGENT", "parts": [{"text": text}]}
    return {"task": {"id": "t1", "contextId": "c1", "status": status, **more}}


def status(state: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    whole = task(state, text)["task"]
    return {"statusUpdate": {"taskId": "t1", "contextId": "c1", "status": whole["status"], **more}}


def chunk(text: str, *, append: bool = True, name: str = "out", **more: Any) -> dict[str, Any]:
    artifact = {"artifactId": name, "parts": [{"text": text}], **more}
    return {"artifactUpdate": {"taskId": "t1", "artifact": artifact, "append": append}}


def streaming(*results: object, before: bytes = b"", after: bytes = b"", stay: bool = False) -> Reply:
    async def reply(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.raw(before)
        for result in results:
            await exchange.result(result)
        await exchange.raw(after)
        if stay:
            await exchange.gone.wait()

    return reply


def answering(result: object) -> Reply:
    async def reply(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": "1", "result": result})

    return reply


async def follow(client: AgentClient) -> list[AgentUpdate]:
    async with asyncio.timeout(10):
        return [update async for update in client.stream(GO)]


async def failure(stream: Reply, get: Reply | None = None, **options: Any) -> AgentError:
    async with agent(stream, get, **options) as (client, _):
        with pytest.raises(AgentError) as raised:
            await follow(client)
    return raised.value


@pytest.mark.req("A8")
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("piece", [1, 3, 1_000_000])
async def test_a_stream_is_read_however_it_is_split_and_its_lines_are_ended(end: bytes, piece: int) -> None:
    frames = [task("TASK_STATE_WORKING"), chunk("größe €𝄞", append=False), status("TASK_STATE_COMPLETED", "fertig ✓")]
    # Indented JSON has several lines, so each becomes a data line of its own.
    raw = _framed(frames, end)

    async def reply(exchange: Exchange) -> None:
        await exchange.head()
        for at in range(0, len(raw), piece):
            await exchange.raw(raw[at : at + piece])

    async with agent(reply) as (client, _):
        updates = await follow(client)
    assert updates[-1].state is TaskState.COMPLETED
    assert updates[-1].output == "größe €𝄞\nfertig ✓"


def _framed(frames: list[dict[str, Any]], end: bytes) -> bytes:
    lines: list[bytes] = []
    for frame in frames:
        lines.append(b": ping")
        text = json.dumps({"result": frame}, ensure_ascii=False, indent=1)
        lines += [b"data:" + line.encode() for line in text.split("\n")]
        lines.append(b"")
    return end.join(lines) + end


@pytest.mark.req("A8")
async def test_malformed_json_fails_with_an_excerpt() -> None:
    error = await failure(streaming(task("working"), after=b'data: {"result": \x1b[2J oops\n\n'))
    assert isinstance(error, AgentProtocolError)
    assert "malformed JSON" in str(error)
    assert "oops" in str(error)
    assert "\x1b" not in str(error)


@pytest.mark.req("A8")
@pytest.mark.parametrize(
    "payload",
    [
        b'{"jsonrpc":"2.0","id":"1","error":{"code":-32603,"message":"it \\u001b[31mbroke"}}',
        b'{"error":{"code":-32603,"message":"it \\u001b[31mbroke","data":{"why":1}}}',
    ],
)
@pytest.mark.parametrize("kind", [b"", b"event: error\n"])
async def test_an_error_event_fails_with_its_code_and_text(payload: bytes, kind: bytes) -> None:
    error = await failure(streaming(task("working"), after=kind + b"data: " + payload + b"\n\n"))
    assert isinstance(error, AgentRpcError)
    assert error.code == -32603
    assert str(error) == "it \ufffd[31mbroke (-32603)"
    assert error.delivered is True


@pytest.mark.req("A8")
async def test_an_error_event_that_is_no_json_fails_too() -> None:
    error = await failure(streaming(task("working"), after=b"event: error\ndata: kaput\n\n"))
    assert str(error) == "the agent's stream reported an error: kaput"


@pytest.mark.req("A8")
async def test_after_an_end_without_a_final_event_the_agent_is_asked() -> None:
    get = answering(
        task("TASK_STATE_COMPLETED", artifacts=[{"artifactId": "out", "parts": [{"text": "abcdef"}]}])["task"]
    )
    async with agent(streaming(task("working"), chunk("abc", append=False)), get) as (client, server):
        updates = await follow(client)
    assert updates[-1].output == "abcdef"
    assert shown(updates) == "abcdef"
    assert server.methods() == ["SendStreamingMessage", "GetTask"]


@pytest.mark.req("A8")
async def test_an_end_that_cannot_be_confirmed_is_an_error_and_no_state() -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.writer.transport.abort()

    async with (
        agent(streaming(task("working")), reset) as (client, server),
        aclosing(client.stream(GO)) as updates,
    ):
        assert (await anext(updates)).state is TaskState.WORKING
        with pytest.raises(AgentLost, match="the outcome is unknown") as raised:
            await anext(updates)
    assert raised.value.delivered is None
    assert server.methods().count("GetTask") == FAST.failures_allowed + 1
    assert server.methods().count("SendStreamingMessage") == 1


@pytest.mark.req("A8")
async def test_an_event_over_the_limit_fails() -> None:
    error = await failure(streaming(task("working"), after=b"data: " + b"x" * 5_000), limits=RpcLimits(event=4_096))
    assert isinstance(error, AgentProtocolError)
    assert "larger than 4,096 bytes" in str(error)


@pytest.mark.req("A8")
async def test_an_explicit_final_false_goes_on() -> None:
    frames = [
        {"kind": "status-update", "taskId": "t1", "final": False, "status": {"state": "working"}},
        {"kind": "status-update", "taskId": "t1", "final": False, "status": {"state": "completed"}},
        {"kind": "artifact-update", "taskId": "t1", "artifact": {"artifactId": "a", "parts": [{"text": "late"}]}},
        {"kind": "status-update", "taskId": "t1", "final": True, "status": {"state": "completed"}},
    ]
    async with agent(streaming(*frames)) as (client, _):
        updates = await follow(client)
    assert [update.state for update in updates] == [TaskState.WORKING, None, TaskState.COMPLETED]
    assert updates[-1].output == "late"


async def test_a_completed_that_goes_on_is_believed_once_nothing_more_comes() -> None:
    frames = [
        {"kind": "artifact-update", "taskId": "t1", "artifact": {"artifactId": "a", "parts": [{"text": "all"}]}},
        {"kind": "status-update", "taskId": "t1", "final": False, "status": {"state": "completed"}},
    ]
    async with agent(streaming(*frames, stay=True)) as (client, _):
        updates = await follow(client)
    assert updates[-1].state is TaskState.COMPLETED
    assert updates[-1].output == "all"


@pytest.mark.req("A8")
async def test_what_is_no_task_and_unknown_structures_are_skipped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    odd: list[object] = [
        None,
        7,
        "text",
        [],
        {},
        {"weather": "fine"},
        {"taskUpdate": {}},
        {"artifactUpdate": {"artifact": 1}},
    ]
    async with agent(streaming(task("working"), *odd, status("completed", "done"))) as (client, _):
        with caplog.at_level("WARNING", "headway.a2a"):
            updates = await follow(client)
    assert [update.state for update in updates] == [TaskState.WORKING, TaskState.COMPLETED]
    assert sum("skipped a frame" in record.message for record in caplog.records) == len(odd)


@pytest.mark.req("A18")
@pytest.mark.parametrize("name", ["v1.0-stream.txt", "v0.3-stream.txt"])
async def test_recorded_streams_of_the_sdk_are_read(name: str) -> None:
    recorded = (DATA / "a2a" / name).read_bytes().replace(b"\r\n", b"\n")
    body = recorded.partition(b"\n\n")[2].replace(b"\n", b"\r\n")

    async def reply(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.raw(body)
        await exchange.gone.wait()

    async with agent(reply) as (client, _):
        updates = await follow(client)
    assert shown(updates) == "starting\nchunk 0\nstep 1/2\nchunk 1\nstep 2/2\n"
    assert [update.percent for update in updates if update.percent is not None] == [50.0, 100.0]
    assert updates[-1].output == "chunk 0\nchunk 1\n"
    assert [update.state for update in updates if update.state] == [
        TaskState.SUBMITTED,
        TaskState.WORKING,
        TaskState.COMPLETED,
    ]


async def test_a_stream_is_left_at_its_terminal_event_even_if_the_agent_keeps_it_open() -> None:
    async with agent(streaming(status("completed", "done"), stay=True)) as (client, server):
        assert (await follow(client))[-1].terminal
        async with asyncio.timeout(5):
            await server.exchanges[-1].gone.wait()


async def test_canceling_the_reader_closes_the_connection_and_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    started = asyncio.Event()
    async with agent(streaming(task("working"), stay=True)) as (client, server):

        async def read() -> None:
            async for _ in client.stream(GO):
                started.set()

        reader = asyncio.create_task(read())
        async with asyncio.timeout(5):
            await started.wait()
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await server.exchanges[-1].gone.wait()
    assert asyncio.all_tasks() == before


async def test_closing_the_generator_closes_the_connection() -> None:
    async with agent(streaming(task("working"), stay=True)) as (client, server):
        async with aclosing(client.stream(GO)) as updates:
            await anext(updates)
        async with asyncio.timeout(5):
            await server.exchanges[-1].gone.wait()


async def test_an_idle_stream_is_given_up_and_the_agent_asked() -> None:
    clock = ManualClock()
    quiet = asyncio.Event()

    async def stream(exchange: Exchange) -> None:
        await streaming(task("working"))(exchange)
        quiet.set()
        await exchange.gone.wait()

    get = answering(task("completed", "meanwhile done")["task"])
    async with agent(stream, get, clock=clock) as (client, server):
        following = asyncio.create_task(follow(client))
        async with asyncio.timeout(10):
            await quiet.wait()
            while not server.exchanges[-1].gone.is_set():
                clock.advance(10.0)
                await asyncio.sleep(0)
            updates = await following
    assert updates[-1].output == "meanwhile done"


async def test_an_agent_that_is_silent_from_the_start_is_idle_and_perhaps_delivered() -> None:
    clock = ManualClock()
    asked = asyncio.Event()

    async def stream(exchange: Exchange) -> None:
        asked.set()
        await exchange.gone.wait()

    async with agent(stream, clock=clock) as (client, _):
        following = asyncio.create_task(follow(client))
        async with asyncio.timeout(10):
            await asked.wait()
            start = clock.monotonic()
            while not following.done():
                clock.advance(10.0)
                await asyncio.sleep(0)
            with pytest.raises(AgentIdle, match="silent for 300 s") as raised:
                await following
    assert raised.value.delivered is None
    assert clock.monotonic() - start >= 300


class WatchedClock(ManualClock):
    """Counts how often it is read: whoever limits a silence reads it when the next wait begins."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return super().monotonic()


async def test_pings_keep_a_quiet_stream_alive() -> None:
    clock = WatchedClock()

    async def stream(exchange: Exchange) -> None:
        await streaming(task("working"))(exchange)
        for _ in range(10):
            before = clock.looks
            await exchange.raw(b": ping\r\n\r\n")
            await until(lambda: clock.looks > before)  # noqa: B023 - awaited in the same round
            clock.advance(200.0)
        await exchange.result(status("completed", "slow but sure"))

    async with agent(stream, clock=clock) as (client, server):
        updates = await follow(client)
    assert updates[-1].output == "slow but sure"
    assert server.methods() == ["SendStreamingMessage"]


async def test_a_refused_connection_was_surely_not_delivered() -> None:
    async with scripted_server(streaming()) as server:
        url = server.url
    async with open_client() as http:
        client = AgentClient(url, http=http, clock=SystemClock(), rng=random.Random(1), dialect=Dialect.V1_0)
        with pytest.raises(AgentUnreachable, match="refused; nothing was sent") as raised:
            await follow(client)
    assert raised.value.delivered is False


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "no url",
        "http://xn--a/",
        "http://a..b/",
        f"http://{'a' * 64}.test/",
        "http://%00/",
    ],
)
async def test_a_url_that_cannot_be_used_is_unreachable(url: str) -> None:
    async with open_client() as http:
        client = AgentClient(url, http=http, clock=SystemClock(), rng=random.Random(1))
        with pytest.raises(AgentUnreachable) as raised:
            await follow(client)
    assert raised.value.delivered is False


async def test_busy_is_told_apart_from_other_refusals() -> None:
    async def busy(exchange: Exchange) -> None:
        await exchange.json({"busy": True, "error": "2 of 2 slots in use", "retry_after": 7}, status=503)

    async def restarting(exchange: Exchange) -> None:
        await exchange.json({"restarting": True}, status=503, retry_after="9")

    error = await failure(busy)
    assert isinstance(error, AgentBusy)
    assert (str(error), error.retry_after, error.delivered) == ("2 of 2 slots in use", 7.0, False)
    error = await failure(restarting)
    assert isinstance(error, AgentHttpError)
    assert (error.status, error.restarting, error.body_present, error.retry_after) == (503, True, False, 9.0)
    assert error.delivered is None


async def test_an_empty_2xx_body_is_no_success() -> None:
    async def empty(exchange: Exchange) -> None:
        await exchange.head(content_type="application/json")

    for reply in (empty, streaming()):
        error = await failure(reply)
        assert isinstance(error, AgentProtocolError)
        assert str(error) == "workspace agent returned empty response"


async def test_a_page_in_place_of_an_answer_is_quoted() -> None:
    async def page(exchange: Exchange) -> None:
        await exchange.head(content_type="text/html")
        await exchange.raw(b"<h1>Welcome</h1>")

    assert str(await failure(page)) == "expected JSON from the agent, got text/html: <h1>Welcome</h1>"


async def test_a_whole_answer_counts_even_if_the_connection_breaks_after_it() -> None:
    async def breaking(exchange: Exchange) -> None:
        body = json.dumps({"result": task("completed", "got through")}).encode()
        await exchange.head(content_type="application/json", content_length=str(len(body) + 10))
        await exchange.raw(body)

    async def half(exchange: Exchange) -> None:
        await exchange.head(content_type="application/json", content_length="100")
        await exchange.raw(b'{"result":')

    async with agent(breaking) as (client, _):
        assert (await follow(client))[-1].output == "got through"
    assert isinstance(await failure(half), AgentLost)


async def test_a_reset_before_the_first_event_is_perhaps_delivered_and_not_sent_again() -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.writer.transport.abort()

    async with agent(reset) as (client, server):
        with pytest.raises(AgentLost) as raised:
            await follow(client)
    assert raised.value.delivered is None
    assert server.methods() == ["SendStreamingMessage"]


def out(*texts: str) -> list[dict[str, Any]]:
    return [{"artifactId": "out", "parts": [{"text": text} for text in texts]}]


def one_by_one(*results: object) -> Reply:
    """The last one stays the answer."""
    left = list(results)

    async def reply(exchange: Exchange) -> None:
        await answering(left.pop(0) if len(left) > 1 else left[0])(exchange)

    return reply


async def test_a_broken_stream_is_taken_up_by_resubscribing() -> None:
    running = task("working", artifacts=out("ab", "cd"))
    again = streaming(running, chunk("ef"), status("completed"))
    whole = task("completed", artifacts=out("ab", "cd", "ef"))
    get = one_by_one(running["task"], whole["task"])
    async with agent(streaming(task("working"), chunk("ab", append=False)), get, again) as (client, server):
        updates = await follow(client)
    assert shown(updates) == "abcdef"
    assert updates[-1].output == "abcdef"
    assert server.methods() == ["SendStreamingMessage", "GetTask", "SubscribeToTask", "GetTask"]


@pytest.mark.req("A8")
@pytest.mark.parametrize("ends_with", [status("completed"), status("failed", "no more"), status("canceled")])
@pytest.mark.parametrize("late", [0, 2])
async def test_what_a_snapshot_and_its_stream_both_tell_is_there_once(ends_with: Any, late: int) -> None:
    """An agent may read the snapshot of a stream after it has put a chunk into that stream."""
    state, ending = ends_with["statusUpdate"]["status"]["state"], ends_with["statusUpdate"]["status"]
    running = task("working", artifacts=out("ab", "cd"))
    whole = {**task(state, artifacts=out("ab", "cd"))["task"], "status": ending}
    get = one_by_one(*[running["task"]] * (1 + late), whole)
    again = streaming(running, chunk("cd"), ends_with)
    async with agent(streaming(task("working"), chunk("ab", append=False)), get, again) as (client, _):
        updates = await follow(client)
    assert shown(updates).removesuffix("\n").removesuffix("no more").removesuffix("\n") == "abcd"
    assert updates[-1].state is TaskState(state)


async def test_an_agent_that_answers_otherwise_than_it_told_is_believed_as_it_told() -> None:
    running = task("working", artifacts=out("ab"))
    again = streaming(running, chunk("cd"), status("completed"))
    async with agent(streaming(task("working")), answering(running["task"]), again) as (client, server):
        updates = await follow(client)
    assert (updates[-1].state, updates[-1].output) == (TaskState.COMPLETED, "abcd")
    assert server.methods()[-ASKED_FOR_THE_WHOLE:] == ["GetTask"] * ASKED_FOR_THE_WHOLE


async def test_32004_on_resubscribe_means_that_it_has_finished() -> None:
    answers = iter([task("working")["task"], task("completed", "done")["task"]])

    async def get(exchange: Exchange) -> None:
        await answering(next(answers))(exchange)

    async def finished(exchange: Exchange) -> None:
        await exchange.json({"jsonrpc": "2.0", "id": "1", "error": {"code": -32004, "message": "finished"}})

    async with agent(streaming(task("working")), get, finished) as (client, server):
        updates = await follow(client)
    assert updates[-1].output == "done"
    assert server.methods() == ["SendStreamingMessage", "GetTask", "SubscribeToTask", "GetTask"]


async def test_an_unknown_state_is_not_reported_as_anything() -> None:
    async with agent(streaming(status("TASK_STATE_PONDERING", "hm"), status("completed"))) as (client, _):
        updates = await follow(client)
    assert [update.state for update in updates] == [None, TaskState.COMPLETED]
    assert updates[0].message == "hm"


async def test_hostile_texts_come_out_clean_wherever_they_stand() -> None:
    from headway.core.text import clean

    texts = [json.loads(line)["text"] for line in (DATA / "hostile.jsonl").read_text("utf-8").splitlines()]
    frames = [frame for text in texts for frame in (status("working", text), chunk(text, append=False))]
    async with agent(streaming(*frames, status("completed", "end"))) as (client, _):
        updates = await follow(client)
    for update in updates:
        for text in (update.message, update.output, update.splice and update.splice.text):
            assert text is None or clean(text, limit=10_000_000) == text


async def test_ids_metadata_and_headers_go_out_with_the_message_only() -> None:
    message = OutgoingMessage(
        "go",
        "m1",
        "c1",
        task_id="t1",
        metadata={"a": 1},
        params_metadata={"traceparent": "00-1"},
        request_id="delegation-7-1",
        headers={"X-Workspace-ID": "w"},
    )
    async with agent(streaming(status("working")), answering(task("completed", "x")["task"])) as (client, server):
        async with asyncio.timeout(10):
            assert [update async for update in client.stream(message)][-1].terminal
    sent, asked = (exchange for exchange in server.exchanges if exchange.method == "POST")
    assert sent.rpc["id"] == "delegation-7-1"
    assert sent.rpc["params"] == {
        "message": {
            "messageId": "m1",
            "role": "ROLE_USER",
            "parts": [{"text": "go"}],
            "contextId": "c1",
            "taskId": "t1",
            "metadata": {"a": 1},
        },
        "metadata": {"traceparent": "00-1"},
    }
    assert (sent.headers["x-workspace-id"], sent.headers["a2a-version"]) == ("w", "1.0")
    assert "x-workspace-id" not in asked.headers
    assert asked.rpc["params"] == {"id": "t1"}


async def test_the_version_header_is_not_sent_in_the_older_dialect() -> None:
    async def refusing(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.head(404)
        elif exchange.rpc["method"] == "message/stream":
            await streaming({"kind": "status-update", "taskId": "t1", "final": True, "status": {"state": "completed"}})(
                exchange
            )
        else:
            await exchange.json({"error": {"code": -32009, "message": "version"}})

    async with scripted_server(refusing) as server, open_client() as http:
        client = AgentClient(server.url, http=http, clock=SystemClock(), rng=random.Random(1), policy=FAST)
        assert (await follow(client))[-1].terminal
        assert client.dialect is Dialect.V0_3
    posts = [exchange for exchange in server.exchanges if exchange.method == "POST"]
    assert [(post.rpc["method"], post.headers.get("a2a-version")) for post in posts[:2]] == [
        ("SendStreamingMessage", "1.0"),
        ("message/stream", None),
    ]
    assert posts[1].rpc["params"]["message"]["parts"] == [{"kind": "text", "text": "go"}]


async def test_a_reply_that_was_lost_is_not_taken_for_a_new_question() -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.writer.transport.abort()

    async with agent(reset, answering(task("input-required", "which?")["task"])) as (client, _):
        with pytest.raises(AgentLost):
            await anext(client.stream(OutgoingMessage("blue", "m2", task_id="t1")))


async def test_the_question_that_a_reply_answers_is_not_a_new_one() -> None:
    reply = OutgoingMessage("blue", "m2", task_id="t1")
    async with agent(
        streaming(task("input-required", "which?"), status("working"), status("input-required", "how many?"), stay=True)
    ) as (client, _):
        async with asyncio.timeout(10):
            updates = [update async for update in client.stream(reply)]
    assert [update.state for update in updates if update.state] == [TaskState.WORKING, TaskState.INPUT_REQUIRED]
    assert updates[-1].message == "how many?"
