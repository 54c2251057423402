"""Whatever a call is given is a clear 4xx or is normalised, and every list, record and stream still answers (S4).

The calls and their fields are read from OpenAPI, so a new one is tested from its first day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from support.platforms import NOBODY, Api, Json, platform

CORPUS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "hostile.jsonl").read_text().splitlines()]
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

TEXTS = ["", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\x1b[2J", "e" + "\u0301" * 50, "\u202eabc", "x" * 3_000]
OTHERS: list[Any] = [None, True, -1, 0, 2**63 - 1, 1.5, [], {}, {"a": {"b": ["\ud800\x00"]}}, ["\x00"]]
WHOLE = [
    b"",
    b"null",
    b"[]",
    b"3",
    b'"text"',
    b"\xff\xfe",
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5_000 + b"}",
    b'{"a": 18446744073709551616}',
    b"[" * 1_200 + b"]" * 1_200,
    b'{"a":' * 1_200 + b"1" + b"}" * 1_200,
    b'{"a": "' + b"x" * 2 * 1_048_576 + b'"}',
    b'{"a": "unterminated',
    b'{"a": 1}{"b": 2}',
]


def refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def is_gateway(answer: httpx.Response) -> bool:
    return answer.request.url.path.endswith("/a2a")


def read(answer: httpx.Response) -> Any:
    """The answer as strict JSON, with nothing in it that a terminal would obey."""
    value = json.loads(answer.content, parse_constant=refuse)
    if is_gateway(answer):
        # The caller's own id, which it must find as it was.
        value.pop("id", None)
    for text in texts(value):
        assert not (found := RAW.search(text)), (answer.request.url, found, text[:100])
    return value


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def check(answer: httpx.Response, what: object) -> None:
    """A 2xx, or a 4xx in words; the gateway's 502 tells of an agent that is not there."""
    assert answer.status_code < 500 or (is_gateway(answer) and answer.status_code == 502), (what, answer.text)
    if answer.status_code != 204:
        said = read(answer)
        if answer.status_code >= 400:
            error = said["error"]
            assert isinstance(error, str) or error["message"], (what, said)


class Calls:
    """The operations of an API, with paths that name what exists."""

    def __init__(self, openapi: Json, ids: dict[str, str]) -> None:
        self._schemas = openapi["components"]["schemas"]
        self._ids = ids
        self.all = [
            (method, self._path(path), operation)
            for path, methods in openapi["paths"].items()
            for method, operation in methods.items()
        ]

    def _path(self, path: str) -> str:
        return re.sub(r"{(\w+)}", lambda name: self._ids.get(name[1], NOBODY), path)

    @property
    def writing(self) -> list[tuple[str, Json]]:
        """Paths of what takes a body, with the body's schema; what is asked of the agent itself is not among them."""
        return [
            (path, self._schemas[content["schema"]["$ref"].rpartition("/")[2]])
            for method, path, operation in self.all
            for content in operation.get("requestBody", {}).get("content", {}).values()
            if method == "post"
        ]

    @property
    def reading(self) -> list[str]:
        """Paths of what answers JSON to a plain GET."""
        return [
            path
            for method, path, operation in self.all
            if method == "get" and "application/json" in operation["responses"]["200"].get("content", {})
        ]

    def sample(self, schema: Json) -> Json:
        """A body that fits: the required fields."""
        return {name: self._value(name, schema["properties"][name]) for name in schema.get("required", [])}

    def _value(self, name: str, schema: Json) -> Any:
        if name in self._ids:
            return self._ids[name]
        known = {"url": "http://127.0.0.1:9/", "status": "in_progress", "jsonrpc": "2.0", "scope": "read"}
        kinds = {
            "string": known.get(name, "text"),
            "integer": 1,
            "number": 1,
            "boolean": True,
            "array": [],
            "object": {},
        }
        return kinds.get(schema.get("type", ""), "text")


async def calls_of(served: Api) -> Calls:
    agentless = await served.workspace("agentless")
    told = {"target_id": agentless, "task": "t", "delegation_id": "mine"}
    assert (await served.ask("delegations/record", told)).status_code == 202
    ids = {
        "workspace_id": served.source,
        "id": agentless,
        "target_id": agentless,
        "caller_id": served.source,
        "delegation_id": "mine",
        "prefix": "mine",
    }
    return Calls(await served.get("/openapi.json"), ids)


