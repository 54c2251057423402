"""B1, A17: the tools are killed at any moment; what they had delegated ends truthfully and is never sent twice."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from headway.agents.journal import Kind, read_journal
from headway.tools import Tools
from support import processes
from support.delegating import begun, lead, until, until_ended
from support.platforms import WITHIN, Api, eventually, platform

PROGRAM = """
import asyncio, sys
from pathlib import Path
from headway.net.addresses import LOOPBACK
from headway.tools import ToolSettings, open_tools

async def main(url, workspace, token, folder, target, count):
    settings = ToolSettings(
        platform_url=url, workspace_id=workspace, workspace_token=token, data_folder=Path(folder), allow=LOOPBACK
    )
    async with open_tools(settings) as tools:
        for number in range(int(count)):
            answer = await tools.delegate_to_workspace(target, f"steps=3 delay=0.3 n{number}")
            print(answer["task_id"], flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""
COUNT = 6


def sends(log: Path) -> list[str]:
    """The messages that the agent has been sent."""
    entries = read_journal(log) if log.exists() else []
    return [entry.message_id for entry in entries if entry.event is Kind.SEND]


async def killed(moment: Callable[[], bool], pause: float, served: Api, folder: Path, target: str) -> list[str]:
    """Delegate from a process of its own and kill it a pause after the moment; the ids that it had been given."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, served.url, served.source, served.token, str(folder / "tools")),
        *(target, str(COUNT)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), WITHIN)
    await eventually(moment)
    await asyncio.sleep(pause)
    process.send_signal(signal.SIGKILL)
    rest = await process.stdout.read()
    await process.wait()
    return [line.decode() for line in (first + rest).split()]


@pytest.mark.req("B1", "A17")
@pytest.mark.parametrize("sent", [0, 1, COUNT])
async def test_what_was_delegated_is_taken_up_and_never_sent_twice(tmp_path: Path, sent: int) -> None:
    """Killed when none, one or all of them have reached the agent, and a random moment later."""
    log = tmp_path / "agent.log"
    with processes.agent(log) as agent:
        async with platform(tmp_path) as served:
            target = await served.workspace("coder", agent.url, slots=COUNT)
            pause = random.Random(tmp_path.name).uniform(0, 0.05)
            given = await killed(lambda: len(sends(log)) >= sent, pause, served, tmp_path, target)
            async with lead(served, tmp_path) as tools:
                listed = await tools.check_delegation_status()
                assert set(given) <= {one["task_id"] for one in listed["delegations"]}
                for one in listed["delegations"]:
                    ended = await until_ended(tools, one["task_id"])
                    if ended["status"] == "failed":
                        assert "interrupted by a restart; outcome unknown" in ended["error"]
                    else:
                        assert ended["result"] == "chunk 1\nchunk 2\nchunk 3\n"
                    await served.until_status(one["task_id"], ended["status"])
    assert len(sends(log)) == len(set(sends(log))), "nothing is sent twice"
    assert len(sends(log)) >= sent


@pytest.mark.req("B1", "B6", "A17")
async def test_what_waits_in_the_queue_and_what_has_ended_is_there_after_a_restart(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    with processes.agent(log, "--slots", "1") as agent:
        async with platform(tmp_path) as served:
            target = await served.workspace("coder", agent.url)
            holding = await served.delegate(target, "steps=1 delay=60")
            await served.until_status(holding, "in_progress")
            async with lead(served, tmp_path) as tools:
                waits = await begun(tools, target, "steps=1 delay=0")
                await _until_status(tools, waits, "queued")
            async with lead(served, tmp_path) as tools:
                assert (await tools.check_delegation_status(waits))["status"] == "queued"
                await served.cancel(holding)
                assert (await until_ended(tools, waits))["result"] == "chunk 1\n"
            async with lead(served, tmp_path) as tools:
                assert (await tools.check_delegation_status(waits))["result"] == "chunk 1\n"
    assert sends(log) == [holding, f"msg-{waits}"]


@pytest.mark.req("B1", "A17")
async def test_closing_in_an_orderly_way_loses_nothing_either(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    with processes.agent(log) as agent:
        async with platform(tmp_path) as served:
            target = await served.workspace("coder", agent.url)
            async with lead(served, tmp_path) as tools:
                task_id = await begun(tools, target, "steps=3 delay=0.1")
                await _until_status(tools, task_id, "in_progress")
            async with lead(served, tmp_path) as tools:
                done = await until_ended(tools, task_id)
                assert (done["status"], done["result"]) == ("completed", "chunk 1\nchunk 2\nchunk 3\n")
                await served.until_status(task_id, "completed")
    assert len(sends(log)) == 1


async def _until_status(tools: Tools, task_id: str, status: str) -> None:

    await until(tools, task_id, lambda answer: answer["status"] == status)


@pytest.mark.req("C9")
async def test_what_was_canceled_on_the_board_meanwhile_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    with processes.agent(log) as agent:
        async with platform(tmp_path) as served:
            target = await served.workspace("coder", agent.url)
            async with lead(served, tmp_path) as tools:
                task_id = await begun(tools, target, "steps=2 delay=60")
                await _until_status(tools, task_id, "in_progress")
            assert (await served.cancel(task_id, reason="not any more")).status_code == 202
            async with lead(served, tmp_path) as tools:
                ended = await until_ended(tools, task_id)
                assert ended["status"] == "canceled"
                assert "not any more" in ended["message"]
                assert "the agent confirmed the cancel" in ended["message"]
                assert "warnings" not in ended
            await eventually(lambda: any(entry.event is Kind.STOPPED for entry in read_journal(log)))
