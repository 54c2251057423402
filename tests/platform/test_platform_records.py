"""C6: record, update, list and get, as runtimes of the Molecule platform use them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from support.platforms import NOBODY, Api, Json, platform, silent_target

BAD = {"error": "invalid request body"}
BAD_STATUS = {"error": "status must be completed, failed, queued or in_progress"}


async def record(served: Api, delegation_id: str, task: str = "look", *, source: str = "") -> Json:
    body = {"target_id": NOBODY, "task": task, "delegation_id": delegation_id}
    answer = await served.ask("delegations/record", body, source=source)
    assert answer.status_code == 202, answer.text
    return answer.json()


@pytest.mark.req("C6")
async def test_record_is_idempotent_and_ids_belong_to_their_source(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        first = str(uuid4())
        assert await record(served, first) == {"delegation_id": first, "status": "recorded"}
        assert await record(served, first) == {"delegation_id": first, "status": "recorded"}
        other = await served.workspace("other")
        body = {"target_id": NOBODY, "task": "look", "delegation_id": first}
        taken = await served.ask("delegations/record", body, source=other)
        assert taken.status_code == 409
        assert "taken by another workspace" in taken.json()["error"]
        kept = await served.record(first)
        assert (kept["status"], kept["recorded"], kept["attempt"]) == ("dispatched", True, 1)
        [sent] = served.log.of(first)
        assert (sent.type, sent.data["recorded"]) == ("DELEGATION_SENT", True)


@pytest.mark.req("C6")
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"target_id":"x","task":"t"}', b'{"task":1}', b"nope"])
async def test_record_refuses_other_bodies(tmp_path: Path, body: bytes) -> None:
    async with platform(tmp_path) as served:
        answer = await served.ask("delegations/record", body)
        assert (answer.status_code, answer.json()) == (400, BAD)
        wrong = await served.ask("delegations/record", {"target_id": "x", "task": "t", "delegation_id": "d"})
        assert (wrong.status_code, wrong.json()) == (400, {"error": "target_id must be a valid UUID"})


@pytest.mark.req("C6", "C4")
async def test_update_moves_along_the_lifecycle_and_the_first_end_stays(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:

        async def update(delegation_id: str, **body: str) -> tuple[int, Json]:
            answer = await served.ask(f"delegations/{delegation_id}/update", body)
            return answer.status_code, answer.json()

        one, two = str(uuid4()), str(uuid4())
        await record(served, one)
        await record(served, two)
        said = {"delegation_id": one}
        assert await update(one, status="received") == (200, {"status": "dispatched", **said})
        assert await update(one, status="queued") == (200, {"status": "queued", **said})
        assert (await update(one, status="in_progress"))[0] == 409
        assert await update(one, status="completed", response_preview="fine") == (200, {"status": "completed", **said})
        assert await update(one, status="completed") == (200, {"status": "completed", **said})
        assert (await served.record(one))["result"] == "fine"
        code, body = await update(one, status="failed", error="no")
        assert code == 409
        assert "already completed" in body["error"]
        assert await update(two, status="in_progress") == (200, {"status": "in_progress", "delegation_id": two})
        assert (await update(two, status="queued"))[0] == 409
        assert await update(two, status="failed", error="disk full") == (
            200,
            {"status": "failed", "delegation_id": two},
        )
        assert (await served.record(two))["error"] == "disk full"
        assert (await update(two, status="queued"))[0] == 409
        assert (await update(str(uuid4()), status="completed"))[0] == 404
        for status in ("stuck", "canceled", "nonsense", ""):
            assert await update(one, status=status) == (400, BAD_STATUS)
        broken = await served.ask(f"delegations/{one}/update", b'{"status": 3}')
        assert (broken.status_code, broken.json()) == (400, BAD)
        stranger = await served.workspace("stranger")
        theirs = await served.ask(f"delegations/{one}/update", {"status": "completed"}, source=stranger)
        assert theirs.status_code == 404


@pytest.mark.req("C6")
async def test_what_the_platform_sent_is_not_queued_again_by_its_source(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, silent_target(served) as target:
        delegation_id = await served.delegate(target.workspace, "look")
        await served.until_status(delegation_id, "dispatched")
        await target.received(1)
        answer = await served.ask(f"delegations/{delegation_id}/update", {"status": "queued"})
        assert answer.status_code == 409
        assert (await served.record(delegation_id))["status"] == "dispatched"


@pytest.mark.req("C6")
async def test_lists_are_bare_arrays_newest_first_with_previews(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        here = f"/workspaces/{served.source}/delegations"
        assert (await served.http.get(here)).text == "[]"
        ids = [str(uuid4()) for _ in range(53)]
        for number, delegation_id in enumerate(ids):
            await record(served, delegation_id, task="é" * 300 if number == 52 else f"task {number}")
        await served.ask(f"delegations/{ids[52]}/update", {"status": "completed", "response_preview": "ü" * 400})
        await served.ask(f"delegations/{ids[51]}/update", {"status": "failed", "error": "disk full"})
        page = await served.get(here)
        assert [item["delegation_id"] for item in page] == list(reversed(ids[3:]))
        newest = page[0]
        assert newest["summary"] == "é" * 200
        assert newest["response_preview"] == "ü" * 300
        assert newest["type"] == "delegation"
        assert newest["_ledger"] is True
        assert newest["target_id"] == NOBODY
        assert newest["source_id"] == served.source
        assert newest["created_at"].endswith("Z")
        assert page[1]["error"] == "disk full"
        rest = await served.get(here, before=page[-1]["delegation_id"])
        assert [item["delegation_id"] for item in rest] == list(reversed(ids[:3]))
        assert [item["delegation_id"] for item in await served.get(here, status="failed")] == [ids[51]]
        assert len(await served.get(here, limit=2)) == 2
        for wrong in ({"limit": 51}, {"limit": 0}, {"limit": "many"}, {"status": "nonsense"}):
            answer = await served.http.get(here, params=wrong)
            assert answer.status_code == 422
            assert next(iter(wrong)) in answer.json()["error"]


@pytest.mark.req("C6")
async def test_get_gives_the_whole_record_to_its_source_only(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        delegation_id = str(uuid4())
        await record(served, delegation_id, task="x" * 5_000)
        assert (await served.record(delegation_id))["task"] == "x" * 5_000
        other = await served.workspace("other")
        for source, wanted in ((other, delegation_id), (served.source, str(uuid4()))):
            answer = await served.http.get(f"/workspaces/{source}/delegations/{wanted}")
            assert (answer.status_code, answer.json()) == (404, {"error": "no such delegation in this workspace"})


@pytest.mark.req("C6")
async def test_the_operator_reads_its_own_by_name(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        body = {"target_id": NOBODY, "task": "look", "delegation_id": str(uuid4())}
        await served.ask("delegations/record", body, source="operator")
        [item] = await served.get("/workspaces/operator/delegations")
        assert item["delegation_id"] == body["delegation_id"]
        whole = await served.get(f"/workspaces/operator/delegations/{item['delegation_id']}")
        assert whole["source_id"] == item["source_id"]
