"""docs/agents.md: its programs run, its commands work, its tables name what there is."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.core.delegation import Status
from headway.tools import Tools
from headway.tools.descriptions import VERBS
from headway.tools.settings import VARIABLES
from support.platforms import Api, platform
from support.processes import Cli

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, COMMANDS = (DOCS / "agents.md").read_text(), (DOCS / "commands.md").read_text()
PROGRAMS = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "only read" not in block]
LINES = re.findall(r"^\$ (headway .*?)(?: +#.*)?$", PAGE, re.MULTILINE)
SERVERS = ("headway agent ", "headway mcp")


async def lead(served: Api) -> dict[str, str]:
    """The environment of an agent of its own workspace, with a token of its own."""
    made = await served.http.post("/admin/tokens", json={"scope": f"workspace:{served.source}"})
    return {"PLATFORM_URL": served.url, "WORKSPACE_ID": served.source, "WORKSPACE_TOKEN": made.json()["token"]}


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
async def test_a_program_of_the_page_runs(tmp_path: Path, number: int) -> None:
    async with platform(tmp_path / "platform") as served, serve_agent("coder") as agent:
        environment = {
            **os.environ,
            **await lead(served),
            "HEADWAY_TOOLS_DATA": str(tmp_path),
            "A2A_ALLOW": "127.0.0.1",
            "AGENT_URL": agent.url,
            "CODER": await served.workspace("coder", agent.url),
        }
        program = (
            PROGRAMS[number].replace("What is new?", "steps=1 delay=0").replace("fix the", "steps=2 delay=0 fix the")
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, env=environment
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0
        assert b"chunk 1" in out


async def test_its_commands_work(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    async with platform(tmp_path) as served, serve_agent("coder") as agent:
        given = {"http://127.0.0.1:9001": agent.url, "fix the flaky test": "steps=1 delay=0 fix"}
        for line in LINES:
            if line.startswith(SERVERS):
                section = COMMANDS.partition(f"## `{' '.join(shlex.split(line)[:2])}`")[2].partition("\n## ")[0]
                assert all(f"`{option}`" in section for option in re.findall(r"--[a-z-]+", line)), line
                continue
            if "9002" in line:
                continue
            for shown, real in {**given, "$WORKSPACE_ID": served.source}.items():
                line = line.replace(shown, real)
            ran = await asyncio.to_thread(cli, *shlex.split(line)[1:])
            # What has ended is not canceled any more.
            assert ran.code == (5 if " cancel " in line else 0), (line, ran)
            if "dispatch" in line and "--json" in line:
                given["ID"] = json.loads(ran.out)["delegation_id"]
                await served.log.until(lambda: Status.COMPLETED in served.log.statuses[given["ID"]])
        [body] = re.findall(r"-d '(.*)'", PAGE)
        assert (await served.http.post("/workspaces", content=body)).status_code == 201


def test_its_tables_name_the_verbs_and_the_variables() -> None:
    shown = dict(re.findall(r"^\| `(\w+)\((.*?)\)`", PAGE, re.MULTILINE))
    assert shown.keys() == VERBS.keys()
    for verb, arguments in shown.items():
        known = inspect.signature(getattr(Tools, verb)).parameters
        assert {argument.partition("=")[0] for argument in arguments.split(", ")} <= known.keys(), verb
    variables = set(re.findall(r"`([A-Z0-9_]+)`", "".join(re.findall(r"^\| `[A-Z].*", PAGE, re.MULTILINE))))
    assert variables <= {variable for variable, _ in VARIABLES.values()}
