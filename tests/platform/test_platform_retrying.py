"""C3, Q7, Q12: what is tried again, how often, and what never is because it may have arrived."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.agents import ManualClock
from support.fronts import Instead, front
from support.platforms import Api, Json, eventually, free_url, platform

QUICK = {"retry_pause": 0.05, "ask_patience": 0.3, "ask_pause": 0.05}
RESTARTING = json.dumps({"error": "the agent restarts", "restarting": True, "retry_after": 0}).encode()
BUSY = json.dumps({"error": "all slots are taken", "busy": True}).encode()
DONE = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": "1",
        "result": {"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "done"}]}},
    }
).encode()
GOOD = Instead(200, DONE)


def port_of(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


@pytest.mark.req("C3")
@pytest.mark.parametrize("first", [Instead(502), Instead(503, RESTARTING)], ids=["502", "503-restarting"])
@pytest.mark.parametrize("second", [GOOD, Instead(502), Instead(500, b"boom")], ids=["good", "502", "500"])
async def test_a_proxy_s_word_without_a_body_is_tried_once_more(
    tmp_path: Path, first: Instead, second: Instead
) -> None:
    async with platform(tmp_path, **QUICK) as served, front() as proxy:
        proxy.instead.extend([first, second])
        target = await served.workspace("proxied", proxy.url)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "completed" if second is GOOD else "failed")
        assert proxy.sent == [delegation_id] * 2
        assert (record["attempt"], record["tries"]) == (1, 0)
        if second is GOOD:
            assert (record["result"], record["via"]) == ("done", "direct")
        elif second.status == 502:
            said = "HTTP 502" if first.status == 502 else "HTTP 503: "
            assert record["error"].startswith(said)
            assert record["error"].endswith(", and at the retry: HTTP 502; whether the agent has the task is unknown")
        else:
            assert record["error"] == "HTTP 500: boom"


@pytest.mark.req("C3")
@pytest.mark.parametrize(
    "answer",
    [
        Instead(502, b"bad gateway"),
        Instead(500),
        Instead(503),
        Instead(504),
        Instead(503, b"try later"),
        Instead(503, json.dumps({"restarting": False}).encode()),
        Instead(503, json.dumps({"restarting": True, "jsonrpc": "2.0", "result": {}}).encode()),
        Instead(403),
    ],
    ids=["502-body", "500", "503", "504", "503-body", "not-restarting", "restarting-and-a-result", "403"],
)
async def test_everything_else_is_failed_at_once(tmp_path: Path, answer: Instead) -> None:
    async with platform(tmp_path, retry_pause=0) as served, front() as proxy:
        proxy.always = answer
        target = await served.workspace("proxied", proxy.url)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "failed")
        assert record["error"].startswith(f"HTTP {answer.status}")
        assert proxy.sent == [delegation_id]


@pytest.mark.req("C3")
async def test_where_nothing_takes_json_rpc_the_other_form_is_tried_and_then_it_is_failed(tmp_path: Path) -> None:
    async with platform(tmp_path, retry_pause=60) as served, front() as proxy:
        proxy.always = Instead(404)
        target = await served.workspace("proxied", proxy.url)
        record = await served.until_status(await served.delegate(target, "look"), "failed")
        assert record["error"].startswith("HTTP 404")
        assert proxy.methods == ["SendStreamingMessage", "SendMessage"]


@pytest.mark.req("C3", "Q6")
async def test_a_busy_agent_is_no_failed_try(tmp_path: Path) -> None:
    """Refused seven times: more than failed deliveries may be."""
    async with platform(tmp_path, retry_pause=60, busy_pause=0.01) as served, front() as proxy:
        proxy.instead.extend([*[Instead(503, BUSY)] * 7, GOOD])
        target = await served.workspace("proxied", proxy.url)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "completed")
        assert proxy.sent == [delegation_id] * 8
        assert (record["attempt"], record["tries"], record["via"]) == (8, 0, "queue_drain")


@pytest.mark.req("C3")
async def test_a_refused_connection_is_tried_once_more_and_then_failed(tmp_path: Path) -> None:
    async with platform(tmp_path, **QUICK) as served:
        target = await served.workspace("gone", await free_url())
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "failed")
        assert record["error"] == (
            "failed to reach workspace agent: could not reach the agent: refused; nothing was sent (2 tries)"
        )
        waits = [seen.data for seen in served.log.of(delegation_id) if seen.data.get("status") == "queued"]
        assert [said["status_message"] for said in waits] == [
            "could not reach the agent: refused; nothing was sent; try 2 of 2 follows in 0.05 s"
        ]


@pytest.mark.req("C3")
async def test_an_agent_that_is_back_in_time_gets_it_once(tmp_path: Path) -> None:
    url, clock = await free_url(), ManualClock()
    async with platform(tmp_path, clock=clock) as served:
        target = await served.workspace("coder", url)
        delegation_id = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(delegation_id, "queued")
        async with serve_agent("coder", port=port_of(url)) as agent:
            clock.advance(7.9)
            assert (await served.record(delegation_id))["status"] == "queued"
            clock.advance(0.1)
            record = await served.until_status(delegation_id, "completed")
            assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]
            assert (record["attempt"], record["tries"], record["via"]) == (2, 1, "queue_drain")


@pytest.mark.req("C3", "Q7")
async def test_where_heartbeats_come_it_is_tried_five_times_with_pauses_that_double(tmp_path: Path) -> None:
    async with platform(tmp_path, **QUICK) as served:
        target = await served.workspace("alive", await free_url())
        await served.heartbeat(target, active_tasks=0)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "failed")
        assert record["error"] == (
            "failed to reach workspace agent: could not reach the agent: refused; nothing was sent (5 tries)"
        )
        assert (record["attempt"], record["tries"]) == (5, 5)
        events = served.log.of(delegation_id)
        waits = [seen for seen in events if seen.data.get("status") == "queued"]
        assert [seen.data["status_message"].rpartition("; ")[2] for seen in waits] == [
            f"try {number} of 5 follows in {pause:g} s" for number, pause in enumerate((0.05, 0.1, 0.2, 0.4), start=2)
        ]


@pytest.mark.req("Q7")
async def test_the_queue_of_an_agent_that_cannot_be_reached_is_not_failed_one_by_one(tmp_path: Path) -> None:
    """The target rests as a whole, so that what waits behind the first one is not burned while the agent is away."""
    url, clock = await free_url(), ManualClock()
    async with platform(tmp_path, clock=clock) as served:
        target = await served.workspace("coder", url)
        ids = [await served.delegate(target, "steps=1 delay=0") for _ in range(12)]
        for delegation_id in ids:
            await served.until_status(delegation_id, "queued")
        async with serve_agent("coder", port=port_of(url)) as agent:
            clock.advance(8)
            for delegation_id in ids:
                await served.until_status(delegation_id, "completed")
            assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == ids
        tries = [(await served.record(delegation_id))["tries"] for delegation_id in ids]
        assert tries == [1, *[0] * 11]


@pytest.mark.req("Q7")
async def test_the_queue_of_an_agent_that_answers_with_errors_is_not_failed_one_by_one(tmp_path: Path) -> None:
    async with platform(tmp_path, retry_pause=600) as served, front() as proxy:
        proxy.instead.append(Instead(500, b"boom"))
        proxy.always = GOOD
        target = await served.workspace("proxied", proxy.url)
        ids = [await served.delegate(target, "look") for _ in range(5)]
        await served.until_status(ids[0], "failed")
        for delegation_id in ids[1:]:
            await served.until_status(delegation_id, "queued")
        assert proxy.sent == ids[:1]
        await served.heartbeat(target, active_tasks=0)
        for delegation_id in ids[1:]:
            await served.until_status(delegation_id, "completed")


@pytest.mark.req("Q12", "C3")
async def test_what_arrived_behind_a_502_is_found_and_not_sent_again(tmp_path: Path) -> None:
    async with (
        platform(tmp_path, **QUICK) as served,
        serve_agent("coder") as agent,
        front(agent.url) as proxy,
    ):
        proxy.instead.append(Instead(502, delivered=True))
        target = await served.workspace("coder", proxy.url)
        delegation_id = await served.delegate(target, "steps=3 delay=0.02")
        record = await served.until_status(delegation_id, "completed")
        assert (record["result"], record["via"]) == ("chunk 1\nchunk 2\nchunk 3\n", "resume")
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]
        assert proxy.sent == [delegation_id]


@pytest.mark.req("Q12", "C3")
async def test_what_did_not_arrive_behind_a_502_is_asked_after_and_then_sent(tmp_path: Path) -> None:
    async with (
        platform(tmp_path, **QUICK) as served,
        serve_agent("coder") as agent,
        front(agent.url) as proxy,
    ):
        proxy.instead.append(Instead(502))
        target = await served.workspace("coder", proxy.url)
        delegation_id = await served.delegate(target, "steps=1 delay=0")
        await served.until_status(delegation_id, "completed")
        sends = [at for at, method in enumerate(proxy.methods) if method == "SendStreamingMessage"]
        assert len(sends) == 2
        assert "ListTasks" in proxy.methods[sends[0] : sends[1]]
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]


@pytest.mark.req("Q12")
async def test_what_may_have_arrived_is_not_queued_for_a_second_delivery(tmp_path: Path) -> None:
    """This agent cannot be asked. It is busy at the retry: perhaps with the very task."""
    async with platform(tmp_path, **QUICK) as served, front() as proxy:
        proxy.instead.extend([Instead(502), Instead(503, BUSY), GOOD])
        target = await served.workspace("proxied", proxy.url)
        delegation_id = await served.delegate(target, "look")
        record = await served.until_status(delegation_id, "failed")
        assert record["error"] == (
            "HTTP 502, and at the retry: all slots are taken; whether the agent has the task is unknown"
        )
        assert proxy.sent == [delegation_id] * 2


@pytest.mark.req("C9")
async def test_a_cancel_before_the_retry_keeps_it_from_being_sent_again(tmp_path: Path) -> None:
    async with (
        platform(tmp_path, retry_pause=600, cancel_retry=0.02) as served,
        serve_agent("coder") as agent,
        front(agent.url) as proxy,
    ):
        target = await served.workspace("coder", proxy.url, slots=2)
        for delivered in (False, True):
            proxy.instead.append(Instead(502, delivered=delivered))
            delegation_id = await served.delegate(target, "steps=1 delay=60")
            await eventually(lambda: delegation_id in proxy.sent and not proxy.instead)  # noqa: B023
            record = await _canceled(served, delegation_id)
            assert bool(record["status_message"].startswith("the agent confirmed")) is delivered
            assert proxy.sent.count(delegation_id) == 1
            await served.heartbeat(target, active_tasks=0)
        await served.until_free(target)


@pytest.mark.req("C9")
@pytest.mark.parametrize("delivered", [False, True])
async def test_a_cancel_before_the_answer_that_would_have_it_sent_again(tmp_path: Path, *, delivered: bool) -> None:
    async with (
        platform(tmp_path, retry_pause=0.01, cancel_retry=0.02) as served,
        serve_agent("coder") as agent,
        front(agent.url) as proxy,
    ):
        target = await served.workspace("coder", proxy.url)
        proxy.instead.append(Instead(502, delivered=delivered, held=asyncio.Event()))
        held = proxy.instead[0].held
        assert held is not None
        delegation_id = await served.delegate(target, "steps=1 delay=60")
        await eventually(lambda: delegation_id in proxy.sent)
        assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
        held.set()
        record = await served.until_status(delegation_id, "canceled")
        assert bool(record["status_message"].startswith("the agent confirmed")) is delivered
        assert proxy.sent == [delegation_id]
        await served.until_free(target)


@pytest.mark.req("C9", "C3")
async def test_a_cancel_while_it_waits_for_another_try_is_at_once(tmp_path: Path) -> None:
    async with platform(tmp_path, retry_pause=600) as served:
        target = await served.workspace("gone", await free_url())
        delegation_id = await served.delegate(target, "look")
        await served.until_status(delegation_id, "queued")
        answer = await served.cancel(delegation_id)
        assert answer.json()["status"] == "canceled"
        assert (await served.record(delegation_id))["status_message"] == "canceled before it was sent to the agent"


async def _canceled(served: Api, delegation_id: str) -> Json:
    assert (await served.cancel(delegation_id)).json()["status"] == "canceling"
    return await served.until_status(delegation_id, "canceled")


@pytest.mark.req("C12")
async def test_a_restart_while_it_waits_for_another_try_delivers_it_once(tmp_path: Path) -> None:
    url = await free_url()
    async with AsyncExitStack() as agents:
        async with platform(tmp_path, retry_pause=600) as served:
            source, target = served.source, await served.workspace("coder", url)
            delegation_id = await served.delegate(target, "steps=1 delay=0")
            await served.until_status(delegation_id, "queued")
        _let_time_pass(tmp_path, seconds=599.5)
        agent = await agents.enter_async_context(serve_agent("coder", port=port_of(url)))
        async with platform(tmp_path, source=source) as served:
            await eventually_ended(served, delegation_id)
            record = await served.record(delegation_id)
            assert (record["status"], record["attempt"], record["tries"]) == ("completed", 2, 1)
        assert [sent.message_id for sent in agent.agent.journal.of(Kind.SEND)] == [delegation_id]


def _let_time_pass(folder: Path, *, seconds: float) -> None:
    """Bring the time of the next try nearer, as if the platform had been away for so long."""
    connection = sqlite3.connect(folder / "headway.db")
    connection.execute("UPDATE delegations SET not_before = not_before - ?", (round(seconds * 1_000),))
    connection.commit()
    connection.close()


@pytest.mark.req("C12", "Q12")
@pytest.mark.parametrize("delivered", [True, False])
async def test_a_restart_before_the_retry_asks_and_does_not_send(tmp_path: Path, delivered: bool) -> None:
    """What a proxy answered 502 for may be at the agent: the next run asks, and never sends by itself."""
    async with serve_agent("coder") as agent, front(agent.url) as proxy:
        proxy.instead.append(Instead(502, delivered=delivered))
        async with platform(tmp_path, retry_pause=600) as served:
            source, target = served.source, await served.workspace("coder", proxy.url)
            delegation_id = await served.delegate(target, "steps=2 delay=0.2")
            await eventually(lambda: proxy.sent == [delegation_id] and not proxy.instead)
        async with platform(tmp_path, source=source) as served:
            await eventually_ended(served, delegation_id)
            record = await served.record(delegation_id)
        if delivered:
            assert (record["status"], record["via"]) == ("completed", "resume")
        else:
            assert record["error"] == "interrupted by a platform restart; outcome unknown"
        assert proxy.sent == [delegation_id]


async def eventually_ended(served: Api, delegation_id: str) -> None:
    """Return when the record is terminal, whether or not this run's stream has told of it."""
    while (await served.record(delegation_id))["finished_at"] is None:
        seen = len(served.log.events)
        if (await served.record(delegation_id))["finished_at"] is None:
            await served.log.until(lambda goal=seen: len(served.log.events) > goal)
