"""Agents written with the a2a-sdk, never seen before, driven from the command line in both dialects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.processes import Cli, platform
from support.sdk_agents import sdk_agent


@pytest.mark.req("A16", "C5")
@pytest.mark.parametrize(("flag", "dialect"), [("v1", "1.0"), ("v03", "0.3")])
async def test_an_sdk_agent_is_added_dispatched_to_streamed_polled_and_canceled(
    tmp_path: Path, flag: str, dialect: str
) -> None:
    cli, gate = Cli(tmp_path), tmp_path / "gate"
    # Nothing ends before the gate is there.
    async with sdk_agent("--dialect", flag, "--steps", "40", "--delay", "0.02", "--gate", str(gate)) as agent:
        with platform(tmp_path):
            added = await _run(cli, "agents", "add", "theirs", agent.url, "--slots", "2", "--json")
            assert '"online"' in added

            finished = asyncio.create_task(asyncio.to_thread(cli, "dispatch", "theirs", "to the end", "--wait"))
            dispatched = (await _run(cli, "dispatch", "theirs", "stop me")).strip()
            polled = await asyncio.to_thread(
                cli.until, lambda record: record["progress_percent"], "poll", dispatched, "--json"
            )
            assert (polled["status"], polled["dialect"]) == ("in_progress", dialect)
            await _run(cli, "cancel", dispatched, "--reason", "enough")
            await agent.until("cancel")
            ended = await asyncio.to_thread(
                cli.until, lambda record: record["finished_at"], "show", dispatched, "--json"
            )
            assert ended["status"] == "canceled"
            assert "confirmed" in ended["status_message"]

            gate.touch()
            done = await finished
            assert done.code == 0
            assert "step 40/40" in done.err
            assert done.out.startswith("chunk ")
            assert len(agent.calls("sent")) == 2


async def _run(cli: Cli, *arguments: str) -> str:
    ran = await asyncio.to_thread(cli, *arguments)
    assert ran.code == 0, ran
    return ran.out
