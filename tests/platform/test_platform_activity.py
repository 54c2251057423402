"""S5 and C7: what agents say to people, what is logged of them, and results left in their inbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.ledger.records import Retention
from support.platforms import NOBODY, Api, Json, connected, platform, serve, silent_target

INBOX = "DELEGATION_RESULT_INBOX_PUSH"


async def logged(served: Api, workspace: str = "", **query: object) -> list[Json]:
    found: list[Json] = await served.get(f"/workspaces/{workspace or served.source}/activity", **query)
    return found


@pytest.mark.req("S5")
async def test_a_message_for_people_is_told_on_the_stream(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        files = [{"name": "report.pdf", "size": 3}]
        sent = await served.ask("notify", {"message": "half way\x1b[2J", "attachments": files})
        assert (sent.status_code, sent.json()) == (200, {"status": "sent"})
        told = await served.log.until_event(lambda seen: seen.type == "AGENT_MESSAGE")
        assert told.cursor
        assert told.data == {
            "workspace_id": served.source,
            "name": "lead",
            "message": "half way\ufffd[2J",
            "attachments": files,
        }
        assert await logged(served) == []
        long = await served.ask("notify", {"message": "x" * 20_000})
        assert long.status_code == 200
        await served.log.until(lambda: [one.type for one in served.log.events].count("AGENT_MESSAGE") == 2)
        cut = served.log.events[-1].data["message"]
        assert len(cut) <= 16_384
        assert cut.endswith("[cut: 20,000 characters]")
        for body in ({}, {"message": "  "}, {"message": None}):
            answer = await served.ask("notify", body)
            assert (answer.status_code, answer.json()) == (400, {"error": "message is required"})
        assert (await served.ask("notify", {"message": "x"}, source=NOBODY)).status_code == 404


@pytest.mark.req("S5")
async def test_notices_are_logged_by_their_type(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        notice = {"type": "delegation_complete", "task_id": "d-1", "target_workspace_id": NOBODY, "status": "failed"}
        for body in (notice, {**notice, "status": "queued"}, {"type": "coffee", "message": "break", "cups": 2}):
            sent = await served.ask("notify", body)
            assert (sent.status_code, sent.json()) == (200, {"status": "sent"})
        coffee, queued, failed = await logged(served)
        assert (failed["activity_type"], failed["status"], failed["target_id"]) == (
            "delegation_complete",
            "error",
            NOBODY,
        )
        assert failed["summary"] == "Delegation d-1 failed"
        assert failed["request_body"] == notice
        assert (queued["status"], queued["source_id"], queued["method"]) == ("ok", served.source, "notify")
        assert (coffee["activity_type"], coffee["summary"], coffee["request_body"]["cups"]) == ("coffee", "break", 2)
        for wrong in ({**notice, "status": "lost"}, {"type": "delegation_complete"}, {"type": "x", "y": "z" * 70_000}):
            assert (await served.ask("notify", wrong)).status_code == 422
        assert len(await logged(served)) == 3
        assert not [seen for seen in served.log.events if seen.type == "AGENT_MESSAGE"]


@pytest.mark.req("S5")
async def test_activity_is_kept_cleaned_filtered_and_newest_first(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        other = await served.workspace("other")
        body = {
            "activity_type": "a2a_send",
            "method": "message/send",
            "summary": "asked\x07 the coder",
            "target_id": other,
            "request_body": {"deep": [1, {"a": "b\u202e"}]},
            "response_body": "fine",
            "status": "error",
            "error_detail": "lost",
            "duration_ms": 12,
        }
        answer = await served.ask("activity", body)
        assert (answer.status_code, answer.json()["status"]) == (200, "logged")
        [kept] = await logged(served)
        assert kept.pop("created_at").endswith("Z")
        assert kept == {
            **body,
            "id": answer.json()["id"],
            "workspace_id": served.source,
            "source_id": served.source,
            "summary": "asked\ufffd the coder",
            "request_body": {"deep": [1, {"a": "b"}]},
        }
        for number in range(6):
            kind = "task_update" if number % 2 else "agent_log"
            more = {"source_id": other} if number == 5 else {}
            assert (await served.ask("activity", {"type": kind, "metadata": {"n": number}, **more})).status_code == 200
        numbers = [one["request_body"]["n"] for one in await logged(served, limit=6)]
        assert numbers == [5, 4, 3, 2, 1, 0]
        assert len(await logged(served)) == 7
        assert [one["request_body"]["n"] for one in await logged(served, type="task_update")] == [5, 3, 1]
        assert [one["request_body"]["n"] for one in await logged(served, source=other)] == [5]
        assert len(await logged(served, source="agent", type="agent_log")) == 3
        assert await logged(served, source="canvas") == []
        assert await logged(served, other) == []
        for query in ({"limit": 0}, {"limit": 501}, {"limit": "many"}):
            refused = await served.http.get(f"/workspaces/{served.source}/activity", params=query)
            assert refused.status_code == 422
        for wrong in (
            {},
            {"type": "\u200b"},
            {"type": "x", "request_body": "y" * 70_000},
            {"type": "x", "duration_ms": -1},
        ):
            assert (await served.ask("activity", wrong)).status_code == 422
        assert (await served.ask("activity", {"type": "x"}, source=NOBODY)).status_code == 404


@pytest.mark.req("S5")
async def test_a_workspace_logs_and_reads_as_itself_alone(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        other = await served.workspace("other")
        registered = await served.http.post(
            "/registry/register", json={"id": other, "url": "http://127.0.0.1:1", "agent_card": {"name": "other"}}
        )
        async with served.client(registered.json()["auth_token"]) as own:
            own_path, lead_path = (f"/workspaces/{one}/activity" for one in (other, served.source))
            assert (await own.post(own_path, json={"type": "x"})).status_code == 200
            assert (await own.post(own_path, json={"type": "x", "source_id": other})).status_code == 200
            spoofed = await own.post(own_path, json={"type": "x", "source_id": served.source})
            assert spoofed.status_code == 403
            assert spoofed.json()["error"].startswith("source_id must match authenticated workspace")
            assert len((await own.get(own_path)).json()) == 2
            assert (await own.get(lead_path)).status_code == 403
            assert (await own.post(lead_path, json={"type": "x"})).status_code == 403
            assert (await own.post(f"/workspaces/{served.source}/notify", json={"message": "x"})).status_code == 403


@pytest.mark.req("S5")
async def test_old_activity_is_evicted_and_the_newest_stays(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        source = served.source
        for number in range(12):
            await served.ask("activity", {"type": "agent_log", "metadata": number})
    retention = Retention(activity=5)
    async with platform(tmp_path, source=source, evict_every=0.01, retention=retention) as served:
        # The beat of the sweeper has no event: whatever is stored after it is read until it shows.
        kept = await logged(served)
        while len(kept) > 5:
            kept = await logged(served)
        assert [one["request_body"] for one in kept] == [11, 10, 9, 8, 7]


@pytest.mark.req("C7")
async def test_results_are_left_in_the_inbox_of_their_source(tmp_path: Path) -> None:
    async with platform(tmp_path, result_inbox_push=True) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=3)
        done = await served.delegate(target, "steps=2 delay=0")
        result = (await served.until_status(done, "completed"))["result"]
        failed = await served.delegate(target, "steps=2 delay=0 fail=disk_full")
        error = (await served.until_status(failed, "failed"))["error"]
        lost = await served.delegate(NOBODY, "x")
        await served.until_status(lost, "failed")
        told = await served.ask("delegations/record", {"target_id": target, "task": "x", "delegation_id": "own"})
        assert told.status_code == 202
        await served.ask("delegations/own/update", {"status": "completed", "response_preview": "said so"})
        again = await served.ask("delegations/own/update", {"status": "completed", "response_preview": "said so"})
        assert again.status_code == 200
        inbox = {one["request_body"]["delegation_id"]: one for one in await logged(served, type="a2a_receive")}
        assert set(inbox) == {done, failed, lost, "own"}
        assert len(await logged(served)) == 4
        first = inbox[done]
        assert (first["method"], first["status"], first["summary"]) == (
            "delegate_result",
            "ok",
            "Delegation result delivered",
        )
        assert first["response_body"] == {"text": result, "delegation_id": done}
        assert (first["source_id"], first["target_id"], first["error_detail"]) == (served.source, target, None)
        second = inbox[failed]
        assert (second["status"], second["summary"]) == ("error", "Delegation failed")
        assert second["response_body"] == {"text": error, "delegation_id": failed}
        assert inbox[lost]["error_detail"] == "unknown target workspace"
        assert inbox["own"]["response_body"]["text"] == "said so"


@pytest.mark.req("C7")
async def test_a_canceled_one_is_left_in_the_inbox_too(tmp_path: Path) -> None:
    async with platform(tmp_path, result_inbox_push=True) as served, silent_target(served) as target:
        await served.delegate(target.workspace, "one")
        await target.received(1)
        waiting = await served.delegate(target.workspace, "two")
        assert (await served.cancel(waiting)).json()["status"] == "canceled"
        [left] = await logged(served)
        assert (left["status"], left["summary"]) == ("error", "Delegation failed")
        assert left["response_body"]["text"] == "canceled before it was sent to the agent"


@pytest.mark.req("C7")
async def test_nothing_is_left_in_the_inbox_unless_it_is_asked_for(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        assert await logged(served) == []


@pytest.mark.req("C7")
@pytest.mark.parametrize(("value", "left"), [("1", 1), ("true", 0)])
async def test_the_environment_turns_it_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, left: int
) -> None:
    monkeypatch.setenv(INBOX, value)
    async with serve(tmp_path) as child, connected(child.url, child.folder) as served:
        await served.until_status(await served.delegate(NOBODY, "x"), "failed")
        assert len(await logged(served, type="a2a_receive")) == left
