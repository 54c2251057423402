"""B4, B8: what is kept of delegations, what is listed, and what has to go."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.core.delegation import Status
from headway.tools.delegation import History, Kept, as_fields, from_fields
from headway.tools.descriptions import VERBS
from hypothesis import given
from hypothesis import strategies as st
from support.delegating import begun, odd_platform, until, until_ended
from support.platforms import NOBODY


@pytest.mark.req("B4", "B8")
async def test_a_hundred_are_kept_and_the_running_never_go(tmp_path: Path) -> None:
    """With a bound of three: what runs stays, and of what has ended the oldest goes first; so after a restart."""
    async with serve_agent("coder") as agent:
        async with odd_platform(tmp_path, agent.url, kept_delegations=3) as (odd, tools):
            first = await begun(tools, NOBODY, "steps=1 delay=60")
            done = []
            for number in range(3):
                done.append(await begun(tools, NOBODY, f"steps=1 delay=0 n{number}"))
                await until_ended(tools, done[-1])
            second = await begun(tools, NOBODY, "steps=1 delay=60")
            listed = await tools.check_delegation_status()
            assert [one["task_id"] for one in listed["delegations"]] == [second, done[2], first]
            assert listed["count"] == 3
            assert listed["delegations"][1] == {
                "task_id": done[2],
                "workspace_id": NOBODY,
                "status": "completed",
                "task": "steps=1 delay=0 n2",
                "result_preview": "chunk 1\n",
            }
            for gone in done[:2]:
                assert "error" in await tools.check_delegation_status(gone)
            third, fourth = [await begun(tools, NOBODY, "steps=1 delay=60") for _ in range(2)]
            assert (await tools.check_delegation_status())["count"] == 4, "more run than are kept: none of them goes"
            for running in (first, second, third, fourth):
                await until(tools, running, lambda answer: answer["status"] == "in_progress")
        same = {"workspace": odd.workspace, "kept_delegations": 3}
        async with odd_platform(tmp_path, agent.url, **same) as (odd, tools):
            listed = await tools.check_delegation_status()
            assert [one["task_id"] for one in listed["delegations"]] == [fourth, third, second, first]


@pytest.mark.req("B8")
def test_a_hundred_is_the_bound() -> None:
    from headway.tools import ToolSettings

    assert ToolSettings().kept_delegations == 100
    assert ToolSettings.from_environment({"DELEGATIONS_KEPT": "7"}).kept_delegations == 7


def kept(number: int, status: Status) -> Kept:
    return Kept(str(number), NOBODY, "look", "", number, number, status)


@pytest.mark.req("B8")
@given(st.lists(st.sampled_from(list(Status)), max_size=40), st.integers(1, 10), st.randoms())
def test_only_what_has_ended_goes_oldest_first(statuses: list[Status], limit: int, rng: object) -> None:
    history, made, gone = History(limit), {}, []
    for number, status in enumerate(statuses):
        made[str(number)] = kept(number, status)
        dropped = history.put(made[str(number)])
        gone += dropped
        alive = [one for one in made.values() if one.task_id not in gone]
        assert list(history) == alive, "the rest stay, in their order"
        assert all(made[one].ended for one in dropped)
        # Nothing older that has ended is still there, and no more went than had to.
        assert not [one for one in alive for lost in dropped if one.ended and int(one.task_id) < int(lost)]
        assert len(alive) >= min(limit, len(made))
        assert len(alive) <= limit or not any(one.ended for one in alive)


@pytest.mark.req("B4")
@given(
    st.builds(
        Kept,
        *(st.text(max_size=20) for _ in range(4)),
        *(st.integers(0, 2**53) for _ in range(2)),
        status=st.sampled_from(list(Status)),
        percent=st.none() | st.floats(0, 100),
        warnings=st.lists(st.text(max_size=9), max_size=3).map(tuple),
        error=st.none() | st.text(),
    )
)
def test_what_is_kept_is_read_again_as_it_was(one: Kept) -> None:
    import json

    assert from_fields({**json.loads(json.dumps(as_fields(one))), "of a later version": 1}) == one


@pytest.mark.req("B4")
def test_the_description_says_what_to_do_in_each_status() -> None:
    text = VERBS["check_delegation_status"].text
    for status in Status:
        assert status.value in text
    for words in ("WILL answer", "do not retry", "do not do the work", "wait and check again", "do not restart it"):
        assert words in text
    from headway.tools import check_delegation_status

    assert text in (check_delegation_status.__doc__ or "")
