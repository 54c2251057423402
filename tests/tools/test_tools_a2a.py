"""Talking straight to an agent: the four verbs as their caller sees them, on SDK agents and simulated ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.tools import a2a_send as documented_send
from headway.tools.descriptions import VERBS
from headway.tools.settings import SEND_SECONDS
from support.agents import ManualClock, eventually
from support.scripted_http import Exchange, scripted_server
from support.sdk_agents import sdk_agent
from support.tools import WITHIN, tools_in, until, until_ended


async def says_nothing(exchange: Exchange) -> None:
    if exchange.method == "GET":
        await exchange.json({}, status=404)
    else:
        await exchange.gone.wait()


@pytest.mark.req("A1")
@pytest.mark.parametrize("dialect", ["v1", "v03"])
async def test_send_streams_and_returns_the_final_text(tmp_path: Path, dialect: str) -> None:
    heard = []
    async with sdk_agent("--dialect", dialect, "--steps", "3") as agent, tools_in(tmp_path) as tools:
        answer = await tools.a2a_send(agent.url, "go", on_progress=heard.append)
        assert answer["success"] is True
        assert answer["state"] == "completed"
        assert answer["text"].startswith("chunk 1\nchunk 2\nchunk 3\n")
        assert [sent["text"] for sent in agent.calls("sent")] == ["go"]
    assert "chunk 1\n" in "".join(one.text for one in heard)
    assert len([one for one in heard if one.text]) > 3


@pytest.mark.req("A1")
async def test_send_ends_at_its_limit_with_what_to_do_and_tells_the_agent(tmp_path: Path) -> None:
    clock = ManualClock()
    async with serve_agent("slow", BehaviorName.HANGING) as agent, tools_in(tmp_path, clock=clock) as tools:
        sending = asyncio.create_task(tools.a2a_send(agent.url, "steps=2 delay=0"))
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STEP)))
        clock.advance(SEND_SECONDS - 1)
        for _ in range(50):
            await asyncio.sleep(0)
        assert not sending.done()
        clock.advance(1)
        answer = await asyncio.wait_for(sending, WITHIN)
        assert answer["success"] is False
        assert "did not finish within 300 s" in answer["error"]
        assert "use a2a_send_async" in answer["error"]
        assert answer["text"] == "chunk 1\n"
        await eventually(lambda: bool(agent.agent.journal.of(Kind.STOPPED)))


@pytest.mark.req("A1")
def test_the_description_states_the_limit_that_holds() -> None:
    assert f"at most {SEND_SECONDS} seconds" in VERBS["a2a_send"].text
    assert VERBS["a2a_send"].text in (documented_send.__doc__ or "")
    for verb in ("a2a_send", "a2a_send_async"):
        assert "256" in VERBS[verb].text
        assert "slow" in VERBS[verb].text


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        (BehaviorName.FAILING, "A tool this task depends on is not available"),
        (BehaviorName.RAISE, "(-32603)"),
        (BehaviorName.MALFORMED, "malformed JSON"),
    ],
)
async def test_what_goes_wrong_at_the_agent_is_the_error(tmp_path: Path, behavior: BehaviorName, said: str) -> None:
    async with serve_agent("agent", behavior) as agent, tools_in(tmp_path) as tools:
        answer = await tools.a2a_send(agent.url, "steps=2 delay=0")
        assert answer["success"] is False
        assert answer["state"] == "failed"
        assert said in answer["error"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://x", "is no URL of an agent; nothing was sent"),
        ("http://user:{}@x", "is no URL of an agent; nothing was sent"),
        ("http://169.254.169.254/", "never dialled; nothing was sent"),
        ("http://10.1.2.3:80/", "A2A_ALLOW=10.1.2.3:80 allows it; nothing was sent"),
    ],
)
async def test_an_address_that_may_not_be_dialled_is_refused(tmp_path: Path, url: str, said: str) -> None:
    async with tools_in(tmp_path) as tools:
        answer = await tools.a2a_send(url.format("pw"), "go")
        assert answer["success"] is False
        assert said in answer["error"]


@pytest.mark.req("A2")
async def test_send_async_returns_before_the_agent_says_anything_and_never_times_out(tmp_path: Path) -> None:
    clock = ManualClock()
    async with scripted_server(says_nothing) as agent, tools_in(tmp_path, clock=clock) as tools:
        answer = await asyncio.wait_for(tools.a2a_send_async(agent.url, "go"), WITHIN)
        assert answer["success"] is True
        assert answer["state"] == "running"
        await eventually(lambda: len(agent.methods()) == 1)
        for _ in range(70):
            clock.advance(100)
            await asyncio.sleep(0.001)
        assert (await tools.a2a_check_task(answer["task_id"]))["state"] == "running"
        assert len(agent.methods()) == 1


@pytest.mark.req("A2")
async def test_a_task_id_in_use_is_refused_whether_it_runs_or_has_ended(tmp_path: Path) -> None:
    async with serve_agent() as agent, tools_in(tmp_path) as tools:
        first = await tools.a2a_send_async(agent.url, "steps=2 delay=0.05", task_id="mine")
        assert first["task_id"] == "mine"
        again = await tools.a2a_send_async(agent.url, "steps=1 delay=0", task_id="mine")
        assert again["success"] is False
        assert "'mine' is in use; nothing was sent" in again["error"]
        assert (await until_ended(tools, "mine"))["text"] == "chunk 1\nchunk 2\n"
        again = await tools.a2a_send_async(agent.url, "steps=1 delay=0", task_id="mine")
        assert "'mine' is in use" in again["error"]
        raced = await asyncio.gather(
            *[tools.a2a_send_async(agent.url, "steps=1 delay=0", task_id="x") for _ in "abcde"]
        )
        assert sorted(one["success"] for one in raced) == [False] * 4 + [True]
        await until_ended(tools, "x")
        assert len(agent.agent.journal.of(Kind.SEND)) == 2


@pytest.mark.req("A3")
async def test_a_check_has_four_distinct_answers(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with (
        scripted_server(says_nothing) as silent,
        sdk_agent("--steps", "4", "--gate", str(gate)) as agent,
        tools_in(tmp_path) as tools,
    ):
        quiet = await tools.a2a_send_async(silent.url, "go")
        answer = await tools.a2a_check_task(quiet["task_id"])
        assert (answer["state"], answer["text"], answer["percent"]) == ("running", "", None)

        task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
        answer = await until(tools, task_id, lambda answer: answer["percent"] is not None)
        assert (answer["state"], answer["percent"], answer["status_message"]) == ("running", 25, "step 1/4")
        assert "chunk 1\n" in answer["text"]
        assert "chunk 2\n" not in answer["text"]

        gate.touch()
        answer = await until_ended(tools, task_id)
        assert (answer["state"], answer["text"]) == ("completed", "chunk 1\nchunk 2\nchunk 3\nchunk 4\n")

        answer = await tools.a2a_check_task("nobody's")
        assert answer.keys() == {"error"}
        assert "No task found with task_id 'nobody's'" in answer["error"]


@pytest.mark.req("A3")
async def test_finished_ones_are_checkable_for_a_grace_period_and_up_to_a_number(tmp_path: Path) -> None:
    clock = ManualClock()
    settings = {"keep_finished": 60, "kept_finished": 3, "sweep_every": 1_000_000}
    async with serve_agent() as agent, tools_in(tmp_path, clock=clock, **settings) as tools:
        ids = []
        for number in range(5):
            ids.append((await tools.a2a_send_async(agent.url, f"steps=1 delay=0 echo=n{number}"))["task_id"])
            await until_ended(tools, ids[-1])
            clock.advance(1)
        hanging = await tools.a2a_send_async(agent.url, "steps=1 delay=1000")
        await tools.direct.sweep()
        answers = [await tools.a2a_check_task(task_id) for task_id in ids]
        assert ["error" in answer and "text" not in answer for answer in answers] == [True, True, False, False, False]
        clock.advance(57.5)
        await tools.direct.sweep()
        answers = [await tools.a2a_check_task(task_id) for task_id in ids]
        assert ["text" in answer for answer in answers] == [False, False, False, True, True]
        assert (await tools.a2a_check_task(hanging["task_id"]))["state"] == "running"


@pytest.mark.req("A4")
async def test_a_cancel_stops_the_work_and_says_that_the_agent_confirmed(tmp_path: Path) -> None:
    async with sdk_agent("--behavior", "silent") as agent, tools_in(tmp_path) as tools:
        task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
        await agent.until("sent")
        first, second = await asyncio.gather(tools.a2a_cancel_task(task_id), tools.a2a_cancel_task(task_id))
        assert first == second
        assert (first["success"], first["reader_stopped"], first["agent_confirmed"]) == (True, True, True)
        assert first["state"] == "canceled"
        assert len(agent.calls("cancel")) == 1
        await agent.until("stopped")
        late = await tools.a2a_cancel_task(task_id)
        assert (late["success"], late["reader_stopped"]) == (False, False)
        assert late["message"] == "The task had ended before: canceled. Nothing was changed."
        unknown = await tools.a2a_cancel_task("nobody's")
        assert unknown == {"success": False, "error": unknown["error"]}
        assert "No task found" in unknown["error"]


@pytest.mark.req("A4")
@pytest.mark.parametrize("option", ["ignores", "raises"])
async def test_an_agent_that_does_not_confirm_is_not_said_to_have(tmp_path: Path, option: str) -> None:
    async with (
        sdk_agent("--behavior", "silent", "--cancel", "raises") as raising,
        serve_agent("agent", BehaviorName.IGNORE_CANCEL) as ignoring,
        tools_in(tmp_path, cancel_seconds=0.3) as tools,
    ):
        url = raising.url if option == "raises" else ignoring.url
        task_id = (await tools.a2a_send_async(url, "steps=2 delay=1000"))["task_id"]
        await eventually(lambda: bool(raising.calls("sent") or ignoring.agent.journal.of(Kind.SEND)))
        answer = await tools.a2a_cancel_task(task_id)
        assert (answer["reader_stopped"], answer["agent_confirmed"]) == (True, False)
        assert "did not confirm the cancel within 0.3 s; it may still be working" in answer["message"]
        assert (await tools.a2a_check_task(task_id))["error"].endswith("it may still be working")


@pytest.mark.req("A4")
async def test_a_cancel_before_the_message_left_keeps_it_here(tmp_path: Path) -> None:
    card = asyncio.Event()

    async def slow_card(exchange: Exchange) -> None:
        await card.wait()

    async with scripted_server(slow_card) as agent, tools_in(tmp_path) as tools:
        task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
        await eventually(lambda: bool(agent.exchanges))
        answer = await tools.a2a_cancel_task(task_id)
        assert (answer["state"], answer["reader_stopped"], answer["agent_confirmed"]) == ("canceled", True, False)
        assert "the message had not been sent, and is not sent any more" in answer["message"]
        card.set()
        assert agent.methods() == []


@pytest.mark.req("A4")
async def test_one_that_completed_before_the_cancel_came_is_completed(tmp_path: Path) -> None:
    async with serve_agent("agent", BehaviorName.COMPLETE_AFTER_CANCEL) as agent, tools_in(tmp_path) as tools:
        first = (await tools.a2a_send_async(agent.url, "steps=1 delay=0"))["task_id"]
        await until_ended(tools, first)
        answer = await tools.a2a_cancel_task(first)
        assert answer["message"] == "The task had ended before: completed. Nothing was changed."
        assert answer["text"] == "chunk 1\n"


@pytest.mark.req("A4")
async def test_an_agent_that_is_gone_leaves_the_reader_stopped_and_nothing_confirmed(tmp_path: Path) -> None:
    async with tools_in(tmp_path, cancel_seconds=0.3) as tools:
        async with sdk_agent("--behavior", "silent") as agent:
            task_id = (await tools.a2a_send_async(agent.url, "go"))["task_id"]
            await agent.until("sent")
            await until(tools, task_id, lambda answer: bool(answer["text"]))
        answer = await tools.a2a_cancel_task(task_id)
        assert (answer["state"], answer["reader_stopped"], answer["agent_confirmed"]) == ("canceled", True, False)


@pytest.mark.req("A5")
async def test_at_the_cap_the_next_one_is_refused_and_before_it_is_not(tmp_path: Path) -> None:
    async with serve_agent() as agent, tools_in(tmp_path) as tools:
        work = "steps=1 delay=1000"
        begun = await asyncio.gather(*[tools.a2a_send_async(agent.url, work) for _ in range(255)])
        assert all(one["success"] for one in begun)
        last = await tools.a2a_send_async(agent.url, work)
        assert last["success"] is True
        for refused in (await tools.a2a_send_async(agent.url, work), await tools.a2a_send(agent.url, work)):
            assert refused["success"] is False
            assert "256 tasks are running, which is the most at once; nothing was sent" in refused["error"]
            assert "a2a_cancel_task, or raise A2A_TASK_LIMIT" in refused["error"]
        assert (await tools.a2a_cancel_task(last["task_id"]))["agent_confirmed"] is True
        assert (await tools.a2a_send(agent.url, "steps=1 delay=0"))["success"] is True
        await eventually(lambda: len(agent.agent.journal.of(Kind.SEND)) == 257)


@pytest.mark.req("A5")
async def test_the_cap_can_be_set_and_raced_callers_do_not_pass_it(tmp_path: Path) -> None:
    async with serve_agent() as agent, tools_in(tmp_path, task_limit=3) as tools:
        begun = await asyncio.gather(*[tools.a2a_send_async(agent.url, "steps=1 delay=1000") for _ in range(10)])
        assert [one["success"] for one in begun].count(True) == 3
