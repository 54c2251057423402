"""`from headway.tools import …`: the verbs as plain coroutines, on tools that end with their loop."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import typing
from pathlib import Path

import headway.tools
import pytest
from headway.tools import ToolError
from headway.tools.journal import Journal, journal_path
from support import processes

PROGRAM = """
import asyncio, sys
from headway.tools import a2a_cancel_task, a2a_check_task, a2a_send, a2a_send_async, close_default_tools

async def main(url):
    print((await a2a_send(url, "steps=1 delay=0"))["text"].strip())
    begun = await a2a_send_async(url, "steps=2 delay=0 behavior=hanging", task_id="left")
    while not (await a2a_check_task("left"))["text"]:
        await asyncio.sleep(0.01)
    print(begun["state"], (await a2a_check_task("left"))["state"])

async def again(url):
    print((await a2a_check_task("left"))["state"])
    print((await a2a_cancel_task("left"))["state"])
    await close_default_tools()
    await close_default_tools()
    print((await a2a_check_task("left"))["state"])

asyncio.run(main(sys.argv[1]))
asyncio.run(again(sys.argv[1]))
"""


def test_a_script_needs_no_session_and_a_second_loop_takes_up_what_the_first_left(tmp_path: Path) -> None:
    environment = {**os.environ, "A2A_ALLOW": "127.0.0.1", "HEADWAY_TOOLS_DATA": str(tmp_path), "WORKSPACE_ID": "ws"}
    with processes.agent(tmp_path / "agent.jsonl") as agent:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, agent.url],
            env=environment, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.split() == ["chunk", "1", "running", "running", "running", "canceled", "canceled"]
    assert ran.returncode == 0


async def test_tools_that_cannot_be_opened_say_why_to_each_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_TOOLS_DATA", str(tmp_path))
    monkeypatch.delenv("WORKSPACE_ID", raising=False)
    held = await Journal.open(journal_path(None, tmp_path))
    for _ in range(2):
        with pytest.raises(ToolError, match="open already in this process"):
            await headway.tools.a2a_check_task("a")
    await held.aclose()
    assert "No task found" in (await headway.tools.a2a_check_task("a"))["error"]
    await headway.tools.close_default_tools()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith(("a2a", "headway"))]


@pytest.mark.parametrize("name", sorted(headway.tools._PLACES))
def test_every_public_name_is_there_and_says_what_it_does(name: str) -> None:
    assert name in dir(headway.tools)
    assert getattr(headway.tools, name).__doc__
    if name.startswith("a2a_"):
        assert typing.get_type_hints(getattr(headway.tools, name))


def test_what_is_no_public_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'a2a_sned'"):
        headway.tools.a2a_sned  # noqa: B018
