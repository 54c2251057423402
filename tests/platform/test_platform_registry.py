"""S2: register, heartbeat, offline, degraded, recovery, discover, peers, access."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.timestamps import from_rfc3339
from headway.platform.platform import Platform
from headway.platform.ring import Frame, Ring
from support.agents import ManualClock
from support.platforms import NOBODY, WITHIN, Api, EventLog, Json, connected, eventually, platform, serve, silent_target

CARD = {"name": "scout", "skills": [{"id": "search", "name": "Search"}], "x-extra": True}
STATUSES = ("WORKSPACE_ONLINE", "WORKSPACE_DEGRADED", "WORKSPACE_OFFLINE")


async def beat(served: Api, workspace_id: str, **facts: Any) -> None:
    answer = await served.http.post("/registry/heartbeat", json={"workspace_id": workspace_id, **facts})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def seat(served: Api, name: str, parent: str | None = None) -> str:
    answer = await served.http.post("/workspaces", json={"name": name, "parent_id": parent})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def told_offline(served: Api, clock: ManualClock, workspace_id: str) -> None:
    """A sweep that was under way when the clock was moved waits for it to go on."""

    def told() -> bool:
        if statuses(served.log, workspace_id)[-1:] == ["WORKSPACE_OFFLINE"]:
            return True
        clock.advance(0.1)
        return False

    await eventually(told)


def statuses(log: EventLog, workspace_id: str) -> list[str]:
    return [one.type for one in log.events if one.type in STATUSES and one.data["workspace_id"] == workspace_id]


async def caught_up(served: Api) -> None:
    """Return when the admin's stream has shown everything that was stored so far."""
    head = (await served.get("/health"))["seq"]
    await served.log.until(lambda: any(seen.seq >= head for seen in served.log.events))


