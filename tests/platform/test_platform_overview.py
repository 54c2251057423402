"""C13, C14, S6: what is kept and what goes, lists and counts while others write, and the metrics."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from headway.agents.fleet import serve_agent
from headway.core.delegation import Status
from headway.core.scopes import READ, workspace_scope
from headway.ledger.records import NewDelegation, Retention
from headway.platform import metrics
from headway.platform.auth import new_token, token_hash
from headway.platform.platform import Platform
from support.platforms import Api, Json, connected, platform, serve

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"')


async def next_page(served: Api, answer: httpx.Response) -> httpx.Response | None:
    link = answer.headers.get("Link")
    if link is None:
        return None
    found = re.fullmatch(r'<(/admin/delegations\?[^>]+)>; rel="next"', link)
    assert found, link
    following = await served.http.get(found[1])
    assert following.status_code == 200
    return following


async def walk(served: Api, **query: Any) -> list[Json]:
    """Every page of the admin's list, by its links."""
    seen: list[Json] = []
    page: httpx.Response | None = await served.http.get("/admin/delegations", params=query)
    while page is not None:
        seen += page.json()
        page = await next_page(served, page)
    return seen


@pytest.mark.req("C14")
async def test_lists_and_counts_stay_true_while_others_delegate_cancel_and_evict(tmp_path: Path) -> None:
    retention = Retention(finished=30)
    async with (
        platform(tmp_path, retention=retention, evict_every=0.05, ring_bytes=1 << 24) as served,
        serve_agent("coder") as agent,
    ):
        target = await served.workspace("coder", agent.url, slots=8)
        lasting = [await served.delegate(await served.workspace("away"), f"lasting {n}") for n in range(3)]
        blocked = [await served.delegate(target, "steps=1 delay=60 lasting") for _ in range(2)]
        for delegation_id in blocked:
            await served.until_status(delegation_id, "in_progress")
        writing = asyncio.create_task(keep_writing(served, target))
        try:
            for limit in (1, 3, 7):
                seen = [one["delegation_id"] for one in await walk(served, limit=limit)]
                assert len(seen) == len(set(seen))
                assert set(blocked) <= set(seen)
                stats = await served.get("/admin/delegations/stats")
                assert stats["total"] == sum(stats["by_status"].values())
                assert stats["by_status"]["in_progress"] >= 2
        finally:
            writing.cancel()
            await asyncio.wait({writing})
        for delegation_id in blocked:
            await served.cancel(delegation_id)
            await served.until_status(delegation_id, "canceled")
        await served.log.until(lambda: all(row.status.is_terminal for row in served.log.rows.values()))
        stats = await served.get("/admin/delegations/stats")
        kept = await walk(served, limit=100)
        assert {status: count for status, count in stats["by_status"].items() if count} == Counter(
            one["status"] for one in kept
        )
        assert stats["active_by_target"] == {}
        assert len(lasting) == 3


async def keep_writing(served: Api, target: str) -> None:
    while True:
        delegation_id = await served.delegate(target, "steps=1 delay=0")
        await served.cancel(await served.delegate(target, "steps=5 delay=0.01"))
        await served.http.get(f"/admin/delegations/{delegation_id}")


