"""B2, B3: who may delegate, and the audit events that tell of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.tools import ToolSettings
from headway.tools.errors import SettingsError
from support.delegating import answering, audited, begun, odd_platform, until, until_ended
from support.platforms import NOBODY, eventually
from support.scripted_http import scripted_server

COMMON = {"timestamp", "workspace_id", "event_type", "action", "resource", "outcome", "trace_id", "task_preview"}


@pytest.mark.req("B2")
@pytest.mark.parametrize(
    ("roles", "custom", "allowed"),
    [
        (("operator",), {}, True),
        (("admin",), {}, True),
        (("no-approval",), {}, True),
        (("read-only",), {}, False),
        (("memory-readonly",), {}, False),
        (("no-delegation",), {}, False),
        (("nobody-knows-it",), {}, False),
        ((), {}, False),
        (("read-only", "operator"), {}, True),
        (("auditor",), {"auditor": ("delegate",)}, True),
        (("auditor",), {"auditor": ("approve",)}, False),
        (("operator",), {"operator": ("memory.read",)}, False),
        (("admin",), {"admin": ()}, True),
    ],
)
async def test_roles_and_permissions_of_ones_own_decide(
    tmp_path: Path, roles: tuple[str, ...], custom: Mapping[str, tuple[str, ...]], allowed: bool
) -> None:
    settings = {"workspace_roles": roles, "workspace_permissions": custom}
    with audited() as events:
        async with odd_platform(tmp_path, **settings) as (odd, tools):
            answer = await tools.delegate_to_workspace(NOBODY, "look\x1b[31m around")
            assert answer["success"] is allowed
            if allowed:
                await eventually(lambda: bool(odd.asked))
                return
            assert answer == {
                "success": False,
                "error": f"RBAC: no 'delegate' permission. Roles: {', '.join(roles) or 'none'}",
            }
            assert odd.asked == []
            assert await tools.check_delegation_status() == {"delegations": [], "count": 0}
    [event] = events
    assert event.keys() == COMMON | {"attempted_action", "roles", "reason"}
    assert (event["event_type"], event["action"], event["outcome"]) == ("rbac", "rbac.deny", "denied")
    assert (event["attempted_action"], event["roles"], event["resource"]) == ("delegate", list(roles), NOBODY)
    assert (event["reason"], event["task_preview"]) == (answer["error"], "look\ufffd[31m around")
    assert len(event["trace_id"]) == 32


@pytest.mark.req("B2")
def test_roles_come_from_the_environment() -> None:
    given = {"WORKSPACE_ROLES": "read-only, auditor", "WORKSPACE_PERMISSIONS": '{"auditor": ["delegate"]}'}
    read = ToolSettings.from_environment(given)
    assert (read.workspace_roles, dict(read.workspace_permissions)) == (
        ("read-only", "auditor"),
        {"auditor": ("delegate",)},
    )
    assert ToolSettings.from_environment({}).workspace_roles == ("operator",)
    for wrong in ("nonsense", "[]", '{"a": "delegate"}', '{"a": [1]}', '{"a\\n": []}', '{"a": ["x y"]}', "[" * 9_000):
        with pytest.raises(SettingsError, match=r"WORKSPACE_PERMISSIONS .*nothing was started"):
            ToolSettings.from_environment({"WORKSPACE_PERMISSIONS": wrong})


@pytest.mark.req("B3")
async def test_dispatch_and_success_are_a_line_each(tmp_path: Path) -> None:
    with audited() as events:
        async with serve_agent("coder") as agent, odd_platform(tmp_path, agent.url) as (odd, tools):
            task_id = await begun(tools, NOBODY, "steps=1 delay=0 " + "x" * 500)
            await until_ended(tools, task_id)
    dispatched, success = events
    assert dispatched.keys() == success.keys() == COMMON | {"attempt", "task_id"}
    for event, outcome, attempt in ((dispatched, "dispatched", 0), (success, "success", 1)):
        assert (event["event_type"], event["action"], event["outcome"]) == ("delegation", "delegate", outcome)
        assert (event["resource"], event["workspace_id"], event["task_id"]) == (NOBODY, odd.workspace, task_id)
        assert (event["attempt"], len(event["task_preview"])) == (attempt, 200)
    assert dispatched["trace_id"] == success["trace_id"]


@pytest.mark.req("B3")
async def test_a_failure_has_its_reason(tmp_path: Path) -> None:
    with audited() as events:
        async with odd_platform(tmp_path) as (odd, tools):
            odd.answers["discover"] = answering({}, 404)
            await until_ended(tools, await begun(tools, NOBODY, "look"))
    assert [event["outcome"] for event in events] == ["dispatched", "failure"]
    assert events[1]["reason"] == "Discovery failed: HTTP 404"


@pytest.mark.req("B3")
async def test_queued_then_canceled(tmp_path: Path) -> None:
    held = answering({"queued": True, "queue_id": "q"}, 202)
    with audited() as events:
        async with scripted_server(held) as gateway, odd_platform(tmp_path, gateway.url) as (odd, tools):
            task_id = await begun(tools, NOBODY, "look")
            await until(tools, task_id, lambda answer: answer["status"] == "queued")
            odd.answers["cancel"] = answering({"delegation_id": task_id, "status": "canceled"}, 202)
            assert (await tools.cancel_delegation(task_id, "no\nmore"))["status"] == "canceled"
    assert [event["outcome"] for event in events] == ["dispatched", "queued", "canceled"]
    assert events[2]["reason"] == "canceled: no more"


@pytest.mark.req("B3")
def test_the_lines_go_where_logging_goes(tmp_path: Path) -> None:
    """As whoever runs an agent has it: a file of their own, a JSON object on each line, hostile text or not."""
    log = tmp_path / "audit.jsonl"
    program = f"""
import asyncio, logging
from pathlib import Path
from headway.tools import ToolSettings, open_tools
handler = logging.FileHandler({str(log)!r})
logger = logging.getLogger("headway.audit"); logger.addHandler(handler); logger.setLevel("INFO")
async def main():
    settings = dict(workspace_id="ws", workspace_roles=("read-only",), data_folder=Path({str(tmp_path)!r}))
    async with open_tools(ToolSettings(**settings)) as tools:
        await tools.delegate_to_workspace("t\\u2028x", "one\\ntwo\\u202e \\x1b]0;title\\x07")
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    [line] = log.read_bytes().splitlines()
    assert line.isascii()
    assert all(byte >= 0x20 for byte in line)