async def everything_answers(served: Api, calls: Calls) -> None:
    """Every list, every record and the whole stream, in strict JSON."""
    assert "/snapshot" in calls.reading
    for path in calls.reading:
        answer = await served.http.get(path)
        assert answer.status_code in (200, 400, 403, 404, 502), (path, answer.text)
        read(answer)
    for record in (await served.http.get("/admin/delegations", params={"limit": 500})).json():
        source, delegation_id = record["source_id"], record["delegation_id"]
        answer = await served.http.get(f"/workspaces/{source}/delegations/{delegation_id}")
        assert answer.status_code == 200, answer.text
        read(answer)
    head = read(await served.http.get("/snapshot"))
    async with served.events(after=f"{head['epoch']}:0") as log:
        await log.until(lambda: bool(log.events) and log.events[-1].seq >= head["seq"])
        assert not log.ended
        assert not [text for seen in log.events for text in texts(seen.data) if RAW.search(text)]


@pytest.mark.req("S4")
async def test_bodies_that_are_no_object_of_ours(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        calls = await calls_of(served)
        assert len(calls.writing) >= 10
        for path, _ in calls.writing:
            for body in WHOLE:
                answer = await served.http.post(path, content=body)
                check(answer, (path, body[:60]))
                if path.startswith("/push/"):  # nobody is expected to push, and that is said before a body is read
                    assert answer.status_code == 404
                elif body and not is_gateway(answer):
                    assert answer.status_code in (400, 413, 422), (path, body[:60], answer.text)
        await everything_answers(served, calls)


@pytest.mark.req("S4")
async def test_every_field_of_every_body_with_every_odd_value(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        calls = await calls_of(served)
        for path, schema in calls.writing:
            sample = calls.sample(schema)
            for field in schema["properties"]:
                for value in (*TEXTS, *OTHERS):
                    # As JSON escapes, so that lone surrogates arrive as they are.
                    body = json.dumps({**sample, field: value}).encode()
                    check(await served.http.post(path, content=body), (path, field, value))
        await everything_answers(served, calls)


@pytest.mark.req("S4")
async def test_the_corpus_in_every_text_of_every_body(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        calls = await calls_of(served)
        for offset, (path, schema) in enumerate(calls.writing):
            sample = calls.sample(schema)
            fields = [name for name, kind in schema["properties"].items() if "string" in json.dumps(kind)]
            for number, entry in enumerate(CORPUS[offset % 3 :: 3]):
                # Every text with every field of every body would cost many requests.
                chosen = {name: entry["text"] for at, name in enumerate(fields) if (number + at) % 3 == 0}
                body = json.dumps({**sample, **chosen}).encode()
                check(await served.http.post(path, content=body), (path, sorted(chosen), entry["name"]))
        await everything_answers(served, calls)


@pytest.mark.req("S4")
async def test_odd_headers_and_queries(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        calls = await calls_of(served)
        odd = [b"\xff\xfe", b"x" * 5_000, b"-1", b"9" * 400]
        for name in ("X-Workspace-ID", "X-Timeout", "traceparent", "Last-Event-ID", "Idempotency-Key"):
            for value in odd:
                for path, schema in calls.writing:
                    answer = await served.http.post(path, json=calls.sample(schema), headers={name: value})
                    check(answer, (path, name, value[:20]))
        for method, path, operation in calls.all:
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and method == "get":
                    for value in ("", "%00", "%ff", "-1", "9" * 40, "%ED%A0%80", "nan", "x" * 3_000):
                        answer = await served.http.get(f"{path}?{parameter['name']}={value}")
                        check(answer, (path, parameter["name"], value[:20]))
        await everything_answers(served, calls)


@pytest.mark.req("S4")
async def test_nothing_of_the_wrong_type_is_made_to_fit(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        beat = {"workspace_id": served.source}
        odd = (("active_tasks", "1"), ("active_tasks", True), ("uptime_seconds", 1.5), ("error_rate", "0"))
        for field, wrong in odd:
            answer = await served.http.post("/registry/heartbeat", json={**beat, field: wrong})
            assert answer.status_code == 422, (field, wrong)
            assert answer.json()["error"].startswith(f"{field}: "), answer.text
        whole = {**beat, "active_tasks": 1, "uptime_seconds": 3, "error_rate": 0, "runtime_metadata": {"a": [1.5]}}
        assert (await served.http.post("/registry/heartbeat", json=whole)).status_code == 200
        target = await served.workspace("target")
        answer = await served.ask("delegate", {"target_id": target, "task": "t", "priority": True})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid delegation request"})


@pytest.mark.req("S4")
async def test_refusals_name_no_class_of_ours(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        listed = await served.http.post("/workspaces", json=[])
        assert (listed.status_code, listed.json()) == (422, {"error": "body: Input should be a JSON object"})
        notice = await served.ask("notify", {"type": "delegation_complete", "task_id": "t", "status": "gone"})
        said = "body: a delegation_complete needs task_id, and status completed, failed, queued, canceled"
        assert (notice.status_code, notice.json()) == (422, {"error": said})
