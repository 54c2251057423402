"""C10: reply, retry and poll, where the delegation stands and however its agent behaves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Status
from support.platforms import NOBODY, Api, Json, eventually, platform
from support.sdk_agents import sdk_agent

ASKS = "steps=2 delay=0 ask=which_file"


async def reply(served: Api, delegation_id: str, text: str = "the second") -> tuple[int, Json]:
    answer = await served.ask(f"delegations/{delegation_id}/reply", {"text": text})
    return answer.status_code, answer.json()


async def retry(served: Api, delegation_id: str) -> tuple[int, Json]:
    answer = await served.ask(f"delegations/{delegation_id}/retry")
    return answer.status_code, answer.json()


async def poll(served: Api, delegation_id: str) -> tuple[int, Json]:
    answer = await served.ask(f"delegations/{delegation_id}/poll")
    return answer.status_code, answer.json()


async def until_seen(served: Api, delegation_id: str, *wanted: Status) -> Json:
    """The record, once the stream has shown these statuses, as its last."""
    seen = served.log.statuses[delegation_id]
    await served.log.until(lambda: tuple(seen[-len(wanted) :]) == wanted)
    return await served.record(delegation_id)


@pytest.mark.req("C10")
async def test_a_reply_goes_to_the_same_task_and_the_task_goes_on(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        target = await served.workspace("planner", agent.url)
        delegation_id = await served.delegate(target, ASKS)
        asked = await served.until_status(delegation_id, "input_required")
        assert await reply(served, delegation_id) == (
            202,
            {"delegation_id": delegation_id, "status": "in_progress"},
        )
        record = await served.until_status(delegation_id, "completed")
        first, second = agent.agent.journal.of(Kind.SEND)
        assert (first.message_id, second.detail) == (delegation_id, "reply")
        assert first.task_id == second.task_id == record["remote_task_id"]
        assert second.message_id not in ("", delegation_id)
        assert (asked["attempt"], record["attempt"]) == (1, 2)
        assert record["context_id"] == asked["context_id"]
        assert record["result"] == "chunk 1\nchunk 2\n"
        replied = next(seen for seen in served.log.of(delegation_id) if seen.data.get("status_message") == "replied")
        assert (replied.type, replied.data["status"], replied.data["attempt"]) == (
            "DELEGATION_STATUS",
            "in_progress",
            2,
        )
        assert served.log.rows[delegation_id].progress.text == record["progress_text"]


@pytest.mark.req("C10")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_sdk_agents_take_a_reply(tmp_path: Path, dialect: str) -> None:
    async with platform(tmp_path) as served, sdk_agent("--dialect", dialect, "--behavior", "ask") as agent:
        target = await served.workspace("sdk", agent.url)
        delegation_id = await served.delegate(target, "paint it")
        record = await served.until_status(delegation_id, "input_required")
        assert record["status_message"] == "which color?"
        assert (await reply(served, delegation_id, "blue"))[0] == 202
        record = await served.until_status(delegation_id, "completed")
        assert record["result"] == "blue"
        first, second = await agent.until("sent", 2)
        assert first["task_id"] == second["task_id"]


@pytest.mark.req("C10")
async def test_who_asks_nothing_is_not_replied_to(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        running = await served.delegate(target, "steps=1 delay=60")
        waiting = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(running, "in_progress")
        await served.until_status(waiting, "queued")
        for delegation_id, status in ((running, "in_progress"), (waiting, "queued")):
            code, answer = await reply(served, delegation_id)
            assert code == 409
            assert f"{delegation_id} is {status} and asks for no input; nothing was changed" in answer["error"]
        await served.cancel(running)
        await served.until_status(waiting, "completed")
        assert "is completed" in (await reply(served, waiting))[1]["error"]
        assert (await reply(served, str(uuid4())))[0] == 404
        for body in ({}, {"text": ""}, {"text": " \n"}, {"text": 5}):
            assert (await served.ask(f"delegations/{waiting}/reply", body)).status_code == 422
        assert len(agent.agent.journal.of(Kind.SEND)) == 2


@pytest.mark.req("C10")
async def test_of_two_replies_at_once_one_is_taken(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        target = await served.workspace("planner", agent.url)
        delegation_id = await served.delegate(target, ASKS)
        await served.until_status(delegation_id, "input_required")
        answers = await asyncio.gather(*(reply(served, delegation_id, f"file {n}") for n in range(8)))
        assert sorted(code for code, _ in answers) == [202] + [409] * 7
        await served.until_status(delegation_id, "completed")
        assert [sent.detail for sent in agent.agent.journal.of(Kind.SEND)] == ["", "reply"]


@pytest.mark.req("C10")
async def test_an_agent_that_cannot_be_reached_is_asked_again_by_the_person(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        async with serve_agent("planner") as agent:
            target = await served.workspace("planner", agent.url)
            delegation_id = await served.delegate(target, ASKS)
            await served.until_status(delegation_id, "input_required")
        assert (await reply(served, delegation_id))[0] == 202
        record = await until_seen(
            served, delegation_id, Status.INPUT_REQUIRED, Status.IN_PROGRESS, Status.INPUT_REQUIRED
        )
        assert record["status_message"].startswith("the reply was not delivered: could not reach the agent")
        assert record["status_message"].endswith("reply again; it had asked: which file")
        await served.until_free(target)


@pytest.mark.req("C10")
async def test_a_task_that_the_agent_has_forgotten_fails_with_that_reason(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        target = await served.workspace("planner", agent.url)
        delegation_id = await served.delegate(target, ASKS)
        record = await served.until_status(delegation_id, "input_required")
        del agent.agent.tasks._jobs[record["remote_task_id"]]
        assert (await reply(served, delegation_id))[0] == 202
        record = await served.until_status(delegation_id, "failed")
        assert record["error"] == "the agent no longer knows the task that asked, so the reply could not be given"


@pytest.mark.req("C10")
async def test_what_its_source_sent_itself_is_the_source_s_to_answer_and_to_poll(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        delegation_id = str(uuid4())
        body = {"target_id": NOBODY, "task": "look", "delegation_id": delegation_id}
        await served.ask("delegations/record", body)
        assert (await reply(served, delegation_id))[0] == 409
        code, record = await poll(served, delegation_id)
        assert (code, record["status"], record["recorded"]) == (200, "dispatched", True)


@pytest.mark.req("C10")
async def test_a_retry_is_a_new_delegation_linked_to_the_old_one(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        failed = await served.delegate(target, "steps=2 delay=0 fail=unreadable", priority=100, deadline_seconds=60)
        await served.until_status(failed, "failed")
        code, answer = await retry(served, failed)
        again = answer.pop("delegation_id")
        assert (code, answer) == (202, {"status": "delegated", "target_id": target, "retry_of": failed})
        assert again != failed
        record = await served.until_status(again, "failed")
        old = await served.record(failed)
        for same in ("source_id", "target_id", "task", "priority"):
            assert record[same] == old[same]
        assert (record["retry_of"], old["retry_of"], record["deadline"]) == (failed, None, None)
        code, answer = await retry(served, again)
        assert (code, answer["retry_of"]) == (202, again)
        sent = [entry.message_id for entry in agent.agent.journal.of(Kind.SEND)]
        await served.until_status(answer["delegation_id"], "failed")
        assert sent[:2] == [failed, again]


@pytest.mark.req("C10")
async def test_retries_at_once_make_one_delegation_for_as_long_as_it_runs(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        canceled = await served.delegate(target, "steps=1 delay=60")
        await served.cancel(canceled)
        await served.until_status(canceled, "canceled")
        answers = await asyncio.gather(*(retry(served, canceled) for _ in range(10)))
        assert sorted(code for code, _ in answers) == [200] * 9 + [202]
        [again] = {answer["delegation_id"] for _, answer in answers}
        assert all(answer["idempotent_hit"] for code, answer in answers if code == 200)
        await served.cancel(again)
        await served.until_status(again, "canceled")
        code, answer = await retry(served, canceled)
        assert code == 202
        assert answer["delegation_id"] not in (canceled, again)


@pytest.mark.req("C10")
async def test_only_what_came_to_nothing_is_retried(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        done = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(done, "completed")
        code, answer = await retry(served, done)
        assert code == 409
        assert f"{done} is completed; only a failed or canceled one can be retried" in answer["error"]
        running = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(running, "in_progress")
        assert "is in_progress" in (await retry(served, running))[1]["error"]
        assert (await retry(served, str(uuid4())))[0] == 404
        other = await served.workspace("other")
        taken = await served.ask(f"delegations/{done}/retry", source=other)
        assert taken.status_code == 404
        await served.cancel(running)


@pytest.mark.req("C10")
async def test_a_recorded_one_is_retried_by_the_platform_where_it_has_a_task(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        for task, code in (("steps=1 delay=0", 202), (" ", 409)):
            delegation_id = str(uuid4())
            body = {"target_id": target, "task": task, "delegation_id": delegation_id}
            assert (await served.ask("delegations/record", body)).status_code == 202
            await served.ask(f"delegations/{delegation_id}/update", {"status": "failed", "error": "x"})
            found, answer = await retry(served, delegation_id)
            assert found == code, answer
            if code == 202:
                record = await served.until_status(answer["delegation_id"], "completed")
                assert record["recorded"] is False
    assert len(agent.agent.journal.of(Kind.SEND)) == 1


@pytest.mark.req("C10")
async def test_a_poll_answers_in_every_status(tmp_path: Path) -> None:
    async with platform(tmp_path, stuck_after=1.5) as served, serve_agent("coder") as agent:
        nowhere = await served.workspace("nowhere", None)
        target = await served.workspace("coder", agent.url)
        failed = await served.delegate(nowhere, "look")
        await served.until_status(failed, "failed")
        stuck = await served.delegate(target, "steps=1 delay=60")
        queued = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(stuck, "stuck")
        # The agent says "working" again, which is no sign of life.
        for delegation_id, status in ((failed, "failed"), (stuck, "stuck"), (queued, "queued")):
            code, record = await poll(served, delegation_id)
            assert (code, record["status"]) == (200, status)
        await served.cancel(stuck)
        await served.until_status(stuck, "canceled")
        assert (await poll(served, stuck))[1]["status"] == "canceled"
        await served.cancel(queued)


@pytest.mark.req("C10")
async def test_a_poll_folds_in_what_the_agent_did_while_nobody_listened(tmp_path: Path) -> None:
    """A task that waits for input is not followed: somebody else may have answered it."""
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        target = await served.workspace("planner", agent.url)
        delegation_id = await served.delegate(target, ASKS)
        record = await served.until_status(delegation_id, "input_required")
        job = agent.agent.get(record["remote_task_id"])
        agent.agent._start(job)
        await eventually(lambda: job.task.state.terminal)
        code, record = await poll(served, delegation_id)
        assert (code, record["status"], record["result"]) == (200, "completed", "chunk 1\nchunk 2\n")


@pytest.mark.req("C10")
async def test_an_agent_that_cannot_be_polled_is_a_502_in_json(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        async with serve_agent("planner") as agent:
            target = await served.workspace("planner", agent.url)
            delegation_id = await served.delegate(target, ASKS)
            before = await served.until_status(delegation_id, "input_required")
        code, answer = await poll(served, delegation_id)
        assert code == 502
        assert answer["error"].startswith("the agent could not be asked: ")
        assert await served.record(delegation_id) == before
