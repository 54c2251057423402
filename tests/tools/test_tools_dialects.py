"""Agents of v0.1 and of OpenFang's form, by the tools' own verbs: straight, and through a platform's gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from headway.agents.fleet import AgentServer, serve_agent
from headway.agents.journal import Kind
from headway.agents.task import Dialect
from headway.tools import Tools
from support.delegating import begun, delegating
from support.delegating import until as until_told
from support.delegating import until_ended as until_over
from support.platforms import eventually, platform
from support.tools import tools_in, until_ended

NAMES_LATE = "openfang"
"""Its answer to a send comes with the result, under an id of its own: before that nobody can name the task to it."""


@dataclass(frozen=True, slots=True)
class There:
    """An agent, the tools that talk to it, and where it is for them."""

    agent: AgentServer
    tools: Tools
    url: str


@asynccontextmanager
async def reached(folder: Path, dialect: str, way: str) -> AsyncIterator[There]:
    seconds = 0.1 if dialect == NAMES_LATE else 10.0
    async with serve_agent("a", speaks=frozenset({Dialect(dialect)})) as agent:
        if way == "straight":
            async with tools_in(folder, cancel_seconds=seconds) as tools:
                yield There(agent, tools, agent.url)
            return
        async with (
            platform(folder / "platform") as served,
            delegating(folder, served.url, served.source, served.token, cancel_seconds=seconds) as tools,
        ):
            target = await served.workspace("a", agent.url, slots=4)
            yield There(agent, tools, f"{served.url}/workspaces/{target}/a2a")


@pytest.mark.req("A18")
@pytest.mark.parametrize("way", ["straight", "gateway"])
@pytest.mark.parametrize("dialect", ["0.1", "openfang"])
async def test_every_verb_drives_it(tmp_path: Path, dialect: str, way: str) -> None:
    async with reached(tmp_path, dialect, way) as there:
        tools = there.tools
        said = await tools.a2a_send(there.url, "steps=2 delay=0")
        assert (said["success"], said["text"]) == (True, "chunk 1\nchunk 2\n")

        begun = await tools.a2a_send_async(there.url, "steps=2 delay=0")
        ended = await until_ended(tools, begun["task_id"])
        assert (ended["state"], ended["text"]) == ("completed", "chunk 1\nchunk 2\n")

        task_id = (await tools.a2a_send_async(there.url, "steps=2 delay=1000"))["task_id"]
        await eventually(lambda: len(there.agent.agent.journal.of(Kind.STARTED)) == 3)
        assert (await tools.a2a_check_task(task_id))["state"] == "running"
        canceled = await tools.a2a_cancel_task(task_id)
        assert (canceled["state"], canceled["reader_stopped"]) == ("canceled", True)
        if dialect == NAMES_LATE:
            assert canceled["agent_confirmed"] is False
            assert "it has not named its task; it may still be working" in canceled["message"]
        else:
            assert canceled["agent_confirmed"] is True, canceled
            await eventually(lambda: len(there.agent.agent.journal.of(Kind.STOPPED)) == 3)

        failed = await tools.a2a_send(there.url, "steps=1 delay=0 fail=on_purpose")
        assert (failed["success"], failed["state"]) == (False, "failed")
        assert "on purpose" in failed["error"]


@pytest.mark.req("A18")
@pytest.mark.parametrize("dialect", ["0.1", "openfang"])
async def test_a_delegation_to_it_completes_and_is_canceled(tmp_path: Path, dialect: str) -> None:
    async with (
        serve_agent("a", speaks=frozenset({Dialect(dialect)})) as agent,
        platform(tmp_path / "platform") as served,
        delegating(tmp_path, served.url, served.source, served.token) as tools,
    ):
        target = await served.workspace("a", agent.url, slots=4)
        over = await until_over(tools, await begun(tools, target, "steps=2 delay=0"))
        assert (over["status"], over["result"]) == ("completed", "chunk 1\nchunk 2\n")
        task_id = await begun(tools, target, "steps=2 delay=1000")
        await eventually(lambda: len(agent.agent.journal.of(Kind.STARTED)) == 2)
        named = "dispatched" if dialect == NAMES_LATE else "in_progress"
        await until_told(tools, task_id, lambda told: told["status"] == named)
        canceled = await tools.cancel_delegation(task_id)
        assert (canceled["status"], canceled["confirmed"]) == ("canceled", dialect != NAMES_LATE), canceled
        if dialect == NAMES_LATE:
            assert "it has not named its task; it may still be working" in canceled["message"]
