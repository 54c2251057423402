"""HeadwayConnector against a real server that may do anything."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from headway.connectors import door
from headway.connectors.connector import Batch, Closed, Dispatched, DispatchOrder, Opened, Opening, StreamMessage
from headway.connectors.errors import (
    BadAnswer,
    Conflict,
    ConnectorError,
    CursorGone,
    NotAllowed,
    NotFound,
    NotReachable,
    OutcomeUnknown,
    Refused,
)
from headway.connectors.headway import HeadwayConnector
from headway.core.cursor import Cursor
from headway.core.delegation import Status
from headway.core.events import Other, Progressed
from headway.core.text import ERROR_LIMIT, clean
from support.agents import ManualClock
from support.records import EPOCH, T0, event, progress, row, sent, snapshot, status
from support.scripted_http import Exchange
from support.scripted_platform import (
    ScriptedPlatform,
    answer,
    frame,
    hang_up,
    scripted_platform,
    stay_silent,
    stream,
    until,
)

TOKEN = "s3cret-token-that-nobody-may-see"
HOSTILE = [
    json.loads(line)["text"] for line in (Path(__file__).parents[1] / "data/hostile.jsonl").read_text().splitlines()
]
ORDER = DispatchOrder("coder-id", "Fix it", "key-1", priority=100, expires_in_seconds=60)
DISPATCH = "/workspaces/operator/delegate"
ACCEPTED = {"delegation_id": "d1", "status": "delegated", "target_id": "coder-id"}
RECORD: dict[str, Any] = {
    "delegation_id": "d1",
    "source_id": "op",
    "target_id": "coder-id",
    "task": "Fix it",
    "status": "in_progress",
    "last_activity_at": "2026-11-21T04:00:00.000000Z",
    "created_at": "2026-11-21T04:00:00.000000Z",
    "updated_at": "2026-11-21T04:00:00.000000Z",
    "seq": 3,
    "progress_text": "Reading…",
}


@pytest.fixture
async def platform() -> AsyncIterator[ScriptedPlatform]:
    async with scripted_platform() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def connector(platform: ScriptedPlatform, clock: ManualClock) -> AsyncIterator[HeadwayConnector]:
    made = HeadwayConnector(platform.url, TOKEN, clock=clock, rng=random.Random(1))
    yield made
    await made.aclose()


async def test_dispatch_goes_out_as_the_operator_with_its_key(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    platform.on(DISPATCH, answer(ACCEPTED, 202))
    dispatched = await connector.dispatch(ORDER)
    assert (dispatched.delegation_id, dispatched.target_id, dispatched.repeated) == ("d1", "coder-id", False)
    (request,) = platform.asked(DISPATCH)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.body) == {
        "target_id": "coder-id",
        "task": "Fix it",
        "idempotency_key": "key-1",
        "priority": 100,
        "expires_in_seconds": 60,
    }


async def test_a_dispatch_without_an_answer_is_repeated_once_with_the_same_key(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    platform.on(DISPATCH, hang_up, answer({**ACCEPTED, "idempotent_hit": True}))
    assert (await connector.dispatch(ORDER)).repeated
    first, second = platform.asked(DISPATCH)
    assert first.body == second.body

    platform.on(DISPATCH, hang_up)
    with pytest.raises(OutcomeUnknown, match="outcome is unknown"):
        await connector.dispatch(ORDER)
    assert len(platform.asked(DISPATCH)) == 4


async def test_a_dispatch_that_nobody_answers_in_time_is_in_doubt(
    platform: ScriptedPlatform, connector: HeadwayConnector, clock: ManualClock
) -> None:
    platform.on(DISPATCH, stay_silent)
    asking = asyncio.create_task(connector.dispatch(ORDER))
    for attempt in (1, 2):
        await until(lambda attempt=attempt: len(platform.asked(DISPATCH)) == attempt and clock.sleeping)
        clock.advance(31)
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        await asking


async def test_a_refused_connection_changes_nothing_and_is_not_repeated(clock: ManualClock) -> None:
    async with scripted_platform() as gone:
        pass
    connector = HeadwayConnector(gone.url, TOKEN, clock=clock, rng=random.Random(1))
    with pytest.raises(NotReachable, match=r"refused.*Nothing was changed") as caught:
        await connector.dispatch(ORDER)
    assert caught.value.reason == "refused"
    assert caught.value.exit_code == 3
    await connector.aclose()


@pytest.mark.parametrize(
    ("status_code", "body", "error", "exit_code"),
    [
        (400, {"error": "self-delegation not permitted"}, Refused, 1),
        (401, {"error": "invalid workspace auth token"}, NotAllowed, 4),
        (403, {"error": "read only"}, NotAllowed, 4),
        (404, {"error": "no such delegation"}, NotFound, 5),
        (409, {"error": "already completed"}, Conflict, 5),
        (422, "not an object", Refused, 1),
        (500, {"error": "oops"}, OutcomeUnknown, 1),
        (502, {"error": "the agent could not be asked"}, Refused, 1),
        (502, None, OutcomeUnknown, 1),
        (503, {"error": "ledger not writable"}, Refused, 1),
        (302, None, OutcomeUnknown, 1),
        (200, "not what was expected", OutcomeUnknown, 1),
    ],
)
async def test_what_a_refused_change_means(
    platform: ScriptedPlatform,
    connector: HeadwayConnector,
    status_code: int,
    body: object,
    error: type[ConnectorError],
    exit_code: int,
) -> None:
    platform.on("/workspaces/op/delegations/d1/cancel", answer(body, status_code))
    with pytest.raises(error) as caught:
        await connector.cancel(row("d1"), reason="enough")
    assert type(caught.value) is error
    assert caught.value.exit_code == exit_code
    assert caught.value.what
    assert caught.value.unchanged
    assert caught.value.next_step
    assert TOKEN not in str(caught.value)
    if isinstance(body, dict):
        assert body["error"] in caught.value.what
    assert len(platform.asked("/workspaces/op/delegations/d1/cancel")) == 1


async def test_a_missing_token_is_told_apart_from_one_that_is_too_weak(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    for status_code, needs_token in ((401, True), (403, False)):
        platform.on("/workspaces", answer({"error": "no"}, status_code))
        with pytest.raises(NotAllowed) as caught:
            await connector.agents()
        assert caught.value.needs_token is needs_token


async def test_cancel_and_poll_name_the_source_and_the_id(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    platform.on("/workspaces/op/delegations/d1/cancel", answer({"delegation_id": "d1", "status": "canceling"}, 202))
    platform.on("/workspaces/op/delegations/d1/poll", answer(RECORD))
    assert await connector.cancel(row("d1"), reason="enough") is Status.CANCELING
    assert json.loads(platform.asked("/workspaces/op/delegations/d1/cancel")[0].body) == {"reason": "enough"}
    assert (await connector.poll(row("d1"))).progress_text == "Reading…"


async def test_reply_and_retry_name_the_source_and_the_id(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    reply, retry = "/workspaces/op/delegations/d1/reply", "/workspaces/op/delegations/d1/retry"
    accepted = {"delegation_id": "d2", "status": "delegated", "target_id": "coder-id", "retry_of": "d1"}
    running = {**accepted, "status": "in_progress", "idempotent_hit": True}
    platform.on(
        reply, answer({"delegation_id": "d1", "status": "in_progress"}, 202), answer({"error": "asks none"}, 409)
    )
    platform.on(retry, answer(accepted, 202), answer(running), hang_up)
    assert await connector.reply(row("d1"), "blue") is Status.IN_PROGRESS
    assert json.loads(platform.asked(reply)[0].body) == {"text": "blue"}
    with pytest.raises(Conflict, match="asks none"):
        await connector.reply(row("d1"), "green")
    assert await connector.retry(row("d1")) == Dispatched("d2", "coder-id", "delegated")
    assert await connector.retry(row("d1")) == Dispatched("d2", "coder-id", "in_progress", repeated=True)
    with pytest.raises(OutcomeUnknown):
        await connector.retry(row("d1"))
    assert len(platform.asked(retry)) == 3


async def test_records_are_found_by_prefix_and_listed_by_page(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    platform.on("/admin/delegations/7f", answer({**RECORD, "delegation_id": "7f3a"}))
    platform.on("/admin/delegations", answer([RECORD]))
    assert (await connector.delegation("7f")).delegation_id == "7f3a"
    (listed,) = await connector.delegations(status=Status.IN_PROGRESS, limit=10, before="d9")
    assert listed.created_at == 1_795_233_600_000
    assert platform.asked("/admin/delegations")[0].path.endswith("?status=in_progress&limit=10&before=d9")


@pytest.mark.parametrize("named", ["../../x", "a/b?c#d", "..", ".", "", "%2e%2e", "\x00"])
async def test_no_id_leaves_its_place_in_the_path(
    platform: ScriptedPlatform, connector: HeadwayConnector, named: str
) -> None:
    with pytest.raises(NotFound):
        await connector.delegation(named)
    for request in platform.server.exchanges:
        assert request.path.startswith("/admin/delegations/")
        assert request.path.count("/") == 3
        assert "?" not in request.path


async def test_agents_are_listed_and_added(platform: ScriptedPlatform, connector: HeadwayConnector) -> None:
    platform.on("/workspaces", answer([{"id": "w1", "name": "coder\x1b[31m"}]), answer(
        {"id": "w2", "status": "unknown", "external": True}, 201
    ))  # fmt: skip
    assert [(each.id, each.name) for each in await connector.agents()] == [("w1", "coder�[31m")]
    assert await connector.add_agent("http://127.0.0.1:9/", slots=3) == "w2"
    assert json.loads(platform.asked("/workspaces")[1].body) == {
        "name": "127.0.0.1:9",
        "url": "http://127.0.0.1:9/",
        "max_concurrent_tasks": 3,
    }


async def test_an_agent_is_removed_by_its_id(platform: ScriptedPlatform, connector: HeadwayConnector) -> None:
    async def empty(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 204 No Content\r\n\r\n")

    platform.on("/workspaces/w1", empty, answer({"error": "no workspace w1 is known"}, 404))
    await connector.remove_agent("w1")
    assert platform.asked("/workspaces/w1")[0].method == "DELETE"
    with pytest.raises(NotFound):
        await connector.remove_agent("w1")


async def test_a_stale_queue_is_dropped_in_minutes(platform: ScriptedPlatform, connector: HeadwayConnector) -> None:
    platform.on("/admin/a2a-queue/drop-stale", answer({"dropped": 3}))
    assert await connector.drop_stale(90_000, "w1") == 3
    asked = platform.asked("/admin/a2a-queue/drop-stale")[0]
    assert asked.method == "POST"
    assert asked.path.partition("?")[2] == "max_age_minutes=1.5&workspace_id=w1"


async def test_health_is_an_answer_also_when_it_is_bad(platform: ScriptedPlatform, connector: HeadwayConnector) -> None:
    platform.on("/health", answer({"status": "unavailable", "version": "1", "epoch": EPOCH, "seq": 3}, 503))
    assert (await connector.health()).status == "unavailable"


async def test_read_only_asks_the_platform_nothing(platform: ScriptedPlatform, clock: ManualClock) -> None:
    connector = HeadwayConnector(platform.url, TOKEN, clock=clock, rng=random.Random(1), read_only=True)
    assert connector.capabilities.read_only
    for attempt in (
        connector.dispatch(ORDER), connector.cancel(row()), connector.poll(row()), connector.add_agent("http://x"),
        connector.reply(row(), "x"), connector.retry(row()), connector.remove_agent("w1"),
        connector.drop_stale(60_000, "w1"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="read-only"):
            await attempt
    assert not platform.server.exchanges
    await connector.aclose()


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_texts_are_clean_wherever_they_come_in(
    platform: ScriptedPlatform, connector: HeadwayConnector, text: str
) -> None:
    wire = json.loads(snapshot(row("d1")).model_dump_json())
    wire["workspaces"][0] |= {"name": text, "current_task": text, "agent_card": {text: [text]}}
    wire["delegations"][0] |= {"task_preview": text, "error": text, "progress": {"offset": 0, "text": text}}
    platform.on("/snapshot", answer(wire))
    platform.on("/admin/delegations/d1", answer({**RECORD, "task": text, "result": text, "progress_text": text}))
    platform.on("/workspaces/op/delegations/d1/cancel", answer({"error": text}, 409))
    taken = await connector.snapshot()
    record = await connector.delegation("d1")
    with pytest.raises(Conflict) as caught:
        await connector.cancel(row("d1"))
    seen = [taken.model_dump_json(), record.task, record.result or "", record.progress_text, str(caught.value)]
    seen += [taken.workspaces[0].name, taken.delegations[0].error or "", taken.delegations[0].progress.text]
    for each in seen:
        assert each == clean(each)
    assert "\n" not in taken.workspaces[0].name
    assert len(taken.delegations[0].error or "") <= 1_000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b"[]", b"null", b'"x"', b'{"epoch":1}', b"[" * 100_000, b"\xff\xfe", b"1" * 5_000,
     b'{"epoch":"e\\n1","seq":1,"workspaces":[],"delegations":[],"totals":{}}',
     b'{"epoch":"e1","seq":NaN,"workspaces":[],"delegations":[],"totals":{}}',
     b'{"epoch":"e1","seq":"9","workspaces":[],"delegations":[],"totals":{}}',
     b'{"epoch":"e1","seq":1e999,"workspaces":[],"delegations":[],"totals":{}}'],
)  # fmt: skip
async def test_an_answer_that_is_none_is_said_to_be_none(
    platform: ScriptedPlatform, connector: HeadwayConnector, body: bytes
) -> None:
    async def garbage(exchange: Exchange) -> None:
        await exchange.head(200, "application/json")
        await exchange.raw(body)

    platform.on("/snapshot", garbage)
    with pytest.raises(BadAnswer, match="Nothing was changed"):
        await connector.snapshot()


async def test_numbers_and_times_are_kept_within_bounds(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    wire = json.loads(snapshot(row("d1")).model_dump_json())
    wire["delegations"][0] |= {
        "created_at": "0001-01-01T00:00:00+14:00",
        "deadline": 10**30,
        "progress_percent": -3,
        "priority": 10**18,
        "seq": -1,
    }
    platform.on("/snapshot", answer(wire))
    taken = (await connector.snapshot()).delegations[0]
    assert (taken.created_at, taken.progress_percent, taken.priority, taken.seq) == (0, 0, 2**53, 0)
    assert taken.deadline == 253_402_300_799_999


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:80", "ftp://x", "http://", f"http://user:{TOKEN}@x", f"http://x?token={TOKEN}", "http://x\x1b",
     "http://x:99999"],
)  # fmt: skip
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(NotReachable) as caught:
        HeadwayConnector(address, None, clock=ManualClock(), rng=random.Random(1))
    assert TOKEN not in str(caught.value)


def test_the_token_is_in_no_repr_and_a_broken_one_is_refused() -> None:
    connector = HeadwayConnector("http://127.0.0.1:1/", TOKEN, clock=ManualClock(), rng=random.Random(1))
    assert repr(connector) == "HeadwayConnector('http://127.0.0.1:1')"
    assert connector.address == "http://127.0.0.1:1"
    with pytest.raises(NotAllowed) as caught:
        connector.use_token(f"{TOKEN}\r\nX-Evil: 1")
    assert TOKEN not in str(caught.value)


async def take(connector: HeadwayConnector, after: Cursor | None, count: int) -> list[StreamMessage]:
    messages: list[StreamMessage] = []
    async with asyncio.timeout(10), aclosing(connector.events(after)) as stream_of_messages:
        async for message in stream_of_messages:
            messages.append(message)
            if len(messages) == count:
                break
    return messages


async def test_events_come_in_batches_with_the_cursor_after_them(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    told = [sent(5), status(6, "d1", "in_progress"), event(0, "WORKSPACE_HEARTBEAT", workspace_id="w", active_tasks=1)]
    platform.on("/events/stream", stream(b"".join(map(frame, told))))
    opening, opened, batch = await take(connector, Cursor(EPOCH, 4), 3)
    assert isinstance(opening, Opening)
    assert isinstance(opened, Opened)
    assert isinstance(batch, Batch)
    assert list(batch.events) == told
    assert batch.cursor == Cursor(EPOCH, 6)
    (request,) = platform.asked("/events/stream")
    assert request.headers["last-event-id"] == "e1:4"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.req("E2")
async def test_a_stream_that_drops_goes_on_after_the_last_event(
    platform: ScriptedPlatform, connector: HeadwayConnector, clock: ManualClock
) -> None:
    platform.on("/events/stream", stream(frame(sent(5)), then=hang_up), stream(frame(status(6, "d1", "in_progress"))))
    reading = asyncio.create_task(take(connector, Cursor(EPOCH, 4), 7))
    await until(lambda: platform.asked("/events/stream"))
    while len(platform.asked("/events/stream")) < 2:
        clock.advance(0.1)
        await asyncio.sleep(0.002)
    messages = await reading
    assert [request.headers["last-event-id"] for request in platform.asked("/events/stream")] == ["e1:4", "e1:5"]
    batches = [each for each in messages if isinstance(each, Batch)]
    assert [each.seq for batch in batches for each in batch.events] == [5, 6]
    (closed,) = [each for each in messages if isinstance(each, Closed)]
    assert 0 < closed.retry_in <= 0.5


async def test_an_event_that_cannot_be_read_keeps_its_place(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    garbage = [
        b"id: e1:5\ndata: {nonsense\n\n",
        b"id: e1:6\ndata: []\n\n",
        b'id: e1:7\ndata: {"type":"DELEGATION_STATUS","timestamp":1,"data":{"status":"frozen"}}\n\n',
        b'id: e1:8\ndata: {"type":"NEWS","timestamp":1,"data":{"said":"\\u001b]0;x"}}\n\n',
        b'id: nonsense\ndata: {"type":"NEWS","timestamp":1,"data":{}}\n\n',
        frame(progress(9, "d1", 0, "ok")),
    ]
    platform.on("/events/stream", stream(b"".join(garbage)))
    batch = (await take(connector, Cursor(EPOCH, 4), 3))[-1]
    assert isinstance(batch, Batch)
    assert [each.seq for each in batch.events] == [5, 6, 7, 8, 0, 9]
    assert [type(each.payload) for each in batch.events] == [Other] * 5 + [Progressed]
    assert batch.events[3].payload == Other(data={"said": "�]0;x"})


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_texts_of_events_are_clean(
    platform: ScriptedPlatform, connector: HeadwayConnector, text: str
) -> None:
    told = {"delegation_id": text, "target_id": text, "text": text, "offset": 0}
    body = json.dumps({"type": "DELEGATION_PROGRESS", "timestamp": T0, "data": told}).encode()
    platform.on("/events/stream", stream(b"id: e1:5\ndata: " + body + b"\n\n"))
    batch = (await take(connector, None, 3))[-1]
    assert isinstance(batch, Batch)
    payload = batch.events[0].payload
    assert isinstance(payload, Progressed)
    assert payload.text == clean(text)
    assert payload.delegation_id == clean(payload.delegation_id)
    assert "last-event-id" not in platform.asked("/events/stream")[0].headers


@pytest.mark.parametrize(("status_code", "error"), [(401, NotAllowed), (403, NotAllowed), (410, CursorGone)])
async def test_a_stream_that_cannot_go_on_says_why(
    platform: ScriptedPlatform, connector: HeadwayConnector, status_code: int, error: type[ConnectorError]
) -> None:
    platform.on("/events/stream", answer({"error": "no"}, status_code))
    with pytest.raises(error) as caught:
        await take(connector, Cursor(EPOCH, 4), 9)
    assert TOKEN not in str(caught.value)


async def test_older_finished_ones_are_asked_for_and_come_clean(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    wire = json.loads(snapshot(row("d1", status=Status.FAILED)).model_dump_json())["delegations"][0]
    older = [{**wire, "delegation_id": f"d{number}", "status_message": text} for number, text in enumerate(HOSTILE)]
    platform.on("/snapshot/finished", answer({"delegations": older}))
    read = await connector.finished_before(row("d9"), limit=70)
    assert [one.delegation_id for one in read] == [one["delegation_id"] for one in older]
    assert [one.status_message for one in read] == [clean(text, limit=ERROR_LIMIT) for text in HOSTILE]
    (request,) = platform.asked("/snapshot/finished")
    assert request.path == "/snapshot/finished?before=d9&limit=70"


async def test_another_ledger_under_the_same_address_needs_a_snapshot(
    platform: ScriptedPlatform, connector: HeadwayConnector
) -> None:
    platform.on("/events/stream", stream(frame(sent(5), epoch="other")))
    with pytest.raises(CursorGone):
        await take(connector, Cursor(EPOCH, 4), 9)


async def test_a_large_snapshot_is_read_beside_the_event_loop_and_a_small_answer_in_it(
    platform: ScriptedPlatform, connector: HeadwayConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, threads = door.read, []

    def noting(content: bytes) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return read(content)

    monkeypatch.setattr(door, "read", noting)
    for count in (10, 4_000):
        rows = (row(f"d{number}") for number in range(count))
        platform.on("/snapshot", answer(json.loads(snapshot(*rows).model_dump_json())))
        assert len((await connector.snapshot()).delegations) == count
    # Between the two the connector asks what its token opens.
    assert threads == [True, True, False]
