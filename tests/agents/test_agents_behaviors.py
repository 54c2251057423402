"""Every behavior, as it is seen on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from headway.agents.behaviors import BEHAVIORS, BehaviorName
from headway.agents.hostile import HOSTILE_TEXTS
from headway.agents.journal import Kind
from support.agents import (
    CANCEL,
    DIALECTS,
    SEND,
    STREAM,
    SUBSCRIBE,
    Json,
    ManualClock,
    events,
    message_params,
    output_of,
    state_of,
    task_of,
)

TEN_STEPS = "steps=10 delay=0.01"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_busy_answers_503_while_its_slots_are_taken(serve, dialect: str) -> None:
    server, wire = await serve("busy", slots=2)
    running = [await wire.start(dialect, "steps=1000 delay=0.1") for _ in range(2)]
    for method in (SEND[dialect], STREAM[dialect]):
        refused = await wire.http.post(
            "/",
            json={"method": method, "params": message_params(dialect, "one more", message_id="late", task_id="")},
            headers={"A2A-Version": "1.0"} if dialect == "1.0" else {},
        )
        assert refused.status_code == 503
        assert refused.json()["busy"] is True
        assert refused.json()["retry_after"] == int(refused.headers["retry-after"]) == 2
        assert "slots (2)" in refused.json()["error"]
    assert len(server.agent.journal.of(Kind.REFUSED)) == 2
    await wire.result(CANCEL[dialect], {"id": running[0]})
    done = await wire.result(SEND[dialect], message_params(dialect, "steps=1 delay=0"))
    assert state_of(done) == "completed"


async def test_busy_has_one_slot_unless_told_otherwise(serve) -> None:
    assert BEHAVIORS[BehaviorName.BUSY].slots == 1
    _, wire = await serve("busy", slots=0)
    assert (await wire.post({"method": "tasks/send", "params": message_params("0.1", "go")})).status_code == 503


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_failing_ends_with_a_reason(serve, dialect: str) -> None:
    _, wire = await serve("failing", name="deployer")
    frames = await wire.stream(STREAM[dialect], message_params(dialect, "Deploy 2.14.0 to staging\ndelay=0"))
    status = frames[-1].get("statusUpdate", frames[-1])["status"]
    assert state_of(frames[-1]) == "failed"
    assert status["message"]["parts"][0]["text"].startswith("The cluster refused the image")


async def test_any_agent_fails_when_the_text_says_so(serve) -> None:
    _, wire = await serve()
    task = await wire.result("message/send", message_params("0.3", f"{TEN_STEPS} at=3 fail=disk_full"))
    assert state_of(task) == "failed"
    assert task["status"]["message"]["parts"][0]["text"] == "disk full"
    assert output_of(task) == "chunk 1\nchunk 2\nchunk 3\n"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_hanging_gives_no_sign_of_life_but_can_be_fetched_and_canceled(serve, dialect: str) -> None:
    server, wire = await serve("hanging")
    async with wire.open(STREAM[dialect], message_params(dialect, "steps=4 delay=0 at=1")) as response:
        stream = events(response)
        first = (await anext(stream))["result"]
        while state_of((await anext(stream))["result"]) is not None:
            pass
        task_id = task_of(first)["id"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.2)
    assert output_of(await wire.task(dialect, task_id)) == "chunk 1\n"
    assert state_of(await wire.result(CANCEL[dialect], {"id": task_id})) == "canceled"
    assert len(server.agent.journal.of(Kind.STEP)) == 1


async def test_silent_answers_nothing_after_the_snapshot(serve) -> None:
    clock = ManualClock()
    server, wire = await serve("silent", clock=clock)
    async with wire.open("message/stream", message_params("0.3", "steps=4")) as response:
        stream = events(response)
        task_id = (await anext(stream))["result"]["id"]
        waits = [
            asyncio.ensure_future(anext(stream)),
            asyncio.ensure_future(wire.call("tasks/get", {"id": task_id})),
            asyncio.ensure_future(wire.call("tasks/cancel", {"id": task_id})),
            asyncio.ensure_future(wire.call("message/send", message_params("0.3", "another"))),
        ]
        clock.advance(3_600)
        done, _ = await asyncio.wait(waits, timeout=0.3)
        assert not done
        assert len(server.agent.journal.of(Kind.CANCEL, task_id)) == 1
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_half_a_stream_ends_without_an_end_and_the_task_goes_on(serve, dialect: str) -> None:
    _, wire = await serve("half-stream")
    frames = await wire.stream(STREAM[dialect], message_params(dialect, TEN_STEPS))
    assert state_of(frames[-1]) in (None, "working")
    task = await wire.until_state(dialect, task_of(frames[0])["id"], "completed")
    assert output_of(task).endswith("chunk 10\n")


async def test_after_half_a_stream_one_can_resubscribe(serve) -> None:
    _, wire = await serve("half-stream")
    frames = await wire.stream("message/stream", message_params("0.3", "steps=20 delay=0.05"))
    rest = await wire.stream("tasks/resubscribe", {"id": frames[0]["id"]})
    assert state_of(rest[-1]) == "completed"


async def test_malformed_breaks_the_json_halfway(serve) -> None:
    _, wire = await serve("malformed")
    async with wire.open("message/stream", message_params("0.3", f"{TEN_STEPS} at=2")) as response:
        body = (await response.aread()).decode()
    payloads = [line.removeprefix("data: ") for line in body.split("\r\n") if line.startswith("data: ")]
    for payload in payloads[:-1]:
        json.loads(payload)
    with pytest.raises(json.JSONDecodeError):
        json.loads(payloads[-1])
    answer = await wire.post({"method": "message/send", "params": message_params("0.3", TEN_STEPS)})
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_no_final_event_and_the_stream_closes(serve, dialect: str) -> None:
    _, wire = await serve("no-final-close")
    frames = await wire.stream(STREAM[dialect], message_params(dialect, TEN_STEPS))
    assert "chunk 10" in json.dumps(frames[-1])
    assert state_of(await wire.task(dialect, task_of(frames[0])["id"])) == "completed"


async def test_no_final_event_and_the_stream_stays_open(serve) -> None:
    _, wire = await serve("no-final-open")
    async with wire.open("message/stream", message_params("0.3", TEN_STEPS)) as response:
        stream = events(response)
        task_id = (await anext(stream))["result"]["id"]
        await wire.until_state("0.3", task_id, "completed")
        seen = [(await anext(stream))["result"]]
        while "chunk 10" not in json.dumps(seen[-1]):
            seen.append((await anext(stream))["result"])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.2)
    assert {state_of(frame) for frame in seen} == {None, "working"}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_reset_is_a_tcp_reset_halfway_and_the_task_goes_on(serve, dialect: str) -> None:
    _, wire = await serve("reset")
    async with wire.open(STREAM[dialect], message_params(dialect, TEN_STEPS)) as response:
        stream = events(response)
        first = (await anext(stream))["result"]
        with pytest.raises(httpx.ReadError) as caught:
            await _rest(stream)
    assert _has_cause(caught.value, ConnectionResetError)
    task = await wire.until_state(dialect, task_of(first)["id"], "completed")
    assert output_of(task).endswith("chunk 10\n")


async def test_reset_instead_of_an_answer(serve) -> None:
    _, wire = await serve("reset")
    with pytest.raises(httpx.ReadError):
        await wire.call("message/send", message_params("0.3", TEN_STEPS))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_raise_is_an_internal_error_and_a_failure_without_reason(serve, dialect: str) -> None:
    _, wire = await serve("raise")
    assert await wire.error(SEND[dialect], message_params(dialect, TEN_STEPS)) == -32603
    async with wire.open(STREAM[dialect], message_params(dialect, TEN_STEPS)) as response:
        received = await _rest(events(response))
    assert received[-1]["error"]["code"] == -32603
    task = await wire.task(dialect, task_of(received[0]["result"])["id"])
    assert state_of(task) == "failed"
    assert "message" not in task["status"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_non_streaming_says_so_and_answers_sends(serve, dialect: str) -> None:
    _, wire = await serve("non-streaming")
    card = (await wire.http.get("/.well-known/agent-card.json")).json()
    assert card["capabilities"]["streaming"] is False
    assert await wire.error(STREAM[dialect], message_params(dialect, "go")) == -32004
    assert await wire.error(SUBSCRIBE[dialect], {"id": "x"}) == -32004
    assert state_of(await wire.result(SEND[dialect], message_params(dialect, TEN_STEPS))) == "completed"


async def test_hostile_sends_every_hostile_text_as_it_is(serve) -> None:
    _, wire = await serve("hostile")
    frames = await wire.stream("message/stream", message_params("0.3", f"steps={len(HOSTILE_TEXTS)} delay=0"))
    texts = [frame["artifact"]["parts"][0]["text"] for frame in frames if "artifact" in frame]
    assert texts == [text + "\n" for text in HOSTILE_TEXTS]
    notes = [f["status"]["message"]["parts"][0]["text"] for f in frames if "message" in f.get("status", {})]
    assert notes == [text[:1_000] for text in HOSTILE_TEXTS]
    raw = (await wire.http.get("/.well-known/agent-card.json")).json()["description"]
    assert raw == HOSTILE_TEXTS[0]


def test_the_hostile_texts_hold_what_a_terminal_must_never_see() -> None:
    joined = "".join(HOSTILE_TEXTS)
    for needle in ("\x1b]52;", "\x1b]0;", "\x1b]8;;", "\x9b", "\u202e", "\u200b", "[@click=", "\x00", "\u2028"):
        assert needle in joined
    assert max(len(line) for line in joined.splitlines()) >= 200_000


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_ignore_cancel_answers_and_works_on(serve, dialect: str) -> None:
    _, wire = await serve("ignore-cancel")
    task_id = await wire.start(dialect, "steps=10 delay=0.02")
    answered = await wire.result(CANCEL[dialect], {"id": task_id})
    assert state_of(answered) in ("submitted", "working")
    task = await wire.until_state(dialect, task_id, "completed")
    assert output_of(task).endswith("chunk 10\n")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_complete_after_cancel_overwrites_canceled(serve, dialect: str) -> None:
    _, wire = await serve("complete-after-cancel")
    async with wire.open(STREAM[dialect], message_params(dialect, "steps=10 delay=0.02")) as response:
        stream = events(response)
        task_id = task_of((await anext(stream))["result"])["id"]
        assert state_of(await wire.result(CANCEL[dialect], {"id": task_id})) == "canceled"
        last = (await _rest(stream))[-1]["result"]
    assert state_of(last) == "canceled"
    await wire.until_state(dialect, task_id, "completed")


async def test_slow_and_fast_differ_in_pace_only(serve) -> None:
    took = {}
    outputs = {}
    for behavior in ("stream", "slow", "fast"):
        clock = RunningClock()
        _, wire = await serve(behavior, name="coder", clock=clock, seed=3)
        task_id = await wire.start("0.3", "Fix the flaky retry test")
        task = await wire.until_state("0.3", task_id, "completed")
        took[behavior], outputs[behavior] = clock.monotonic(), output_of(task)
    assert outputs["stream"] == outputs["slow"] == outputs["fast"]
    assert took["fast"] < 3 < took["stream"] < took["slow"]


async def test_a_task_can_ask_for_another_behavior(serve) -> None:
    _, wire = await serve("stream")
    assert await wire.error("message/send", message_params("0.3", "steps=1 delay=0 behavior=raise")) == -32603


def test_every_behavior_name_is_in_the_registry_with_a_summary() -> None:
    assert set(BEHAVIORS) == set(BehaviorName)
    assert all(behavior.summary for behavior in BEHAVIORS.values())


async def _rest(stream: AsyncIterator[Json]) -> list[Json]:
    return [event async for event in stream]


class RunningClock(ManualClock):
    """Nobody waits: to sleep is to move the clock."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
