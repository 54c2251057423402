"""C9, A14: what a cancel does where the delegation stands; and poll."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.delegation import Delegation
from headway.platform.dispatcher import Dispatcher
from headway.platform.platform import Platform
from headway.platform.routes import delegations as routes
from support.platforms import NOBODY, Api, eventually, platform, silent_target
from support.sdk_agents import sdk_agent


def confirmed(served: Api, delegation_id: str) -> object:
    [canceled] = [seen for seen in served.log.of(delegation_id) if seen.type == "DELEGATION_CANCELED"]
    return canceled.data["confirmed"]


@pytest.mark.req("C9")
async def test_a_queued_one_is_canceled_at_once_and_its_agent_never_hears_of_it(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        running = await served.delegate(target, "steps=1 delay=60")
        waiting = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(waiting, "queued")
        answer = await served.cancel(waiting, reason="not needed")
        assert (answer.status_code, answer.json()) == (202, {"delegation_id": waiting, "status": "canceled"})
        record = await served.record(waiting)
        assert record["status_message"] == "canceled before it was sent to the agent"
        assert record["cancel_requested_at"]
        polled = await served.ask(f"delegations/{waiting}/poll")
        assert (polled.status_code, polled.json()["status"]) == (200, "canceled")
        await served.cancel(running)
        await served.until_status(running, "canceled")
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        assert waiting not in [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)]
        canceled = next(seen for seen in served.log.of(waiting) if seen.type == "DELEGATION_CANCELED")
        assert canceled.data["reason"] == "not needed"


@pytest.mark.req("C9", "A14")
async def test_a_running_one_stops_working_within_a_second(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=500 delay=0.01")
        await served.until_status(delegation_id, "in_progress")
        polled = (await served.ask(f"delegations/{delegation_id}/poll")).json()
        assert polled["status"] == "in_progress"
        answer = await served.cancel(delegation_id)
        assert (answer.status_code, answer.json()["status"]) == (202, "canceling")
        record = await served.until_status(delegation_id, "canceled")
        assert record["status_message"].startswith("the agent confirmed the cancel")
        assert confirmed(served, delegation_id) is True
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        [stopped] = agent.agent.journal.of(Kind.STOPPED)
        [asked] = agent.agent.journal.of(Kind.CANCEL)
        assert 0 <= stopped.at_ms - asked.at_ms < 1_000
        assert agent.agent.journal.entries[-1] is stopped


@pytest.mark.req("C9", "A14")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_an_sdk_agent_stops_its_work(tmp_path: Path, dialect: str) -> None:
    async with platform(tmp_path) as served, sdk_agent("--dialect", dialect, "--behavior", "silent") as agent:
        target = await served.workspace("sdk", agent.url)
        delegation_id = await served.delegate(target, "look")
        await served.until_status(delegation_id, "in_progress")
        await served.cancel(delegation_id)
        await served.until_status(delegation_id, "canceled")
        assert confirmed(served, delegation_id) is True
        assert len(await agent.until("cancel")) == 1
        await agent.until("stopped", within=1.0)


@pytest.mark.req("C9")
async def test_one_that_waits_for_input(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("planner") as agent:
        target = await served.workspace("planner", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0 ask=which_file")
        record = await served.until_status(delegation_id, "input_required")
        assert record["status_message"] == "which file"
        polled = (await served.ask(f"delegations/{delegation_id}/poll")).json()
        assert (polled["status"], polled["status_message"]) == ("input_required", "which file")
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        await served.until_status(delegation_id, "canceled")
        assert confirmed(served, delegation_id) is True


@pytest.mark.req("C9")
async def test_an_agent_that_does_not_listen_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    async with platform(tmp_path, cancel_deadline=0.3, cancel_retry=0.05) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=1 delay=60 behavior=ignore-cancel")
        await served.until_status(delegation_id, "in_progress")
        await served.cancel(delegation_id)
        again = await served.cancel(delegation_id)
        assert (again.status_code, again.json()["status"]) == (202, "canceling")
        record = await served.until_status(delegation_id, "canceled")
        assert record["status_message"] == "the agent did not confirm the cancel within 0.3 s; it may still be working"
        assert confirmed(served, delegation_id) is False
        assert len(agent.agent.journal.of(Kind.CANCEL)) > 1


@pytest.mark.req("C9")
async def test_an_agent_that_completes_after_all_does_not_overwrite_canceled(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=3 delay=0.1 behavior=complete-after-cancel")
        await served.until_status(delegation_id, "in_progress")
        await served.cancel(delegation_id)
        await served.until_status(delegation_id, "canceled")
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))
        assert agent.agent.journal.of(Kind.STOPPED)[0].detail == "completed"
        await served.ask(f"delegations/{delegation_id}/poll")
        assert (await served.record(delegation_id))["status"] == "canceled"


@pytest.mark.req("C9")
async def test_one_that_has_finished_and_one_that_is_unknown(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        done = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(done, "completed")
        refused = await served.cancel(done)
        assert refused.status_code == 409
        assert f"{done} is already completed" in refused.json()["error"]
        polled = await served.ask(f"delegations/{done}/poll")
        assert (polled.status_code, polled.json()["status"]) == (200, "completed")
        for call in ("cancel", "poll"):
            missing = await served.ask(f"delegations/{uuid4()}/{call}")
            assert (missing.status_code, missing.json()) == (404, {"error": "no such delegation in this workspace"})
        assert not agent.agent.journal.of(Kind.CANCEL)


@pytest.mark.req("C9")
async def test_one_that_its_source_sent_itself_is_canceled_without_an_agent_s_word(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        for place in (target, NOBODY):
            delegation_id = str(uuid4())
            body = {"target_id": place, "task": "x", "delegation_id": delegation_id}
            await served.ask("delegations/record", body)
            await served.cancel(delegation_id)
            record = await served.until_status(delegation_id, "canceled")
            assert record["status_message"].startswith("the agent could not be asked: the source sent the task itself")
            assert confirmed(served, delegation_id) is False


@pytest.mark.req("C9")
async def test_a_pending_one_is_canceled_before_anybody_has_looked_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        with monkeypatch.context() as patched:
            patched.setattr(Dispatcher, "nudge", lambda self, target_id: None)
            delegation_id = await served.delegate(target, "steps=1 delay=0")
            assert (await served.record(delegation_id))["status"] == "pending"
            assert (await served.cancel(delegation_id)).json()["status"] == "canceled"
        await served.until_status(await served.delegate(target, "steps=1 delay=0"), "completed")
        assert delegation_id not in [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)]
        assert served.log.statuses[delegation_id] == ["pending", "canceled"]


@pytest.mark.req("C9")
async def test_a_dispatched_one_whose_agent_says_nothing_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    async with platform(tmp_path, cancel_deadline=0.3, cancel_retry=0.05) as served, silent_target(served) as target:
        delegation_id = await served.delegate(target.workspace, "look")
        await target.received(1)
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        record = await served.until_status(delegation_id, "canceled")
        assert record["status_message"] == "the agent did not confirm the cancel within 0.3 s; it may still be working"
        assert confirmed(served, delegation_id) is False
        assert len(target.bodies) == 1
        await served.until_free(target.workspace)


@pytest.mark.req("C9")
@pytest.mark.parametrize("behavior", [BehaviorName.SILENT, BehaviorName.HANGING])
async def test_a_stuck_one(tmp_path: Path, behavior: BehaviorName) -> None:
    """An agent that hangs can be told to stop; one that has fallen silent for good is given up."""
    settings = {"stuck_after": 0.2, "cancel_deadline": 0.4, "cancel_retry": 0.05}
    async with platform(tmp_path, **settings) as served, serve_agent("coder", behavior) as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=2 delay=0 at=1")
        await served.until_status(delegation_id, "stuck")
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        await served.until_status(delegation_id, "canceled")
        assert confirmed(served, delegation_id) is (behavior is BehaviorName.HANGING)
        await served.until_free(target)


@pytest.mark.req("C9")
async def test_an_agent_that_is_gone_is_asked_until_the_deadline(tmp_path: Path) -> None:
    settings = {"cancel_deadline": 0.3, "cancel_retry": 0.05, "ask_patience": 60.0}
    async with platform(tmp_path, **settings) as served:
        async with serve_agent("coder") as agent:
            target = await served.workspace("coder", agent.url)
            delegation_id = await served.delegate(target, "steps=1 delay=60")
            await served.until_status(delegation_id, "in_progress")
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        await served.until_status(delegation_id, "canceled")
        assert confirmed(served, delegation_id) is False


async def test_a_cancel_that_meets_a_busy_answer_ends_it_at_once(tmp_path: Path) -> None:
    """The agent took nothing on, so that there is nobody to ask and no deadline to wait for."""
    async with platform(tmp_path) as served, silent_target(served) as target:
        delegation_id = await served.delegate(target.workspace, "look")
        await target.received(1)
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        target.busy = {"busy": True, "error": "all slots are taken"}
        target.answer()
        record = await served.until_status(delegation_id, "canceled")
        assert record["status_message"] == "canceled before it was sent to the agent"
        await served.until_free(target.workspace)


async def test_a_cancel_at_any_moment_of_a_dispatch_comes_to_its_end(tmp_path: Path) -> None:
    """Cancels race with the claim of what was just delegated: whoever wins, each ends canceled."""
    async with platform(tmp_path, cancel_retry=0.02) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url, slots=40)

        async def hand_over_and_cancel(spins: int) -> str:
            delegation_id = await served.delegate(target, "steps=1 delay=60")
            for _ in range(spins):
                await asyncio.sleep(0)
            assert (await served.cancel(delegation_id)).status_code == 202
            return delegation_id

        for delegation_id in await asyncio.gather(*(hand_over_and_cancel(spins) for spins in range(40))):
            await served.until_status(delegation_id, "canceled")
        await eventually(lambda: not agent.agent._working)
        await served.until_free(target)


async def test_a_cancel_that_read_the_record_before_it_was_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The route reads a waiting record, the dispatcher claims it, and only then the cancel is asked for."""
    async with (
        platform(tmp_path, cancel_deadline=0.2, cancel_retry=0.05) as served,
        serve_agent("coder", BehaviorName.IGNORE_CANCEL) as agent,
    ):
        target = await served.workspace("coder", agent.url)
        first = await served.delegate(target, "steps=1 delay=0.2")
        second = await served.delegate(target, "steps=1 delay=60")
        await served.until_status(second, "queued")
        read = routes.delegation_of

        async def read_and_wait(source: str, delegation_id: str, served_platform: Platform) -> Delegation:
            delegation = await read(source, delegation_id, served_platform)
            await served.log.until(lambda: "in_progress" in served.log.statuses[second])
            return delegation

        monkeypatch.setattr(routes, "delegation_of", read_and_wait)
        assert (await served.cancel(second)).json()["status"] == "canceling"
        monkeypatch.undo()
        await served.until_status(first, "completed")
        await served.until_status(second, "canceled")