@pytest.mark.req("C14")
async def test_a_list_by_text_status_and_place(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        done = await served.delegate(target, "steps=1 delay=0 Alpha")
        await served.until_status(done, "completed")
        failed = await served.delegate(target, "steps=2 delay=0 fail=unreadable")
        await served.until_status(failed, "failed")
        waiting = await served.delegate(await served.workspace("away"), "beta")
        await served.until_status(waiting, "failed")

        async def ids(**query: Any) -> list[str]:
            return [one["delegation_id"] for one in await served.get("/admin/delegations", **query)]

        assert await ids() == [waiting, failed, done]
        assert await ids(q="ALPHA") == await ids(q="chunk 1") == await ids(status="completed") == [done]
        assert await ids(q="unreadable") == [failed]
        assert await ids(q="away") == await ids(q="beta") == [waiting]
        assert await ids(q=failed[:9]) == [failed]
        assert await ids(q="coder", limit=1) == [failed]
        assert [one["delegation_id"] for one in await walk(served, q="coder", limit=1)] == [failed, done]
        assert await ids(before=failed) == [done]
        assert await ids(before="@99999") == [waiting, failed, done]
        assert await ids(before="@x") == await ids(before="@" + "9" * 99) == await ids(before="nothing") == []
        [record] = await served.get("/admin/delegations", q="beta")
        assert record["task"] == "beta"
        assert record["progress_text"] == ""
        for bad in ({"q": ""}, {"q": "x" * 257}, {"limit": 0}, {"limit": 501}, {"status": "asleep"}):
            assert (await served.http.get("/admin/delegations", params=bad)).status_code == 422
        stats = await served.get("/admin/delegations/stats")
        assert (stats["total"], stats["by_status"]["completed"], stats["by_status"]["failed"]) == (3, 1, 2)
        assert stats["finished_last_minute"] == {"completed": 1, "failed": 2, "canceled": 0}
        assert stats["oldest_waiting_at"] is None
        health = await served.get("/health")
        assert (stats["epoch"], stats["seq"]) == (health["epoch"], health["seq"])
        await only_for_those_who_see_all(served, opened[0], "/admin/delegations", "/admin/delegations/stats")


async def only_for_those_who_see_all(served: Api, opened: Platform, *paths: str) -> None:
    for scope, status in ((READ, 200), (workspace_scope(served.source), 403)):
        token = new_token()
        await opened.ledger.add_token(token_hash(token), scope)
        async with served.client(token) as http:
            for path in paths:
                assert (await http.get(path)).status_code == status
    async with served.client(None) as http:
        for path in paths:
            assert (await http.get(path)).status_code == 401


@pytest.mark.req("C13")
async def test_what_is_no_longer_kept_is_gone_everywhere_and_said_so(tmp_path: Path) -> None:
    async with (
        platform(tmp_path, retention=Retention(finished=2, events=20), evict_every=0.05) as served,
        serve_agent("coder") as agent,
    ):
        target = await served.workspace("coder", agent.url, slots=2)
        running = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(running, "in_progress")
        cursor = served.log.cursor
        finished = []
        for _ in range(6):
            finished.append(await served.delegate(target, "steps=1 delay=0"))
            await served.log.until(lambda: Status.COMPLETED in served.log.statuses[finished[-1]])
        gone, kept = finished[:4], finished[4:]
        told: set[str] = set()

        def all_told() -> bool:
            evicted = [seen for seen in served.log.events if seen.type == "DELEGATION_EVICTED"]
            told.update(*(seen.data["delegation_ids"] for seen in evicted))
            return told >= set(gone)

        await served.log.until(all_told)
        assert told == set(gone)
        statuses = [
            one for seen in served.log.events if seen.type == "DELEGATION_EVICTED" for one in seen.data["statuses"]
        ]
        assert statuses == ["completed"] * 4
        listed = [one["delegation_id"] for one in await served.get(f"/workspaces/{served.source}/delegations")]
        assert listed == [*reversed(kept), running]
        for delegation_id in gone:
            path = f"/workspaces/{served.source}/delegations/{delegation_id}"
            assert (await served.http.get(path)).status_code == 404
            assert (await served.http.get(f"/admin/delegations/{delegation_id}")).status_code == 404
            for verb, body in (("cancel", {}), ("poll", None), ("retry", None), ("reply", {"text": "x"})):
                answer = await served.ask(f"delegations/{delegation_id}/{verb}", body)
                assert (verb, answer.status_code) == (verb, 404)
        assert (await served.get("/admin/delegations/stats"))["by_status"]["completed"] == 2
        await too_old(served, cursor)
        await served.cancel(running)


async def too_old(served: Api, cursor: str) -> None:
    """The stream refuses the cursor, and names what is kept; it does go on from the newest."""
    async with asyncio.timeout(10):
        while True:
            async with served.http.stream("GET", "/events/stream", headers={"Last-Event-ID": cursor}) as answer:
                if answer.status_code == 410:
                    error = (await answer.aread()).decode()
                    break
    found = re.search(r"events (\d+) to (\d+) are kept; take a new snapshot", error)
    assert found, error
    lowest, head = int(found[1]), int(found[2])
    assert int(cursor.rpartition(":")[2]) + 1 < lowest <= head
    epoch = cursor.rpartition(":")[0]
    async with served.events(after=f"{epoch}:{head}"):
        pass


@pytest.mark.req("C13")
async def test_serve_is_told_what_to_keep(tmp_path: Path) -> None:
    """A start with other limits takes effect at once."""
    async with serve(tmp_path) as process, connected(process.url, process.folder) as served:
        source, nowhere = served.source, await served.workspace("nowhere")
        ended = []
        for _ in range(4):
            # One after the other: what ended last is what is kept.
            ended.append(await served.delegate(nowhere, "look"))
            await served.until_status(ended[-1], "failed")
        cursor = next(seen.cursor for seen in served.log.events if seen.cursor)
    async with (
        serve(tmp_path, "--keep-finished", "1", "--keep-days", "0.5", "--keep-events", "2") as process,
        connected(process.url, process.folder, source=source) as served,
    ):
        await too_old(served, cursor)
        assert [one["delegation_id"] for one in await walk(served, q="look", limit=1)] == [ended[-1]]


def parse(text: str) -> tuple[dict[str, str], dict[tuple[str, tuple[tuple[str, str], ...]], float]]:
    """Types by metric and values by sample; strict about what the format wants."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    helped = current = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, helped, words = line.split(" ", 3)
            assert words
            assert "\\" not in words
            continue
        if line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            assert current == helped
            assert current not in types
            assert kind in ("gauge", "counter", "histogram")
            types[current] = kind
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        family = re.sub("_(bucket|sum|count)$", "", name) if types[current] == "histogram" else name
        assert family == current, line
        key = (name, tuple(LABEL.findall(labels or "")))
        assert key not in samples, line
        samples[key] = float(value)
    return types, samples


@pytest.mark.req("S6")
async def test_health_needs_no_token_and_says_whether_ledger_and_stream_work(
    tmp_path: Path, opened: list[Platform]
) -> None:
    async with platform(tmp_path) as served, served.client(None) as nobody:
        answer = await nobody.get("/health")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["status"], body["epoch"]) == ("ok", served.log.cursor.rpartition(":")[0])
        assert body["seq"] == served.log.events[-1].seq
        # Another program holds the write lock for longer than the ledger waits for it.
        holder = sqlite3.connect(tmp_path / "headway.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            answer = await nobody.get("/health")
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert (await nobody.get("/health")).json()["status"] == "ok"
        opened[0].ring.close()
        assert (await nobody.get("/health")).status_code == 503


@pytest.mark.req("S6")
async def test_the_metrics_parse_and_say_what_is_there(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        done = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(done, "completed")
        running = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(running, "in_progress")
        waiting = [await served.delegate(target, "steps=1 delay=60") for _ in range(2)]
        for delegation_id in waiting:
            await served.until_status(delegation_id, "queued")
        answer = await served.http.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        types, samples = parse(answer.text)
        by_status = {labels[0][1]: n for (name, labels), n in samples.items() if name == "headway_delegations"}
        assert {status: n for status, n in by_status.items() if n} == {"completed": 1, "in_progress": 1, "queued": 2}
        assert samples["headway_queue_depth", (("workspace", target),)] == 2
        assert samples["headway_in_flight", ()] == 1
        assert samples["headway_event_streams", ()] == 1
        assert samples["headway_events_total", ()] == (await served.get("/health"))["seq"]
        assert samples["headway_events_lowest_seq", ()] == 1
        assert 0 < samples["headway_ring_bytes", ()] <= samples["headway_ring_limit_bytes", ()]
        assert samples["process_start_time_seconds", ()] > 1_700_000_000
        [version] = [labels for name, labels in samples if name == "headway_build_info"]
        assert version[0][0] == "version"
        took = [n for (name, _), n in samples.items() if name == "headway_ledger_commit_duration_seconds_bucket"]
        count = samples["headway_ledger_commit_duration_seconds_count", ()]
        assert took == sorted(took)
        assert took[-1] == count > 0
        assert samples["headway_ledger_operations_total", ()] >= count
        assert samples["headway_ledger_commit_failures_total", ()] == 0
        for name, kind in types.items():
            assert (kind == "counter") == name.endswith("_total"), name
        async with served.events():
            _, more = parse((await served.http.get("/metrics")).text)
            assert more["headway_event_streams", ()] == 2
        await only_for_those_who_see_all(served, opened[0], "/metrics")


@pytest.mark.req("S6")
async def test_the_metrics_name_a_bounded_number_of_workspaces(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path) as served:
        ledger = opened[0].ledger
        for number in range(metrics.QUEUES + 20):
            await ledger.delegate(NewDelegation(served.source, f'w{number}"\n\\', "task"))
        _, samples = parse((await served.http.get("/metrics")).text)
        depths = {labels[0][1]: n for (name, labels), n in samples.items() if name == "headway_queue_depth"}
        assert len(depths) == metrics.QUEUES + 1
        assert depths[metrics.OTHERS] == 20
        assert sum(depths.values()) == metrics.QUEUES + 20


@pytest.mark.req("C14")
async def test_older_finished_ones_are_read_page_by_page_after_a_snapshot(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=2)
        ids = [await served.delegate(target, "steps=1 delay=0") for _ in range(9)]
        for delegation_id in ids:
            await served.until_status(delegation_id, "completed")
        whole = {one["delegation_id"]: one for one in (await served.get("/snapshot"))["delegations"]}
        seen = (await served.get("/snapshot", finished=2))["delegations"]
        before = seen[-1]["delegation_id"]
        while page := (await served.get("/snapshot/finished", before=before, limit=3))["delegations"]:
            seen += page
            before = page[-1]["delegation_id"]
        assert [whole[one["delegation_id"]] for one in seen] == seen
        assert {one["delegation_id"] for one in seen} == set(ids)
        assert (await served.get("/snapshot/finished", before="nobody"))["delegations"] == []
        assert (await served.get("/snapshot/finished", limit=2))["delegations"] == seen[:2]
        for wrong in ("?before=x&limit=0", "?limit=10001", f"?before={'x' * 257}"):
            assert (await served.http.get(f"/snapshot/finished{wrong}")).status_code == 422