@pytest.mark.req("S2")
async def test_a_parent_must_be_there_and_external_is_kept(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        orphan = await served.http.post("/workspaces", json={"name": "child", "parent_id": NOBODY})
        assert orphan.status_code == 404
        assert orphan.json()["error"].startswith(f"no workspace {NOBODY} is known that could be its parent")
        child = await served.http.post(
            "/workspaces", json={"name": "child", "parent_id": served.source, "external": False}
        )
        assert child.json()["external"] is False
        kept = await served.get(f"/workspaces/{child.json()['id']}")
        assert (kept["parent_id"], kept["external"]) == (served.source, False)
        assert len(await served.get("/workspaces")) == 2


@pytest.mark.req("S2")
async def test_the_first_registration_alone_brings_a_token_and_a_given_card_is_kept(
    tmp_path: Path, opened: list[Platform]
) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("scout")
        body = {"id": target, "url": agent.url, "agent_card": {**CARD, "description": "a\x1b[31m"}}
        answers = await asyncio.gather(*(served.http.post("/registry/register", json=body) for _ in range(5)))
        assert {one.json()["status"] for one in answers} == {"registered"}
        [token] = [one.json()["auth_token"] for one in answers if "auth_token" in one.json()]
        registered = await opened[-1].ledger.workspace(target)
        assert registered is not None
        await opened[-1].sweeper.probe(registered)
        kept = await served.get(f"/workspaces/{target}")
        assert kept["status"] == "online"
        assert kept["agent_card"] == {**CARD, "description": "a\ufffd[31m"}
        async with served.client(token) as own:
            moved = await own.post("/registry/register", json={"id": target, "url": "http://127.0.0.1:1"})
            assert (moved.status_code, moved.json()) == (200, {"status": "registered"})
            assert (await own.get(f"/workspaces/{target}")).json()["status"] == "offline"
            other = await own.post("/registry/register", json={"id": served.source, "url": agent.url})
            assert other.status_code == 403
            for key in ("id", "workspace_id"):
                card = {"name": f"by {key}"}
                told = await own.post("/registry/update-card", json={key: target, "agent_card": card})
                assert (told.status_code, told.json()) == (200, {"status": "updated"})
                assert (await own.get(f"/workspaces/{target}")).json()["agent_card"] == card
            large = await own.post("/registry/update-card", json={"id": target, "agent_card": {"name": "x" * 70_000}})
            assert large.status_code == 422
            assert "agent_card" in large.json()["error"]
        unknown = await served.http.post("/registry/register", json={"id": NOBODY, "url": agent.url})
        assert unknown.status_code == 404


@pytest.mark.req("S2")
async def test_a_heartbeat_is_kept_and_told_without_a_place_in_the_order(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        target = await served.workspace("scout")
        async with served.events(f"/workspaces/{served.source}/events/stream") as others:
            metadata = {"capabilities": {"session": True}, "idle_timeout_seconds": 900}
            facts: Json = {
                "active_tasks": 3,
                "current_task": "reading\x07",
                "uptime_seconds": 12,
                "error_rate": 0.2,
                "sample_error": "one timeout",
                "runtime_state": "warming up",
                "runtime_metadata": metadata,
            }
            await beat(served, target, **facts)
            told = await served.log.until_event(lambda seen: seen.type == "WORKSPACE_HEARTBEAT")
            assert told.cursor is None
            assert told.data == {"workspace_id": target, "active_tasks": 3, "uptime_seconds": 12}
            kept = await served.get(f"/workspaces/{target}")
            assert (kept["status"], kept["active_tasks"], kept["current_task"]) == ("online", 3, "reading\ufffd")
            assert (kept["last_error_rate"], kept["last_sample_error"]) == (0.2, "one timeout")
            assert (kept["runtime_state"], kept["runtime_metadata"]) == ("warming up", metadata)
            assert kept["last_heartbeat_at"] is not None
            task = next(seen for seen in served.log.events if seen.type == "TASK_UPDATED")
            assert task.cursor
            assert task.data == {"workspace_id": target, "current_task": "reading\ufffd", "active_tasks": 3}
            await beat(served, target)
            await served.log.until(lambda: [one.type for one in served.log.events].count("TASK_UPDATED") == 2)
            assert served.log.events[-1].data.get("current_task", "") == ""
            assert not [seen for seen in others.events if seen.type == "WORKSPACE_HEARTBEAT"]


@pytest.mark.req("S2")
async def test_heartbeats_without_news_store_nothing_and_are_all_told(tmp_path: Path, opened: list[Platform]) -> None:
    clock = ManualClock()
    async with platform(tmp_path, clock=clock) as served:
        target = await served.workspace("scout")
        await beat(served, target, uptime_seconds=1)
        await caught_up(served)
        before = (await served.get("/health"))["seq"]
        for second in range(2, 60):
            clock.advance(1)
            await beat(served, target, uptime_seconds=second)
        await served.log.until(lambda: [one.type for one in served.log.events].count("WORKSPACE_HEARTBEAT") == 59)
        assert (await served.get("/health"))["seq"] == before
        kept = await served.get(f"/workspaces/{target}")
        assert kept["uptime_seconds"] == 59
        stored = await opened[-1].ledger.workspace(target)
        assert stored is not None
        assert stored.last_heartbeat_at is not None
        assert clock.now_ms() - 15_000 < stored.last_heartbeat_at < clock.now_ms()
        assert from_rfc3339(kept["last_heartbeat_at"]) == clock.now_ms()
        assert kept == next(one for one in (await served.get("/snapshot"))["workspaces"] if one["id"] == target)


@pytest.mark.req("S2")
async def test_a_heartbeat_like_the_one_before_counts_when_something_happened_meanwhile(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        target = await served.workspace("scout")
        await beat(served, target)
        await beat(served, target)
        moved = await served.http.post("/registry/register", json={"id": target, "url": "http://127.0.0.1:1"})
        assert moved.status_code == 200
        assert (await served.get(f"/workspaces/{target}"))["status"] == "offline"
        await beat(served, target)
        assert (await served.get(f"/workspaces/{target}"))["status"] == "online"


@pytest.mark.req("S2", "Q5")
async def test_a_heartbeat_like_the_one_before_drains_what_began_to_wait_meanwhile(tmp_path: Path) -> None:
    async with platform(tmp_path, busy_pause=60) as served, silent_target(served) as target:
        target.busy = {"busy": True}
        await beat(served, target.workspace)
        await beat(served, target.workspace)
        waiting = await served.delegate(target.workspace, "one")
        target.answer(1)
        await served.until_status(waiting, "queued")
        await caught_up(served)
        await beat(served, target.workspace)
        await target.received(2)


@pytest.mark.req("S2", "E5")
async def test_a_reader_whom_nothing_concerns_is_kept_alive_while_others_are_busy(tmp_path: Path) -> None:
    async with platform(tmp_path, keep_alive=0.3) as served:
        target = await served.workspace("scout")
        async with served.events(f"/workspaces/{served.source}/events/stream") as quiet, asyncio.timeout(WITHIN):
            while not quiet.events:
                await beat(served, target)
            assert {one.type for one in quiet.events} == {"BOOKMARK"}


@pytest.mark.req("S2")
def test_a_reader_that_lags_misses_the_oldest_of_what_passes() -> None:
    ring = Ring(head=0, limit=1)
    for number in range(5_000):
        ring.tell(Frame(0, str(number), None, b""))
    held = ring.told_after(0)
    assert len(held) < 5_000
    assert held[-1].source_id == "4999"
    assert [one.source_id for one in ring.told_after(4_998)] == ["4998", "4999"]
    assert list(ring.told_after(ring.told)) == []


@pytest.mark.req("S2")
async def test_degraded_and_recovered_each_told_once(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        target = await served.workspace("scout")
        steps: list[tuple[Json, str]] = [
            ({"error_rate": 0.49}, "online"),
            ({"error_rate": 0.5, "sample_error": "no route"}, "degraded"),
            ({"error_rate": 0.9, "sample_error": "no route"}, "degraded"),
            ({"error_rate": 0.1}, "degraded"),
            ({"error_rate": 0.09}, "online"),
            ({"error_rate": 0.3}, "online"),
            ({"runtime_state": "wedged"}, "degraded"),
            ({"runtime_state": "wedged", "error_rate": 0.05}, "degraded"),
            ({}, "online"),
            ({}, "online"),
        ]
        for facts, status in steps:
            await beat(served, target, **facts)
            assert (await served.get(f"/workspaces/{target}"))["status"] == status, facts
        await caught_up(served)
        turns = ["ONLINE", "DEGRADED", "ONLINE", "DEGRADED", "ONLINE"]
        assert statuses(served.log, target)[1:] == [f"WORKSPACE_{turn}" for turn in turns]
        degraded = next(one for one in served.log.events if one.type == "WORKSPACE_DEGRADED")
        assert (degraded.data["error_rate"], degraded.data["sample_error"]) == (0.5, "no route")


@pytest.mark.req("S2")
async def test_ninety_seconds_of_silence_are_offline_and_a_heartbeat_ends_them(tmp_path: Path) -> None:
    clock = ManualClock()
    async with platform(tmp_path, clock=clock) as served:
        target, silent = await served.workspace("scout"), await served.workspace("plain")
        await beat(served, target, active_tasks=1)
        clock.advance(50)
        await beat(served, target, active_tasks=1)
        clock.advance(89)
        await beat(served, silent)
        await caught_up(served)
        assert (await served.get(f"/workspaces/{target}"))["status"] == "online"
        clock.advance(1)
        await told_offline(served, clock, target)
        assert statuses(served.log, target)[1:] == ["WORKSPACE_ONLINE", "WORKSPACE_OFFLINE"]
        kept = await served.get(f"/workspaces/{target}")
        assert (kept["status"], kept["active_tasks"]) == ("offline", 0)
        clock.advance(5)
        await beat(served, target, active_tasks=1)
        await caught_up(served)
        assert statuses(served.log, target)[1:] == ["WORKSPACE_ONLINE", "WORKSPACE_OFFLINE", "WORKSPACE_ONLINE"]
        assert (await served.get(f"/workspaces/{target}"))["active_tasks"] == 1
        assert (await served.get(f"/workspaces/{silent}"))["status"] == "online"


@pytest.mark.req("S2")
async def test_who_was_there_before_a_restart_gets_the_whole_time_to_say_so_again(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        target, source = await served.workspace("scout"), served.source
        await beat(served, target)
    clock = ManualClock(now_ms=2_000_000_000_000)
    async with platform(tmp_path, source=source, clock=clock) as served:
        clock.advance(89)
        await beat(served, source)
        assert (await served.get(f"/workspaces/{target}"))["status"] == "online"
        clock.advance(2)
        await told_offline(served, clock, target)
        assert (await served.get(f"/workspaces/{target}"))["status"] == "offline"
        assert (await served.get(f"/workspaces/{source}"))["status"] == "online"


@pytest.mark.req("S2", "C4")
async def test_a_heartbeat_that_names_a_delegation_is_its_sign_of_life(tmp_path: Path) -> None:
    clock = ManualClock()
    async with platform(tmp_path, clock=clock) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        named = await served.delegate(target, "steps=2 delay=0 at=1 behavior=hanging")
        record = await served.until_status(named, "in_progress")
        stranger = await served.workspace("stranger")
        assert record["remote_task_id"] not in (None, named)
        for task in (record["remote_task_id"], named):
            for _ in range(10):
                clock.advance(80)
                await beat(served, target, current_task=task)
                await beat(served, stranger, current_task=task)
        await caught_up(served)
        assert (await served.record(named))["status"] == "in_progress"
        assert "stuck" not in served.log.statuses[named]
        for _ in range(8):
            clock.advance(80)
            await beat(served, target)
            await beat(served, stranger, current_task=named)
        await served.until_status(named, "stuck")
        await beat(served, target, current_task=named)
        await served.log.until(lambda: served.log.statuses[named][-1] == "in_progress")


@pytest.mark.req("S2")
async def test_removal_drops_what_waits_fails_what_runs_and_its_heartbeats_are_refused(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, silent_target(served) as target:
        await beat(served, target.workspace)
        running = await served.delegate(target.workspace, "one")
        waiting = await served.delegate(target.workspace, "two")
        await target.received(1)
        await served.until_status(waiting, "queued")
        assert (await served.http.delete(f"/workspaces/{target.workspace}")).status_code == 204
        for delegation_id in (running, waiting):
            assert (await served.until_status(delegation_id, "failed"))["error"] == "workspace silent was removed"
        late = await served.http.post("/registry/heartbeat", json={"workspace_id": target.workspace})
        assert late.status_code == 404
        await caught_up(served)
        assert served.log.events[-1].type != "WORKSPACE_HEARTBEAT"
        assert (await served.http.delete(f"/workspaces/{target.workspace}")).status_code == 404


async def test_the_workspace_of_the_operator_stays(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        await served.get("/workspaces/operator/delegations")
        [operator] = [one["id"] for one in await served.get("/workspaces") if one["name"] == "operator"]
        refused = await served.http.delete(f"/workspaces/{operator}")
        assert refused.status_code == 409
        assert "cannot be removed; nothing was changed" in refused.json()["error"]
        assert (await served.http.get(f"/workspaces/{operator}")).status_code == 200


@pytest.mark.req("S2")
async def test_discover_and_peers_follow_the_access_rules(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        lead, other = served.source, await seat(served, "other")
        coder, tester = await seat(served, "coder", lead), await seat(served, "tester", lead)
        stranger = await seat(served, "stranger", other)

        async def discover(caller: str, target: str, **more: Any) -> Any:
            return await served.http.get(f"/registry/discover/{target}", headers={"X-Workspace-ID": caller}, **more)

        found = await discover(coder, tester)
        assert found.json() == {"id": tester, "name": "tester", "url": f"{served.url}/workspaces/{tester}/a2a"}
        refused = await discover(coder, stranger)
        assert (refused.status_code, refused.json()["error"]) == (403, "not authorized to discover this workspace")
        assert (await discover(coder, NOBODY)).status_code == 404
        assert (await discover("operator", stranger)).status_code == 200
        anonymous = await served.http.get(f"/registry/discover/{tester}")
        assert (anonymous.status_code, anonymous.json()["error"]) == (400, "X-Workspace-ID header is required")

        operator = (await served.get("/registry/operator/peers"))[0]["id"]
        assert operator == lead
        by_name = {one["name"]: one for one in await served.get(f"/registry/{coder}/peers")}
        assert set(by_name) == {"lead", "tester"}
        assert by_name["lead"]["url"] == f"{served.url}/workspaces/{lead}/a2a"
        assert {one["name"] for one in await served.get(f"/registry/{lead}/peers")} == {
            *("other", "operator", "coder", "tester")
        }
        assert (await served.http.get(f"/registry/{NOBODY}/peers")).status_code == 404
        for caller, target, allowed in [(coder, tester, True), (coder, stranger, False), (coder, NOBODY, False)]:
            answer = await served.http.post("/registry/check-access", json={"caller_id": caller, "target_id": target})
            assert (answer.status_code, answer.json()) == (200, {"allowed": allowed})

        token = (await served.http.post("/registry/register", json={"id": coder, "url": "http://127.0.0.1:1"})).json()
        async with served.client(token["auth_token"]) as own:
            assert (await own.get(f"/registry/{coder}/peers")).status_code == 200
            assert (await own.get(f"/registry/{tester}/peers")).status_code == 403
            headers = {"X-Workspace-ID": tester}
            assert (await own.get(f"/registry/discover/{lead}", headers=headers)).status_code == 403
            asked = {"caller_id": tester, "target_id": lead}
            assert (await own.post("/registry/check-access", json=asked)).status_code == 403
            assert (await own.post("/registry/heartbeat", json={"workspace_id": tester})).status_code == 403


@pytest.mark.req("S2")
async def test_discover_gives_the_agents_own_address_where_that_is_set(tmp_path: Path) -> None:
    async with platform(tmp_path, discover="direct") as served:
        target = await served.workspace("scout", "http://127.0.0.1:1/a2a")
        for workspace, url in ((target, "http://127.0.0.1:1/a2a"), (served.source, None)):
            answer = await served.http.get(f"/registry/discover/{workspace}", headers={"X-Workspace-ID": target})
            assert answer.json()["url"] == url


@pytest.mark.req("S2", "C1")
async def test_a_delegation_to_one_it_may_not_talk_to_is_accepted_and_failed(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        other = await seat(served, "other")
        answer = await served.http.post("/workspaces", json={"name": "coder", "parent_id": other, "url": agent.url})
        target = answer.json()["id"]
        refused = await served.delegate(target, "steps=1 delay=0", idempotency_key="k")
        record = await served.until_status(refused, "failed")
        assert record["error"] == f"not allowed to talk to workspace {target}"
        retried = await served.ask(f"delegations/{refused}/retry")
        assert (retried.status_code, retried.json()["error"]) == (403, f"{record['error']}; nothing was handed over")
        again = await served.delegate(target, "steps=1 delay=0", idempotency_key="k")
        assert again != refused
        unknown = await served.ask("delegate", {"target_id": target, "task": "x"}, source=NOBODY)
        assert unknown.status_code == 202
        allowed = await served.ask("delegate", {"target_id": target, "task": "steps=1 delay=0"}, source="operator")
        await served.log.until(lambda: "completed" in served.log.statuses[allowed.json()["delegation_id"]])
        assert served.log.rows[unknown.json()["delegation_id"]].error == f"unknown source workspace {NOBODY}"
        assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("S2")
@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"active_tasks": -1}, "active_tasks"),
        ({"error_rate": -0.1}, "error_rate"),
        ({"uptime_seconds": "long"}, "uptime_seconds"),
        ({"runtime_metadata": {"x": "y" * 20_000}}, "runtime_metadata"),
        ({"workspace_id": None}, "workspace_id"),
    ],
)
async def test_a_heartbeat_that_cannot_be_right_is_refused_by_field(tmp_path: Path, facts: Json, field: str) -> None:
    async with platform(tmp_path) as served:
        answer = await served.http.post("/registry/heartbeat", json={"workspace_id": served.source, **facts})
        assert answer.status_code == 422
        assert answer.json()["error"].startswith(f"{field}: ")


@pytest.mark.req("S2")
async def test_serve_is_told_how_long_silence_may_last_and_what_is_found(tmp_path: Path) -> None:
    options = ("--offline-after", "0.5", "--discover", "direct", "--retry-pause", "0")
    async with serve(tmp_path, *options) as process, connected(process.url, process.folder) as served:
        scout = await served.workspace("scout", "http://127.0.0.1:9/")
        found = await served.http.get(f"/registry/discover/{scout}", headers={"X-Workspace-ID": served.source})
        assert found.json() == {"id": scout, "name": "scout", "url": "http://127.0.0.1:9/"}
        failed = await served.until_status(await served.delegate(scout, "look"), "failed")
        assert failed["tries"] == 2, "tried again at once"
        await beat(served, scout)
        await served.log.until(lambda: statuses(served.log, scout)[-2:] == ["WORKSPACE_ONLINE", "WORKSPACE_OFFLINE"])


@pytest.mark.req("S2")
async def test_the_operators_workspace_is_found_by_that_word(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        found = await served.get("/workspaces/operator")
        assert (found["name"], found["role"]) == ("operator", "operator")
        assert await served.get(f"/workspaces/{found['id']}") == found
