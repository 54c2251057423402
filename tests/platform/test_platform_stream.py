"""The event stream: what it says (C11), that it adds up (E1), resumes (E2), lives (E5), and whom it tells (E6)."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from headway.agents.fleet import serve_agent
from headway.core.api import Snapshot
from headway.core.delegation import EDGES, Row, Status
from headway.core.events import EventType
from headway.core.scopes import READ
from headway.ledger.records import Retention
from headway.platform.auth import token_hash
from headway.platform.platform import Platform
from pydantic import TypeAdapter
from support.platforms import NOBODY, Api, EventLog, Json, platform

TASKS = (
    "steps=6 delay=0.01",
    "steps=3 delay=0.02 size=3000",
    "steps=2 delay=0 fail=disk_full",
    "steps=2 delay=0 ask=which_one",
    "steps=2 delay=0 at=1 behavior=hanging",
    "steps=4 delay=0.01 behavior=half-stream",
    "steps=2 delay=0 behavior=malformed",
)


@pytest.mark.req("C11")
async def test_names_payloads_and_order_of_the_events_of_one_delegation(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        task = "steps=2 delay=0.1 " + "é" * 200
        done = await served.delegate(target, task, priority=70)
        await served.until_status(done, "completed")
        events = served.log.of(done)
        assert [seen.type for seen in events[:2]] == ["DELEGATION_SENT", "DELEGATION_STATUS"]
        assert events[-1].type == "DELEGATION_COMPLETE"
        assert all(seen.data["target_id"] == target for seen in events)
        record = await served.record(done)
        assert events[0].data == {
            "delegation_id": done,
            "target_id": target,
            "task_preview": task[:100],
            "source_id": served.source,
            "status": "pending",
            "priority": 70,
            "attempt": 0,
            "created_at": record["created_at"],
            "recorded": False,
        }
        assert events[1].data == {"delegation_id": done, "target_id": target, "status": "dispatched", "attempt": 1}
        texts = [seen for seen in events if seen.type == "DELEGATION_PROGRESS"]
        assert "".join(seen.data["text"] for seen in texts) == "chunk 1\nchunk 2\n"
        assert [seen.data["offset"] for seen in texts] == [0, 8]
        assert events[-1].data == {
            "delegation_id": done,
            "target_id": target,
            "response_preview": "chunk 1\nchunk 2\n",
            "via": "direct",
        }
        failed = await served.delegate(target, "steps=2 delay=0 fail=disk_full")
        await served.until_status(failed, "failed")
        assert served.log.of(failed)[-1].data == {"delegation_id": failed, "target_id": target, "error": "disk full"}
        waiting = await served.delegate(NOBODY, "look")
        await served.until_status(waiting, "failed")
        seqs = [seen.seq for seen in served.log.events]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert {seen.type for seen in served.log.events} <= set(EventType)


@pytest.mark.req("C4", "E1")
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_snapshot_under_load_and_the_events_after_it_are_the_ledger(tmp_path: Path, seed: int) -> None:
    async with platform(tmp_path, stuck_after=0.5, idle_timeout=1.0) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=6)
        chance = random.Random(seed)
        ids: list[str] = []
        load = asyncio.create_task(churn(served, target, chance, ids))
        followers: list[tuple[Snapshot, EventLog]] = []
        async with asyncio.TaskGroup() as group:
            stop = asyncio.Event()
            for _ in range(4):
                await more_events(served, len(served.log.events) + chance.randrange(20, 60), load)
                ready = asyncio.Event()
                group.create_task(follow_a_snapshot(served, followers, ready, stop))
                await ready.wait()
            await load
            await quiet(served, ids)
            final = Snapshot.model_validate(await served.get("/snapshot", finished=1_000))
            for _, log in followers:
                await log.until(lambda one=log: bool(one.events) and one.events[-1].seq >= final.seq)
            stop.set()
        assert final.seq == served.log.events[-1].seq
        for taken, log in followers:
            compare(log.rows, final, taken)
        assert len({taken.seq for taken, _ in followers}) > 1
        for statuses in served.log.statuses.values():
            for before, after in pairwise(statuses):
                assert before is after or after in EDGES[before], statuses
        assert sum(final.totals.values()) == len(ids) == len(final.delegations)


async def more_events(served: Api, goal: int, load: asyncio.Task[None] | None = None) -> None:
    await served.log.until(lambda: len(served.log.events) >= goal or (load is not None and load.done()))


async def churn(served: Api, target: str, chance: random.Random, ids: list[str]) -> None:
    for _ in range(40):
        ids.append(await served.delegate(target, chance.choice(TASKS)))
        if chance.random() < 0.4:
            await served.cancel(chance.choice(ids))
        if chance.random() < 0.3:
            await served.ask(f"delegations/{chance.choice(ids)}/poll")


async def quiet(served: Api, ids: list[str]) -> None:
    """Cancel what waits for somebody, until everything has ended."""
    await served.log.until(lambda: all(one in served.log.rows for one in ids))
    while True:
        seen = len(served.log.events)
        left = [one for one in ids if not served.log.rows[one].status.is_terminal]
        if not left:
            return
        for delegation_id in left:
            if served.log.rows[delegation_id].status in (Status.INPUT_REQUIRED, Status.STUCK):
                await served.cancel(delegation_id)
        await more_events(served, seen + 1)


async def follow_a_snapshot(
    served: Api, followers: list[tuple[Snapshot, EventLog]], ready: asyncio.Event, stop: asyncio.Event
) -> None:
    taken = Snapshot.model_validate(await served.get("/snapshot", finished=1_000))
    rows = {row.delegation_id: row for row in taken.delegations}
    async with served.events(after=f"{taken.epoch}:{taken.seq}", rows=rows) as log:
        followers.append((taken, log))
        ready.set()
        await stop.wait()


def compare(rows: dict[str, Row], final: Snapshot, taken: Snapshot) -> None:
    """Row by row in every field; of the progress text, what both hold: a snapshot carries its tail only."""
    assert set(rows) == {row.delegation_id for row in final.delegations}
    for row in final.delegations:
        mine, theirs = _plain(rows[row.delegation_id]), _plain(row)
        text, tail = mine.pop("progress"), theirs.pop("progress")
        assert mine == theirs
        start = max(text["offset"], tail["offset"])
        assert text["offset"] + len(text["text"]) == tail["offset"] + len(tail["text"])
        assert text["text"][start - text["offset"] :] == tail["text"][start - tail["offset"] :]


def _plain(row: Row) -> Json:
    return dict(TypeAdapter(Row).dump_python(row, mode="json"))


@pytest.mark.req("E2")
async def test_disconnects_at_random_moments_lose_and_repeat_nothing(tmp_path: Path) -> None:
    """Also across a restart of the platform, and for a reader whose cursor lies before the ring."""
    chance = random.Random(7)
    async with serve_agent("coder") as agent:
        async with platform(tmp_path, ring_bytes=4_096, keep_alive=0.05) as served:
            source, target = served.source, await served.workspace("coder", agent.url, slots=8)
            ids: list[str] = []
            load = asyncio.create_task(churn(served, target, chance, ids))
            seen, cursor = [], served.log.cursor
            while not load.done():
                cursor = await read_some(served, cursor, chance.randrange(1, 25), seen)
            await load
        async with platform(tmp_path, source=source, after=cursor) as served:
            whole = served.log
            await served.ask("delegations/record", {"target_id": NOBODY, "task": "last", "delegation_id": "last"})
            await whole.until(lambda: bool(whole.of("last")))
            async with served.events(after=cursor) as rest:
                await rest.until(lambda: bool(rest.of("last")))
                seen += [one.seq for one in rest.events]
            assert seen == list(range(seen[0], seen[0] + len(seen)))
            assert whole.of("last")[0].seq in seen


async def read_some(served: Api, cursor: str, count: int, seen: list[int]) -> str:
    """Read a few events after a cursor and hang up; where the reader stands then.

    It stops sooner where the stream has no more for it now, or has ended because the reader fell out of the ring.
    """
    async with served.events(after=cursor) as log:
        await log.until(
            lambda: log.ended or len(log.events) >= count or any(one.type == "BOOKMARK" for one in log.events)
        )
        got = [one for one in log.events[:count] if one.cursor]
    seen += [one.seq for one in got]
    return got[-1].cursor or cursor if got else cursor


@pytest.mark.req("E5")
async def test_silence_is_filled_with_a_comment_and_a_bookmark(tmp_path: Path) -> None:
    async with platform(tmp_path, keep_alive=0.1) as served, served.events() as log:
        assert log.comments[0] == "headway event stream"
        mark = await log.until_event(lambda seen: seen.type == "BOOKMARK")
        assert mark.cursor is None
        assert "keep-alive" in log.comments
        assert mark.data["seq"] == (await served.get("/snapshot"))["seq"]
        await served.workspace("another")
        new = await log.until_event(lambda seen: seen.type == "WORKSPACE_OFFLINE")
        assert new.seq == mark.data["seq"] + 1
        later = await log.until_event(lambda seen: seen.type == "BOOKMARK" and seen.data["seq"] == new.seq)
        assert log.events.index(later) > log.events.index(new)


@pytest.mark.req("E3")
async def test_cursors_that_cannot_be_resumed_are_410(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        epoch, head = served.log.cursor.split(":")
        wrong = [
            f"{NOBODY}:1",
            f"{epoch}:{int(head) + 1}",
            f"{epoch}:-1",
            f"{epoch}:{'9' * 30}",
            "garbage",
            ":1",
            epoch,
            f"{epoch}:",
            f"{epoch}:1:1",
            f"{epoch}:1e3",
            f"{epoch}:0x1",
            f"{epoch}:\xb2",
            f"{epoch.upper()}x:1",
        ]
        for cursor in wrong:
            for path in ("/events/stream", f"/workspaces/{served.source}/events/stream"):
                answer = await served.http.get(path, headers={"Last-Event-ID": cursor.encode("latin-1")})
                assert answer.status_code == 410, (cursor, answer.text)
                assert "take a new snapshot" in answer.json()["error"]


@pytest.mark.req("E3")
async def test_a_cursor_older_than_what_is_kept_is_410_and_a_new_snapshot_goes_on(tmp_path: Path) -> None:
    kept = Retention(finished=None, finished_ms=None, events=10, events_ms=None)
    async with platform(tmp_path, retention=kept, evict_every=0.05) as served:
        old = served.log.cursor
        for number in range(30):
            body = {"target_id": NOBODY, "task": "look", "delegation_id": f"d{number}"}
            await served.ask("delegations/record", body)
        await eventually_gone(served, old)
        taken = await served.get("/snapshot")
        async with served.events(after=f"{taken['epoch']}:{taken['seq']}") as log:
            await served.ask("delegations/record", {"target_id": NOBODY, "task": "look", "delegation_id": "last"})
            await log.until(lambda: bool(log.of("last")))
            assert [seen.seq for seen in log.events if seen.cursor] == [taken["seq"] + 1]
        lowest = f"{taken['epoch']}:{taken['seq'] - 5}"
        async with served.events(after=lowest) as log:
            await log.until(lambda: bool(log.of("last")))
            assert log.events[0].seq == taken["seq"] - 4


async def eventually_gone(served: Api, cursor: str) -> None:
    """Return once a cursor is refused as too old."""
    async with asyncio.timeout(15):
        while True:
            async with served.http.stream("GET", "/events/stream", headers={"Last-Event-ID": cursor}) as answer:
                if answer.status_code == 410:
                    assert "are kept; take a new snapshot" in (await answer.aread()).decode()
                    return
            await asyncio.sleep(0.02)


async def test_the_head_of_the_stream(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, served.http.stream("GET", "/events/stream", timeout=None) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"


@pytest.mark.req("E6")
async def test_a_workspace_token_sees_its_own_stream_only(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        mine, other = await served.workspace("mine", "http://127.0.0.1:9"), await served.workspace("other")
        registered = await served.http.post("/registry/register", json={"id": mine, "url": "http://127.0.0.1:9"})
        token = registered.json()["auth_token"]
        again = await served.http.post("/registry/register", json={"id": mine, "url": "http://127.0.0.1:9"})
        assert again.json() == {"status": "registered"}
        async with served.events(f"/workspaces/{mine}/events/stream", token=token) as log:
            for source, target, name in ((mine, NOBODY, "a"), (other, NOBODY, "b"), (other, mine, "c")):
                body = {"target_id": target, "task": "look", "delegation_id": name}
                await served.ask("delegations/record", body, source=source)
            await log.until(lambda: bool(log.of("c")))
            assert [seen.data["delegation_id"] for seen in log.events if "delegation_id" in seen.data] == ["a", "c"]
        async with served.client(token) as http:
            for path in (f"/workspaces/{other}/events/stream", "/events/stream", "/snapshot", f"/workspaces/{other}"):
                assert (await http.get(path)).status_code == 403, path
            assert [one["id"] for one in (await http.get("/workspaces")).json()] == [mine]
            body = {"target_id": mine, "task": "look"}
            assert (await http.post(f"/workspaces/{other}/delegate", json=body)).status_code == 403


@pytest.mark.req("E6")
async def test_without_a_token_and_with_a_wrong_one(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        paths = ["/events/stream", "/snapshot", "/workspaces", f"/workspaces/{served.source}/delegations"]
        for token, text in ((None, "missing workspace auth token"), ("x" * 43, "invalid workspace auth token")):
            async with served.client(token) as http:
                for path in paths:
                    answer = await http.get(path)
                    assert (answer.status_code, answer.json()) == (401, {"error": text}), path
                answer = await http.post(f"/workspaces/{served.source}/delegate", content=b"nonsense")
                assert (answer.status_code, answer.json()) == (401, {"error": text})
                assert (await http.get("/health")).status_code == 200


@pytest.mark.req("E6")
async def test_a_read_token_sees_everything_and_changes_nothing(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path) as served:
        await opened[0].ledger.add_token(token_hash("reader-token"), READ)
        delegation_id = await served.delegate(NOBODY, "look")
        await served.until_status(delegation_id, "failed")
        async with served.client("reader-token") as http, served.events(token="reader-token") as log:
            assert (await http.get("/snapshot")).status_code == 200
            assert (await http.get(f"/workspaces/{served.source}/delegations/{delegation_id}")).status_code == 200
            calls: list[tuple[str, Any]] = [
                (f"/workspaces/{served.source}/delegate", {"target_id": NOBODY, "task": "look"}),
                (f"/workspaces/{served.source}/delegations/{delegation_id}/cancel", {}),
                (f"/workspaces/{served.source}/delegations/{delegation_id}/poll", {}),
                ("/workspaces", {"name": "new"}),
                ("/registry/register", {"id": served.source, "url": "http://127.0.0.1:9"}),
            ]
            for path, body in calls:
                answer = await http.post(path, json=body)
                assert (answer.status_code, "nothing was changed" in answer.json()["error"]) == (403, True), path
            assert (await http.delete(f"/workspaces/{served.source}")).status_code == 403
            assert not [seen for seen in log.events if seen.type != "BOOKMARK"]