async def test_polls_during_a_stream_lose_no_text(tmp_path: Path) -> None:
    async with platform(tmp_path, flush_every=0.01) as served, serve_agent("coder") as agent:
        target = await served.workspace("coder", agent.url)
        delegation_id = await served.delegate(target, "steps=120 delay=0.005")
        await served.until_status(delegation_id, "in_progress")
        answers = set()
        while not served.log.rows[delegation_id].status.is_terminal:
            answers.add((await served.ask(f"delegations/{delegation_id}/poll")).status_code)
        record = await served.until_status(delegation_id, "completed")
        assert answers == {200}
        assert record["progress_text"] == record["result"]
        assert served.log.rows[delegation_id].progress.text == record["result"]
        assert record["result"].count("\n") == 120


async def test_an_agent_that_cannot_be_polled_is_a_502_and_changes_nothing(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        async with serve_agent("planner") as agent:
            target = await served.workspace("planner", agent.url)
            delegation_id = await served.delegate(target, "steps=2 delay=0 ask=which")
            before = await served.until_status(delegation_id, "input_required")
        answer = await served.ask(f"delegations/{delegation_id}/poll")
        assert answer.status_code == 502
        assert answer.json()["error"].startswith("the agent could not be asked: ")
        assert await served.record(delegation_id) == before
