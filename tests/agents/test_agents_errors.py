"""How wrong calls are refused: JSON-RPC error objects with the standard codes, over HTTP 200."""

from __future__ import annotations

import pytest
from headway.agents.journal import Kind
from support.agents import CANCEL, DIALECTS, GET, SEND, STREAM, SUBSCRIBE, envelope, message_params


@pytest.mark.req("A15")
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"id": NaN}', b"[" * 100_000, b'{"id": ' + b"9" * 5_000 + b"}"],
    ids=["empty", "broken", "not UTF-8", "NaN", "nested", "huge integer"],
)
async def test_what_is_no_json_is_a_parse_error(serve, body: bytes) -> None:
    _, wire = await serve()
    reply = await wire.http.post("/", content=body)
    assert reply.status_code == 200
    assert reply.json()["error"]["code"] == -32700
    assert reply.json()["id"] is None


@pytest.mark.req("A15")
@pytest.mark.parametrize(
    "body",
    [
        *([], "text", 1, {}, {"method": 1}, {"jsonrpc": "1.0", "method": "tasks/get"}),
        {"method": "tasks/get", "id": {"bad": "type"}, "params": {"id": "x"}},
        {"method": "tasks/get", "id": True, "params": {"id": "x"}},
    ],
)
async def test_what_is_no_call_is_an_invalid_request(serve, body: object) -> None:
    _, wire = await serve()
    reply = await wire.post(body)
    assert reply.status_code == 200
    assert reply.json()["error"]["code"] == -32600


@pytest.mark.req("A15")
@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tasks/dance", {}, -32601),
        ("tasks/get", {}, -32602),
        ("tasks/get", {"id": 5}, -32602),
        ("tasks/get", {"id": "x", "historyLength": -1}, -32001),
        ("message/send", {}, -32602),
        ("message/send", {"message": {"parts": []}}, -32602),
        ("message/send", {"message": {"parts": [{"kind": "text", "text": "hi"}], "messageId": 7}}, -32602),
        ("message/send", {"message": {"parts": [{"kind": "text", "text": "steps=none"}]}}, -32602),
        ("message/send", {"message": {"parts": [{"kind": "file", "file": {}}]}}, -32005),
        ("message/send", {"message": {"parts": [{"text": "hi"}], "taskId": "gone"}}, -32001),
        ("tasks/send", {"message": {"parts": [{"type": "text", "text": "hi"}]}}, -32602),
        ("ListTasks", {"pageSize": 101}, -32602),
        ("ListTasks", {"pageSize": 0}, -32602),
        ("ListTasks", {"statusTimestampAfter": "not-a-timestamp"}, -32602),
        ("ListTasks", {"statusTimestampAfter": 5}, -32602),
        ("ListTasks", {"pageToken": "gone"}, -32602),
        ("ListTasks", {"status": "TASK_STATE_DANCING"}, -32602),
        ("tasks/pushNotificationConfig/set", {}, -32003),
        ("CreateTaskPushNotificationConfig", {}, -32003),
        ("GetExtendedAgentCard", {}, -32007),
    ],
)
async def test_each_wrong_call_gets_its_code(serve, method: str, params: dict[str, object], code: int) -> None:
    server, wire = await serve()
    assert await wire.error(method, params) == code
    assert not server.agent.journal.of(Kind.SEND)


@pytest.mark.req("A15")
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_unknown_and_finished_tasks(serve, dialect: str) -> None:
    _, wire = await serve()
    for methods in (GET, CANCEL, SUBSCRIBE):
        assert await wire.error(methods[dialect], {"id": "unknown"}) == -32001
    task_id = await wire.start(dialect, "steps=1 delay=0")
    await wire.until_state(dialect, task_id, "completed")
    assert await wire.error(CANCEL[dialect], {"id": task_id}) == -32002
    assert await wire.error(SUBSCRIBE[dialect], {"id": task_id}) == -32004
    assert await wire.error(SEND[dialect], message_params(dialect, "more", task_id=task_id)) == -32004
    assert await wire.error(STREAM[dialect], message_params(dialect, "more", task_id=task_id)) == -32004


@pytest.mark.req("A15")
@pytest.mark.parametrize(("method", "version"), [("GetTask", None), ("GetTask", "0.3"), ("tasks/get", "2.0")])
async def test_another_version_than_the_methods_is_refused(serve, method: str, version: str | None) -> None:
    _, wire = await serve()
    reply = await wire.post(envelope(method, {"id": "x"}), version=version)
    assert reply.json()["error"]["code"] == -32009


async def test_the_request_id_comes_back_as_it_was(serve) -> None:
    _, wire = await serve()
    for request_id in ("r1", 7, None, "\ud800"):
        reply = await wire.http.post(
            "/", content=b'{"id": %s, "method": "tasks/get", "params": {"id": "x"}}' % _json(request_id)
        )
        assert reply.json()["id"] == request_id


@pytest.mark.parametrize("part", [{"text": "hi"}, {"kind": "text", "text": "hi"}, {"type": "text", "text": "hi"}])
@pytest.mark.parametrize(("method", "version"), [("message/send", None), ("SendMessage", "1.0"), ("tasks/send", None)])
async def test_text_is_read_in_every_shape_and_without_envelope(serve, part, method: str, version: str | None) -> None:
    server, wire = await serve("fast")
    message = {"parts": [{**part, "text": "steps=1 delay=0"}]}
    reply = await wire.post({"method": method, "params": {"id": "mine", "message": message}}, version=version)
    assert "chunk 1" in reply.text
    assert len(server.agent.journal.of(Kind.SEND)) == 1


async def test_a_body_over_the_limit_is_refused_and_nothing_accepted(serve) -> None:
    server, wire = await serve()
    reply = await wire.post(envelope("message/send", message_params("0.3", "x" * 5_000_000)))
    assert reply.status_code == 413
    assert reply.json()["error"]["code"] == -32600
    assert not server.agent.journal.of(Kind.SEND)


async def test_other_paths_and_methods(serve) -> None:
    _, wire = await serve()
    assert (await wire.http.get("/")).status_code == 405
    assert (await wire.http.post("/elsewhere", json={})).status_code == 404
    for path in ("/.well-known/agent-card.json", "/.well-known/agent.json"):
        assert (await wire.http.get(path)).json()["url"] == str(wire.http.base_url).rstrip("/")
        assert (await wire.http.post(path)).status_code == 405


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()
