"""Options, scripts, the task table and the log: the rules behind the work."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from headway.agents.behaviors import BEHAVIORS, BehaviorName
from headway.agents.cast import CAST, persona_for
from headway.agents.fleet import DEMO_FLEET
from headway.agents.journal import Entry, Journal, Kind, read_journal
from headway.agents.options import OptionError, Options, parse_options
from headway.agents.plan import make_plan
from headway.agents.table import TaskTable
from headway.core.text import clean, clean_line
from hypothesis import given
from hypothesis import strategies as st
from support.agents import ManualClock, message_params, output_of

STREAM = BEHAVIORS[BehaviorName.STREAM]


def test_options_are_read_anywhere_in_the_text() -> None:
    text = "Please steps=3 do delay=0.05 this size=10\nat=2 fail=disk_full ask=which_one echo=hi behavior=reset"
    assert parse_options(text) == Options(3, 0.05, 10, 2, "disk full", "which one", "hi", BehaviorName.RESET)


@given(st.text(alphabet=st.characters(exclude_characters="=")))
def test_a_text_without_equals_signs_has_no_options(text: str) -> None:
    assert parse_options(text) == Options()


@pytest.mark.parametrize("text", ["xsteps=3", "a.steps=3", "colour=red", "steps =3", "Why does the test fail, ask me"])
def test_what_only_looks_like_an_option_is_none(text: str) -> None:
    assert parse_options(text) == Options()


@pytest.mark.parametrize(
    "text",
    [
        *("steps=0", "steps=-1", "steps=x", "steps=1.5", "steps=999999999", "steps=٣", "delay=-1", "delay=nan"),
        *("delay=inf", "delay=soon", "size=0", "at=-1", "behavior=nice"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(text: str) -> None:
    with pytest.raises(OptionError, match=f"^{text.partition('=')[0]}="):
        parse_options(text)


@given(steps=st.integers(1, 60), size=st.integers(1, 40), at=st.integers(0, 80), seed=st.integers())
def test_a_plan_of_steps_keeps_its_promises(steps: int, size: int, at: int, seed: int) -> None:
    options = parse_options(f"steps={steps} size={size} at={at} delay=0")
    plan = make_plan("go", options, STREAM, persona_for("coder"), Random(seed))
    assert len(plan.steps) == steps
    assert all(len(step.text) == size for step in plan.steps)
    assert plan.turn == min(at, steps)
    percentages = [step.percent for step in plan.steps]
    assert percentages == sorted(percentages)
    assert percentages[-1] == 100


def test_the_same_seed_gives_the_same_work_and_another_one_differs() -> None:
    def plans(seed: int) -> list[object]:
        random = Random(seed)
        return [make_plan("any task", Options(), STREAM, CAST["coder"], random) for _ in range(5)]

    assert plans(1) == plans(1)
    assert plans(1) != plans(2)


@pytest.mark.parametrize("name", [*CAST, "anyone"])
def test_every_script_is_found_by_its_prompt_and_reads_well(name: str) -> None:
    persona = persona_for(name)
    assert len(set(persona.prompts)) == len(persona.prompts) >= 2
    assert clean_line(persona.description) == persona.description
    for script in persona.scripts:
        plan = make_plan(f"{script.prompt}\nand more", Options(delay=0), STREAM, persona, Random(0))
        output = "".join(step.text for step in plan.steps)
        assert output == "".join(step.text for step in (*script.opening, *script.body))
        assert clean(output) == output
        assert max(len(line) for line in output.splitlines()) <= 120
        assert all(clean_line(step.note) == step.note for step in plan.steps)
        assert 0 < plan.turn < len(plan.steps)
        assert "?" in plan.question
        assert plan.reason.endswith(".")
        assert len(script.prompt) <= 80


def test_a_numbered_agent_has_the_persona_of_its_kind() -> None:
    assert persona_for("coder-2") is CAST["coder"]
    assert {spec.name for spec in DEMO_FLEET} - {"stranger"} == set(CAST)


async def test_finished_tasks_are_evicted_oldest_first_and_running_ones_never(serve) -> None:
    server, wire = await serve()
    server.agent.tasks = TaskTable(keep=3)
    running = await wire.start("0.3", "steps=1000 delay=0.05")
    finished = []
    for number in range(5):
        task = await wire.result("message/send", message_params("0.3", f"steps=1 delay=0 echo={number}"))
        finished.append(task["id"])
    assert [job.task_id for job in server.agent.tasks] == [running, *finished[2:]]
    assert await wire.error("tasks/get", {"id": finished[0]}) == -32001
    assert output_of(await wire.task("0.3", finished[-1])) == "chunk 1\n4\n"


def test_the_log_is_appended_to_and_read_back(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    clock = ManualClock(5_000)
    for task_id in ("t1", "t\u2028\ud800"):
        journal = Journal(clock, log)
        journal.write("agent", Kind.SEND, task_id, message_id="m1", detail="x")
        assert journal.of(Kind.SEND) == [Entry(5_000, "agent", Kind.SEND, task_id, "m1", "x")]
        journal.close()
        journal.close()
    assert [entry.task_id for entry in read_journal(log)] == ["t1", "t\u2028\ud800"]
    assert log.stat().st_mode & 0o077 == 0
