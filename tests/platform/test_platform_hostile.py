"""Nothing given can break a list or a stream: hostile texts, broken JSON, large bodies, and many at once."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from pathlib import Path

import httpx
import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.core.delegation import Status
from support.platforms import NOBODY, Api, Json, eventually, platform

CORPUS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "hostile.jsonl").read_text().splitlines()]
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def assert_clean(value: object) -> None:
    """No text anywhere in it holds what moves a cursor, reverses text or hides characters."""
    if isinstance(value, str):
        assert not (found := RAW.search(value)), (found, value[:100])
    elif isinstance(value, dict):
        for key, item in value.items():
            assert_clean(key)
            assert_clean(item)
    elif isinstance(value, list):
        for item in value:
            assert_clean(item)


async def everything(served: Api) -> list[object]:
    """Every list and the snapshot, answered."""
    here = f"/workspaces/{served.source}"
    paths = ("/workspaces", f"{here}/delegations", "/admin/delegations", "/snapshot", "/health", "/openapi.json")
    return [await served.get(path) for path in paths]


async def test_the_hostile_corpus_as_task_name_reason_error_and_id(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        for number, entry in enumerate(CORPUS):
            text = entry["text"]
            calls: list[tuple[str, Json]] = [
                (f"/workspaces/{served.source}/delegate", {"target_id": NOBODY, "task": text, "idempotency_key": text}),
                (
                    f"/workspaces/{served.source}/delegations/record",
                    {"target_id": NOBODY, "task": text, "delegation_id": f"r{number}"},
                ),
                (
                    f"/workspaces/{served.source}/delegations/record",
                    {"target_id": NOBODY, "task": "t", "delegation_id": text},
                ),
                (f"/workspaces/{served.source}/delegations/r{number}/update", {"status": "failed", "error": text}),
                (f"/workspaces/{served.source}/delegations/r{number}/update", {"status": text}),
                (f"/workspaces/{served.source}/delegations/r{number}/cancel", {"reason": text}),
                (f"/workspaces/{served.source}/delegate", {"target_id": text, "task": text}),
                ("/workspaces", {"name": text, "role": text, "parent_id": text}),
                ("/workspaces", {"name": "n", "url": text}),
                ("/registry/register", {"id": text, "url": text}),
            ]
            for path, body in calls:
                # As JSON escapes, so that lone surrogates arrive as they are.
                content = json.dumps(body).encode()
                answer = await served.http.post(path, content=content)
                assert 200 <= answer.status_code < 500, (entry["name"], path, answer.text)
                assert_clean(answer.json())
        for answer in await everything(served):
            assert_clean(answer)
        await served.log.until_event(lambda seen: seen.data.get("delegation_id") == f"r{len(CORPUS) - 1}")
        for seen in served.log.events:
            assert_clean(seen.data)


async def test_what_a_hostile_agent_says_is_stored_clean(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("stranger", BehaviorName.HOSTILE) as agent:
        target = await served.workspace("stranger", agent.url, slots=4)
        tasks = ["delay=0", "delay=0 fail=x", "delay=0 behavior=hostile"]
        for task in tasks:
            delegation_id = await served.delegate(target, task)
            await served.log.until(
                lambda one=delegation_id: served.log.statuses[one][-1:] and (served.log.rows[one].status.is_terminal)
            )
            assert_clean(await served.record(delegation_id))
        asking = await served.delegate(target, "delay=0 ask=\x1b[2J")
        await served.until_status(asking, "input_required")
        for answer in await everything(served):
            assert_clean(answer)
        for seen in served.log.events:
            assert_clean(seen.data)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_200 + b"]" * 1_200,
        b'{"target_id":"x","task":' + b'{"a":' * 100 + b"1" + b"}" * 101,
        b'{"task": NaN}',
        b'{"task": Infinity}',
        b'{"priority": 1e999}',
        b'{"priority": ' + b"9" * 5_000 + b"}",
        b'{"priority": 99999999999999999999}',
        b'{"task": "\\ud800"}',
        b'{"task": "unterminated',
        b"\x00",
        b'{"a":1}{"b":2}',
        '{"task":"x"}'.encode("utf-16"),
        # In UTF-16 the character before the brackets has the byte of a quotation mark.
        ('{"name":"n","x":"\u2200","y":' + "[" * 900 + "]" * 900 + "}").encode("utf-16"),
        b"",
    ],
)
async def test_bodies_that_break_naive_services_are_clear_4xx(tmp_path: Path, body: bytes) -> None:
    async with platform(tmp_path) as served:
        paths = ("delegate", "delegations/record", "delegations/x/update", "delegations/x/cancel")
        for path in (*(f"/workspaces/{served.source}/{path}" for path in paths), "/workspaces", "/registry/register"):
            answer = await served.http.post(path, content=body)
            assert 400 <= answer.status_code < 500, (path, answer.text)
            assert set(answer.json()) == {"error"}
            assert answer.json()["error"]
        await everything(served)


@pytest.mark.parametrize(("depth", "status"), [(64, 201), (65, 400)])
async def test_nesting_is_taken_up_to_64_levels(tmp_path: Path, depth: int, status: int) -> None:
    async with platform(tmp_path) as served:
        nested = "[" * (depth - 1) + "]" * (depth - 1)
        answer = await served.http.post("/workspaces", content=f'{{"name": "n", "text": "[[[[", "extra": {nested}}}')
        assert answer.status_code == status, answer.text
        if status == 400:
            assert answer.json() == {"error": "the JSON is nested deeper than 64 levels"}


async def test_a_body_of_two_mebibytes_is_413_and_one_at_the_limit_is_taken(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        body = json.dumps({"target_id": NOBODY, "task": "x" * 2 * 1_048_576}).encode()
        answer = await served.ask("delegate", body)
        assert answer.status_code == 413
        assert answer.json() == {"error": "the body is larger than 1,048,576 bytes; nothing was changed"}
        frame = json.dumps({"target_id": NOBODY, "task": ""}).encode()
        most = json.dumps({"target_id": NOBODY, "task": "x" * (1_048_576 - len(frame))}).encode()
        accepted = await served.ask("delegate", most)
        assert accepted.status_code == 202
        record = await served.until_status(accepted.json()["delegation_id"], "failed")
        assert len(record["task"]) == 1_048_576 - len(frame)


async def test_a_platform_outlives_agents_whose_host_name_cannot_be_decoded(tmp_path: Path) -> None:
    async with platform(tmp_path, probe_every=0.02) as served, serve_agent("coder") as coder:
        odd = await served.workspace("odd", "http://xn--a/")
        good = await served.workspace("coder", coder.url)
        failed = await served.until_status(await served.delegate(odd, "hello"), "failed")
        assert failed["error"] == (
            "failed to reach workspace agent: could not reach the agent: the URL cannot be used; nothing was sent"
        )
        coder_seen = await served.get(f"/workspaces/{good}")
        assert coder_seen["status"] == "online"
        await served.until_status(await served.delegate(good, "steps=1 delay=0"), "completed")
        assert (await served.get(f"/workspaces/{odd}"))["status"] == "offline"


async def test_a_caller_that_hangs_up_in_its_body_is_no_fault_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with platform(tmp_path) as served:
        before = len(asyncio.all_tasks())
        url = httpx.URL(served.url)
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = f"POST /workspaces HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nAuthorization: Bearer {served.token}\r\n"
        writer.write(f"{head}Content-Length: 9\r\n\r\n{{".encode())
        await writer.drain()
        await eventually(lambda: len(asyncio.all_tasks()) > before)
        # The request is at work once the tokens are looked at; a round trip of ours stands behind it in the same queue.
        await served.get("/workspaces")
        writer.close()
        await writer.wait_closed()
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
    assert not [record for record in caplog.records if record.exc_info]


async def test_paths_and_queries_that_are_no_ids(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        for odd in ("%00", "%ff%fe", "%ED%A0%80", "%2e%2e%2f", "x" * 3_000, "'%20OR%201=1", "%F4%8F%BF%BF"):
            for path in (
                f"/workspaces/{served.source}/delegations/{odd}",
                f"/workspaces/{odd}/delegations",
                f"/workspaces/{served.source}/delegations?before={odd}",
                f"/admin/delegations/{odd}",
                f"/workspaces/{odd}",
            ):
                answer = await served.http.get(path)
                assert answer.status_code < 500, (path, answer.text)
                answer.json()


async def test_five_hundred_delegations_add_up_and_leave_nothing_behind(tmp_path: Path) -> None:
    async with (
        platform(tmp_path) as served,
        serve_agent("coder") as coder,
        serve_agent("reviewer", BehaviorName.FAILING) as reviewer,
    ):
        targets = [
            await served.workspace("coder", coder.url, slots=20),
            await served.workspace("reviewer", reviewer.url, slots=20),
            NOBODY,
        ]
        await served.until_status(await served.delegate(targets[0], "steps=1 delay=0"), "completed")
        before = len(asyncio.all_tasks())
        lane = asyncio.Semaphore(20)

        async def one(number: int) -> str:
            async with lane:
                return await served.delegate(targets[number % 3], "steps=2 delay=0")

        ids = await asyncio.gather(*(one(number) for number in range(500)))
        assert len(set(ids)) == 500
        for delegation_id in ids:
            await served.log.until(
                lambda who=delegation_id: who in served.log.rows and served.log.rows[who].status.is_terminal, within=60
            )
        snapshot = await served.get("/snapshot", finished=1_000)
        held = [row["status"] for row in snapshot["delegations"]]
        assert len(held) == 501
        assert snapshot["totals"] == {**dict.fromkeys(Status, 0), "completed": 168, "failed": 333}
        assert {status: held.count(status) for status in set(held)} == {"completed": 168, "failed": 333}
        for target in targets[:2]:
            await served.until_free(target)
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
        assert agent_connections(coder.port, reviewer.port) <= 50


def agent_connections(*ports: int) -> int:
    """Connections of this process to these ports, from the kernel's table."""
    wanted = {f"0100007F:{port:04X}" for port in ports}
    established = "01"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2] in wanted and row[3] == established for row in rows)


async def test_a_small_event_is_not_held_back_by_nagle(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, served.http.stream("GET", "/events/stream", timeout=None) as response:
        accepted = response.extensions["network_stream"].get_extra_info("socket")
        peer = accepted.getsockname()
        server_side = [
            transport.get_extra_info("socket")
            for transport in _transports()
            if transport.get_extra_info("peername") == peer
        ]
        assert [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in server_side] == [1]


def _transports() -> list[asyncio.Transport]:
    loop = asyncio.get_running_loop()
    return list(loop._transports.values())  # type: ignore[attr-defined]
