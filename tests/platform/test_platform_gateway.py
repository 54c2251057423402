"""The gateway passes calls on and answers back, as they come, in the dialect of each side."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.agents import ManualClock, message_params, output_of, state_of, task_of
from support.gateway import Door, request
from support.platforms import NOBODY, eventually, platform
from support.scripted_http import Exchange, scripted_server

TEXT = [{"kind": "text", "text": "look"}]
MESSAGE = {"messageId": "m-1", "role": "user", "kind": "message", "parts": TEXT}
STATE = {"0.3": "message/send", "1.0": "SendMessage"}
STREAMS = {"0.3": "message/stream", "1.0": "SendStreamingMessage"}
GETS = {"0.3": "tasks/get", "1.0": "GetTask"}


@pytest.mark.parametrize("dialect", ["0.3", "1.0"])
async def test_a_send_a_get_and_a_cancel_pass_through(tmp_path: Path, dialect: str) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        door = Door(served, await served.workspace("coder", agent.url))
        task = task_of(await door.result(STATE[dialect], message_params(dialect, "steps=2 delay=0", message_id="m7")))
        assert (state_of(task), output_of(task)) == ("completed", "chunk 1\nchunk 2\n")
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == ["m7"]
        got = task_of(await door.result(GETS[dialect], {"id": task["id"]}))
        assert got["id"] == task["id"]
        cancel = "tasks/cancel" if dialect == "0.3" else "CancelTask"
        refused = (await door.call(cancel, {"id": task["id"]}, request_id=12)).json()
        assert (refused["id"], refused["error"]["code"]) == (12, -32002)


@pytest.mark.req("S3")
async def test_stream_events_arrive_while_the_agent_still_works(tmp_path: Path) -> None:
    """Each piece is seen before the agent is let go on: nothing on the way holds it back."""
    go_on = asyncio.Event()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head()
        for number in range(3):
            await exchange.event({"jsonrpc": "2.0", "id": "theirs", "result": {"kind": "strange", "number": number}})
            await asyncio.wait_for(go_on.wait(), 10)
            go_on.clear()

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        async with door.stream("message/stream", {"message": MESSAGE}, request_id="mine") as response:
            assert response.headers["x-accel-buffering"] == "no"
            assert response.headers["cache-control"] == "no-store"
            seen = []
            async for line in response.aiter_lines():
                if line:
                    seen.append(json.loads(line.removeprefix("data: ")))
                    go_on.set()
        assert seen == [
            {"jsonrpc": "2.0", "id": "mine", "result": {"kind": "strange", "number": number}} for number in range(3)
        ]


@pytest.mark.req("S3")
async def test_the_same_dialect_goes_on_as_it_came_and_what_is_missing_is_added(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.json({"jsonrpc": "2.0", "id": exchange.rpc["id"], "result": {"odd": ["as", "it", "is"]}})

    odd = {"role": "user", "parts": [{"kind": "text", "text": "a\u200dZ\u202e", "more": 1}], "unknown": {"x": [1, 2.5]}}
    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        said = {"method": "message/send", "params": {"message": odd, "strange": True, "expires_in_seconds": 60}}
        headers = {"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x-a2a-extensions": "urn:extra"}
        answer = await door.post(said, **headers, cookie="secret=1")
        [exchange] = [one for one in server.exchanges if one.method == "POST"]
        sent = exchange.rpc
        assert sent["jsonrpc"] == "2.0"
        assert sent["id"]
        message_id = sent["params"]["message"].pop("messageId")
        assert message_id
        assert sent["params"] == {"message": odd, "strange": True}
        assert answer.json() == {"jsonrpc": "2.0", "id": sent["id"], "result": {"odd": ["as", "it", "is"]}}
        assert exchange.headers["traceparent"].startswith("00-a")
        assert exchange.headers["a2a-extensions"] == exchange.headers["x-a2a-extensions"] == "urn:extra"
        assert not {"authorization", "cookie", "x-workspace-id"} & exchange.headers.keys()
        for request_id in ("text", 7, None):
            answer = await door.post({**said, "id": request_id})
            assert answer.json()["id"] == request_id
        await door.post({"id": 9, "method": "made/up", "params": {"any": {"thing": [None]}}})
        assert server.exchanges[-1].rpc == {
            "jsonrpc": "2.0",
            "id": 9,
            "method": "made/up",
            "params": {"any": {"thing": [None]}},
        }


UNASKABLE: list[tuple[Any, int, Any]] = [
    (b"{", -32700, None),
    (b"", -32700, None),
    (b"\xff\xfe{}", -32700, None),
    (b"[" * 65 + b"]" * 65, -32700, None),
    (b'{"id": 1, "x": NaN}', -32700, None),
    ([], -32600, None),
    (["batch"], -32600, None),
    ("text", -32600, None),
    ({"id": 3}, -32600, 3),
    ({"id": 3, "jsonrpc": "1.0", "method": "tasks/get", "params": {"id": "x"}}, -32600, 3),
    ({"id": {"no": 1}, "method": "tasks/get", "params": {"id": "x"}}, -32600, None),
    ({"id": 3, "method": 7}, -32600, 3),
    ({"id": 3, "method": "message/send", "params": []}, -32602, 3),
    ({"id": 3, "method": "message/send", "params": {}}, -32602, 3),
    ({"id": 3, "method": "message/send", "params": {"message": {"parts": "no"}}}, -32602, 3),
    ({"id": 3, "method": "tasks/get", "params": {}}, -32602, 3),
    ({"id": "e", "method": "message/send", "params": {"message": MESSAGE, "expires_in_seconds": -1}}, -32602, "e"),
    (
        {"id": "e", "method": "message/send", "params": {"message": {**MESSAGE, "messageId": "a\u0000"}}},
        -32602,
        "e",
    ),
    ({"id": "e", "method": "made/up", "params": {}}, -32601, "e"),
    ({"id": "e", "method": "tasks/get", "params": {"id": "unknown"}}, -32001, "e"),
]


@pytest.mark.req("A15")
async def test_what_cannot_be_asked_is_an_error_object_with_its_code(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        door = Door(served, await served.workspace("coder", agent.url))
        for body, code, request_id in UNASKABLE:
            answer = await door.post(body)
            said = answer.json()
            assert answer.status_code == 200, said
            assert (said["jsonrpc"], said["id"], said["error"]["code"]) == ("2.0", request_id, code), body
            assert said["error"]["message"]
        assert not agent.agent.journal.of(Kind.SEND)


@pytest.mark.req("A10")
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("message/send", {"message": MESSAGE, "configuration": {"pushNotificationConfig": {"url": "http://10.0.0.1"}}}),
        (
            "SendStreamingMessage",
            {
                "message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "look"}]},
                "configuration": {"taskPushNotificationConfig": {"url": "http://169.254.169.254/"}},
            },
        ),
        ("tasks/pushNotificationConfig/set", {"taskId": "t", "pushNotificationConfig": {"url": "http://10.0.0.1"}}),
        ("CreateTaskPushNotificationConfig", {"taskId": "t", "url": "http://10.0.0.1"}),
    ],
)
async def test_no_agent_is_told_to_call_an_address(tmp_path: Path, method: str, params: dict[str, Any]) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        door = Door(served, await served.workspace("coder", agent.url))
        answer = (await door.call(method, params, request_id=4)).json()
        assert (answer["id"], answer["error"]["code"]) == (4, -32003)
        assert "nothing was sent" in answer["error"]["message"]
        assert not agent.agent.journal.of(Kind.SEND)


@pytest.mark.req("A15", "S3")
async def test_the_door_answers_in_error_objects_too(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        empty = await served.workspace("empty")
        parent = await served.http.post("/workspaces", json={"name": "child", "parent_id": empty})
        call = request("tasks/get", {"id": "x"})
        own = (await served.http.post("/registry/register", json={"id": target, "url": agent.url})).json()["auth_token"]
        refused = {
            401: await httpx.AsyncClient(base_url=served.url).post(f"/workspaces/{target}/a2a", json=call),
            403: await Door(served, target, caller=empty, token=own).post(call),
            404: await Door(served, NOBODY).post(call),
            413: await Door(served, target).post(b" " * 1_048_577),
            400: await Door(served, target).post(call, **{"X-Timeout": "soon"}),
            422: await Door(served, target).post(call, **{"X-Timeout": "1" * 40}),
            502: await Door(served, empty).post(call),
        }
        apart = await Door(served, target, caller=parent.json()["id"]).post(call)
        nobody = await Door(served, target, caller=NOBODY).post(call)
        assert [apart.status_code, nobody.status_code] == [403, 403]
        for status, answer in refused.items():
            assert answer.status_code == status, answer.text
            said = answer.json()
            assert (said["jsonrpc"], said["id"]) == ("2.0", None if status != 502 else call["id"])
            assert isinstance(said["error"]["code"], int)
            assert said["error"]["message"]
        assert refused[401].headers["www-authenticate"] == "Bearer"


async def test_agents_that_are_away_silent_or_no_agents_are_named(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
        elif (task := exchange.rpc["params"]["id"]) == "silent":
            await exchange.gone.wait()
        elif task == "lost":
            await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        elif task == "nonsense":
            await exchange.head(200, "text/html")
            await exchange.raw(b"<html>")
        elif task == "broken":
            await exchange.json({"oops": 1}, 500)
        elif task == "error-object":
            await exchange.json({"jsonrpc": "2.0", "id": 1, "error": {"code": -32042, "message": "own", "x": 1}}, 400)

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        gone = Door(served, await served.workspace("gone", "http://127.0.0.1:9"))
        for target, task, status, code, words in (
            (gone, "x", 502, -32603, "refused"),
            (door, "lost", 502, -32603, "connection"),
            (door, "nonsense", 502, -32006, "html"),
            (door, "broken", 502, -32603, "HTTP 500"),
            (door, "empty", 502, -32603, "connection"),
        ):
            answer = await target.call("tasks/get", {"id": task}, request_id=5)
            assert (answer.status_code, answer.json()["id"]) == (status, 5), answer.text
            assert answer.json()["error"]["code"] == code
            assert words in answer.json()["error"]["message"]
        silent = await door.call("tasks/get", {"id": "silent"}, request_id=5, **{"X-Timeout": "0.05"})
        assert (silent.status_code, silent.json()["id"]) == (504, 5)
        own = await door.call("tasks/get", {"id": "error-object"}, request_id=5)
        assert (own.status_code, own.json()) == (
            200,
            {"jsonrpc": "2.0", "id": 5, "error": {"code": -32042, "message": "own", "x": 1}},
        )


@pytest.mark.req("Q12")
async def test_a_send_that_may_have_arrived_is_not_queued_and_says_so(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
        elif exchange.rpc["params"]["message"]["messageId"] == "lost":
            await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        else:
            await exchange.json({"oops": 1}, 503)

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        for name in ("lost", "strange"):
            answer = await door.call("message/send", {"message": {**MESSAGE, "messageId": name}})
            assert answer.status_code == 502
            assert "may have reached the agent" in answer.json()["error"]["message"]
        assert server.methods() == ["message/send", "message/send"]
        seat = next(one for one in await served.get("/workspaces") if one["name"] == "scripted")
        assert seat["queue_depth"] == 0


@pytest.mark.req("S3")
async def test_what_breaks_in_the_middle_of_a_stream_is_its_last_event(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head(transfer_encoding="chunked")
        event = json.dumps({"result": {"kind": "strange"}}).encode()
        await exchange.raw(b"%x\r\ndata: %s\n\n\r\n" % (len(event) + 8, event))

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        first, last = await door.frames("message/stream", {"message": MESSAGE}, request_id=4)
        assert first == {"jsonrpc": "2.0", "id": 4, "result": {"kind": "strange"}}
        assert last["id"] == 4
        assert "broke" in last["error"]["message"]
        assert "may have reached" in last["error"]["message"]


@pytest.mark.req("S3")
async def test_a_caller_who_hangs_up_frees_the_slot_and_the_agent_s_connection_and_the_task_goes_on(
    tmp_path: Path,
) -> None:
    gone = asyncio.Event()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head()
        await exchange.result({"kind": "task", "id": "t", "status": {"state": "working"}})
        await exchange.gone.wait()
        gone.set()

    async with platform(tmp_path) as served, scripted_server(agent) as server, serve_agent("coder") as coder:
        target = await served.workspace("scripted", server.url)
        async with Door(served, target).stream("message/stream", {"message": MESSAGE}) as response:
            lines = response.aiter_lines()
            await anext(lines)
            assert (await served.get(f"/workspaces/{target}"))["active_tasks"] == 1
        await asyncio.wait_for(gone.wait(), 10)
        assert server.methods() == ["message/stream"]
        while (await served.get(f"/workspaces/{target}"))["active_tasks"]:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.01)
        work = await served.workspace("coder", coder.url)
        params = message_params("0.3", "steps=3 delay=0.05")
        async with Door(served, work).stream("message/stream", params) as response:
            lines = response.aiter_lines()
            await anext(lines)
        journal = coder.agent.journal
        await eventually(lambda: bool(journal.of(Kind.STOPPED)))
        assert journal.of(Kind.STOPPED)[0].detail == "completed"


async def test_a_caller_who_hangs_up_on_a_blocking_send_closes_the_agent_s_connection(tmp_path: Path) -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        arrived.set()
        await exchange.gone.wait()
        gone.set()

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        sending = asyncio.create_task(door.call("message/send", {"message": MESSAGE}))
        await asyncio.wait_for(arrived.wait(), 10)
        sending.cancel()
        await asyncio.wait_for(gone.wait(), 10)


@pytest.mark.req("A13", "S3")
async def test_silence_is_filled_with_comments_and_ends_after_the_idle_time(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head()
        await exchange.result({"kind": "task", "id": "t", "status": {"state": "working"}})
        await exchange.gone.wait()

    clock = ManualClock()
    async with platform(tmp_path, clock=clock, idle_timeout=40.0) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        async with door.stream("message/stream", {"message": MESSAGE}) as response:
            lines = response.aiter_lines()
            seen = []
            async for line in lines:
                if line:
                    seen.append(line[:12])
                    asleep = clock.sleeping
                    assert asleep
                    clock.advance(15.0)
        assert seen[:3] == ['data: {"json', ": keep-alive", ": keep-alive"]
        assert seen[-1].startswith("data:")


@pytest.mark.req("S3")
async def test_bounds_of_answers(tmp_path: Path) -> None:
    """10 MiB for a body, 1 MiB for an event; a stream of more than that in all passes, for nothing of it is kept."""

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        size = int(exchange.rpc["params"]["id"])
        if exchange.rpc["method"] == "tasks/get":
            await exchange.json({"result": "x" * size})
            return
        await exchange.head()
        for _ in range(12):
            await exchange.event({"result": {"kind": "strange", "text": "x" * size}})

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        door = Door(served, await served.workspace("scripted", server.url))
        assert len((await door.call("tasks/get", {"id": str(10 * 1_048_576 - 100)})).json()["result"]) > 10_000_000
        over = await door.call("tasks/get", {"id": str(10 * 1_048_576)})
        assert (over.status_code, over.json()["error"]["code"]) == (502, -32006)
        frames = await door.frames("tasks/resubscribe", {"id": str(1_000_000)})
        assert len(frames) == 12
        [refusal] = await door.frames("tasks/resubscribe", {"id": str(1_048_576)})
        assert refusal["error"]["code"] == -32006


async def test_an_agent_that_never_closes_its_stream_does_not_keep_the_slot(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
            return
        await exchange.head()
        await exchange.result({"kind": "status-update", "taskId": "t", "final": True, "status": {"state": "completed"}})
        await exchange.gone.wait()

    async with platform(tmp_path) as served, scripted_server(agent) as server:
        target = await served.workspace("scripted", server.url)
        assert len(await Door(served, target).frames("message/stream", {"message": MESSAGE})) == 1
        await served.until_free(target)


@pytest.mark.parametrize("name", ["agent-card.json", "agent.json"])
async def test_the_card_is_the_agent_s_at_the_gateway_s_address(tmp_path: Path, name: str) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        card = await served.get(f"/workspaces/{target}/a2a/.well-known/{name}")
        url = f"{served.url}/workspaces/{target}/a2a"
        assert card["url"] == url
        assert {one["url"] for one in card["supportedInterfaces"]} == {url}
        assert {one["protocolVersion"] for one in card["supportedInterfaces"]} == {"1.0", "0.3"}
        assert card["capabilities"] == {"streaming": True, "pushNotifications": False}
        assert card["skills"][0]["id"]
        assert agent.url not in json.dumps(card)
        alone = await served.http.post("/workspaces", json={"name": "child", "parent_id": target})
        child = alone.json()["id"]
        token = (await served.http.post("/registry/register", json={"id": child, "url": agent.url})).json()
        other = await served.workspace("other", agent.url)
        async with served.client(token["auth_token"]) as http:
            assert (await http.get(f"/workspaces/{target}/a2a/.well-known/{name}")).status_code == 200
            assert (await http.get(f"/workspaces/{other}/a2a/.well-known/{name}")).status_code == 403


@pytest.mark.req("S3")
async def test_how_long_an_agent_may_be_silent_is_said_by_the_caller_its_heartbeat_or_the_platform(
    tmp_path: Path,
) -> None:
    """Each limit ends the same silent call, and the error names it."""
    clock = ManualClock()

    async def agent(exchange: Exchange) -> None:
        if exchange.method == "GET":
            await exchange.json({}, 404)
        else:
            asked.set()
            await exchange.gone.wait()

    asked = asyncio.Event()
    async with platform(tmp_path, clock=clock, idle_timeout=300.0) as served, scripted_server(agent) as server:
        target = await served.workspace("scripted", server.url)
        door = Door(served, target)
        for metadata, headers, seconds in (
            (None, {}, 300),
            ({"idle_timeout_seconds": 900}, {}, 900),
            ({"idle_timeout_seconds": 900}, {"X-Timeout": "20"}, 20),
            ({"idle_timeout_seconds": "soon"}, {}, 300),
            ({"idle_timeout_seconds": -5}, {}, 300),
        ):
            if metadata is not None:
                beat = {"workspace_id": target, "active_tasks": 0, "runtime_metadata": metadata}
                assert (await served.http.post("/registry/heartbeat", json=beat)).status_code == 200
            asked.clear()
            calling = asyncio.create_task(door.call("tasks/get", {"id": "t"}, **headers))
            await asyncio.wait_for(asked.wait(), 10)
            asleep = clock.sleeping
            clock.advance(seconds - 1)
            await served.get("/health")
            assert not calling.done(), (metadata, headers, asleep)
            while not calling.done():
                clock.advance(1.0)
                await asyncio.sleep(0.01)
            answer = calling.result()
            assert answer.status_code == 504
            assert f"silent for {seconds} s" in answer.json()["error"]["message"]
