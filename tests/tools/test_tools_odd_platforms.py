"""B6, B7: platforms that fail, lie or hang; recording, updating and notifying never stop a delegation."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from headway import tools as tools_room
from headway.agents.fleet import serve_agent
from support.agents import ManualClock, going_on
from support.delegating import OddPlatform, answering, begun, odd_platform, says, until, until_ended
from support.platforms import NOBODY, eventually
from support.scripted_http import Exchange, scripted_server

QUEUED = {"queued": True, "queue_id": "q-1", "queue_depth": 1, "message": "it waits"}


@pytest.mark.req("B7")
async def test_a_platform_is_told_in_order_and_by_name(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent, odd_platform(tmp_path, agent.url) as (odd, tools):
        task_id = await begun(tools, NOBODY, "steps=1 delay=0 " + "x" * 600)
        await until_ended(tools, task_id)
        await eventually(lambda: len(odd.of("notify")) == 1)
        told = [name for name, body in odd.asked if body.get("status") != "in_progress"]
        assert told == ["record", "discover", "update", "notify"]
        assert odd.of("record") == [
            {"target_id": NOBODY, "task": "steps=1 delay=0 " + "x" * 600, "delegation_id": task_id}
        ]
        assert odd.of("update")[-1] == {"status": "completed", "response_preview": "chunk 1\n"}
        assert odd.of("notify") == [
            {
                "type": "delegation_complete",
                "task_id": task_id,
                "target_workspace_id": NOBODY,
                "status": "completed",
            }
        ]
        assert {headers["x-workspace-id"] for headers in odd.headers} == {odd.workspace}
        assert {headers["authorization"] for headers in odd.headers} == {"Bearer a-token"}


@pytest.mark.req("B7")
async def test_what_the_platform_does_not_take_is_shown_and_stops_nothing(tmp_path: Path) -> None:
    async with serve_agent("coder") as agent, odd_platform(tmp_path, agent.url) as (odd, tools):
        odd.answers = {
            "record": answering({"error": "failed to record delegation"}, 503),
            "update": says(b"<html>\x1b[31m"),
            "notify": answering({"error": "no"}, 500),
        }
        task_id = await begun(tools, NOBODY, "steps=1 delay=0")
        done = await until(tools, task_id, lambda answer: any("notify" in one for one in answer.get("warnings", ())))
        assert (done["status"], done["result"]) == ("completed", "chunk 1\n")
        # Whether there was time to tell of the work before its end is nobody's business here.
        assert [one for one in done["warnings"] if not one.startswith("progress")] == [
            "record: HTTP 503: failed to record delegation",
            "update: Invalid JSON response",
            "notify: HTTP 500: no",
        ]


@pytest.mark.req("B1", "B7")
async def test_a_platform_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    """The call returns while the record hangs; after ten seconds the task goes on without it."""

    async def hang(exchange: Exchange) -> None:
        await exchange.gone.wait()

    clock = ManualClock()
    async with serve_agent("coder") as agent, odd_platform(tmp_path, agent.url, clock=clock) as (odd, tools):
        odd.answers = {"record": hang, "update": hang, "notify": hang}
        task_id = await begun(tools, NOBODY, "steps=1 delay=0")
        assert (await tools.check_delegation_status(task_id))["status"] == "pending"
        await eventually(lambda: bool(odd.of("record")))
        clock.advance(9.5)
        assert not odd.of("discover")
        async with going_on(clock):
            done = await until_ended(tools, task_id)
            assert (done["status"], done["result"]) == ("completed", "chunk 1\n")
            assert "record: no answer within 10 s" in done["warnings"]
            await eventually(lambda: bool(odd.of("notify")))


@pytest.mark.req("B1", "B7")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answering({"error": "workspace not found"}, 404), "Discovery failed: HTTP 404"),
        (answering({}, 302), "Discovery failed: HTTP 302"),
        (answering({"id": "x", "name": "y", "url": None}), "No URL for workspace"),
        (answering({"id": "x", "name": "y"}), "No URL for workspace"),
        (says(b"nonsense"), "Discovery failed: Invalid JSON response"),
        (says(b"[]"), "Discovery failed: Invalid JSON response"),
        (answering({"url": "gopher://x"}), "Discovery failed: the URL of the workspace cannot be used"),
        (answering({"url": "http://[::1"}), "Discovery failed: the URL of the workspace cannot be used"),
        (answering({"url": "http://a@127.0.0.1/"}), "Discovery failed: the URL of the workspace cannot be used"),
    ],
)
async def test_a_target_that_is_not_found_is_said_in_the_words_of_the_spec(
    tmp_path: Path, answer: object, error: str
) -> None:
    async with odd_platform(tmp_path) as (odd, tools):
        odd.answers["discover"] = answer
        failed = await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert (failed["status"], failed["error"]) == ("failed", error)
        await eventually(lambda: bool(odd.of("notify")))
        assert odd.of("update") == [{"status": "failed", "error": error}]


async def test_the_token_goes_to_the_platform_and_not_to_agents(tmp_path: Path) -> None:
    async def agent(exchange: Exchange) -> None:
        await exchange.json({"error": "none"}, 404)

    async with scripted_server(agent) as direct, odd_platform(tmp_path, direct.url) as (_odd, tools):
        await until_ended(tools, await begun(tools, NOBODY, "look"))
        assert direct.exchanges
        assert not [one for one in direct.exchanges if "authorization" in one.headers]
        assert {one.headers["x-workspace-id"] for one in direct.exchanges} == {_odd.workspace}


@pytest.mark.req("B6")
@pytest.mark.parametrize(
    ("record", "status", "said"),
    [
        ({"status": "completed", "result": "x" * 700}, "completed", ("result", "x" * 700)),
        ({"status": "failed", "error": "disk full"}, "failed", ("error", "disk full")),
        ({"status": "canceled", "cancel_reason": "enough"}, "canceled", ("message", "canceled: enough")),
    ],
)
async def test_a_queued_one_is_refreshed_to_its_end(
    tmp_path: Path, record: dict[str, str], status: str, said: tuple[str, str]
) -> None:
    async with scripted_server(answering(QUEUED, 202)) as gateway, odd_platform(tmp_path, gateway.url) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        waiting = await until(tools, task_id, lambda answer: answer["status"] == "queued")
        assert waiting == {"task_id": task_id, "workspace_id": NOBODY, "status": "queued", "task": "look"}
        await eventually(lambda: len(odd.of("notify")) == 1)
        assert (odd.of("update"), odd.of("notify")[0]["status"]) == ([{"status": "queued"}], "queued")

        for unresolved in (
            answering({"delegation_id": task_id, "status": "queued"}),
            answering({"delegation_id": task_id, "status": "dispatched"}),
            answering({"status": "nonsense"}),
            answering({"error": "no such delegation"}, 404),
            answering({"status": "completed", "result": "a lie"}, 500),
            answering([{"status": "completed"}]),
            answering({"status": ["completed"]}),
            says(b"{nonsense"),
            says(b""),
            _cut_off,
        ):
            odd.answers["get"] = unresolved
            assert (await tools.check_delegation_status(task_id))["status"] == "queued"
            assert (await tools.check_delegation_status())["delegations"][0]["status"] == "queued"
        assert len(odd.of("notify")) == 1

        odd.answers["get"] = answering({"delegation_id": task_id, **record})
        ended = await tools.check_delegation_status(task_id)
        assert (ended["status"], ended[said[0]]) == (status, said[1])
        await eventually(lambda: len(odd.of("notify")) == 2)
        assert odd.of("notify")[1]["status"] == status
        asked = len(odd.asked)
        assert await tools.check_delegation_status(task_id) == ended
        assert len(odd.asked) == asked, "what has ended is not asked after"


async def _cut_off(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
    exchange.writer.transport.abort()


@pytest.mark.req("B6")
async def test_what_its_agent_asks_is_told_of_one_that_waited(tmp_path: Path) -> None:
    async with scripted_server(answering(QUEUED, 202)) as gateway, odd_platform(tmp_path, gateway.url) as (odd, tools):
        task_id = await begun(tools, NOBODY, "look")
        await until(tools, task_id, lambda answer: answer["status"] == "queued")
        odd.answers["get"] = answering({"status": "input_required", "status_message": "which one?"})
        asked = await tools.check_delegation_status(task_id)
        assert (asked["status"], asked["message"]) == ("input_required", "which one?")
        odd.answers["get"] = answering({"status": "in_progress", "progress_percent": 40})
        going = await tools.check_delegation_status(task_id)
        assert (going["status"], going["progress_percent"]) == ("in_progress", 40)


async def test_without_a_platform_nothing_is_delegated(tmp_path: Path) -> None:
    from headway.tools import ToolSettings, open_tools

    async with open_tools(ToolSettings(data_folder=tmp_path, workspace_id="ws")) as tools:
        answer = await tools.delegate_to_workspace(NOBODY, "look")
        assert answer["success"] is False
        assert "PLATFORM_URL" in answer["error"]
        assert await tools.check_delegation_status() == {"delegations": [], "count": 0}


@pytest.mark.parametrize(("target", "task"), [("", "look"), ("a\nb", "look"), (NOBODY, " "), (NOBODY, "x" * 1_048_577)])
async def test_arguments_that_cannot_be_used_send_nothing(tmp_path: Path, target: str, task: str) -> None:
    async with odd_platform(tmp_path) as (odd, tools):
        answer = await tools.delegate_to_workspace(target, task)
        assert answer["success"] is False
        assert "nothing was sent" in answer["error"]
        own = await tools.delegate_to_workspace(odd.workspace, "look")
        assert own["error"] == "self-delegation not permitted; nothing was sent"
        await asyncio.sleep(0)
        assert odd.asked == []


@pytest.mark.req("B1")
async def test_the_verbs_are_plain_coroutines_set_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve_agent("coder") as agent:
        odd = OddPlatform(agent.url)
        async with scripted_server(odd.handle) as server:
            for name, value in {
                "PLATFORM_URL": server.url,
                "WORKSPACE_ID": odd.workspace,
                "WORKSPACE_TOKEN": "a-token",
                "HEADWAY_TOOLS_DATA": str(tmp_path),
                "A2A_ALLOW": "127.0.0.1:*",
                "DELEGATION_RETRY_ATTEMPTS": "2",
                "DELEGATION_RETRY_DELAY": "0",
            }.items():
                monkeypatch.setenv(name, value)
            answer = await tools_room.delegate_to_workspace(NOBODY, "steps=1 delay=0")
            found = await until_ended(tools_room, answer["task_id"])
            assert found["result"] == "chunk 1\n"
            assert (await tools_room.cancel_delegation(answer["task_id"]))["success"] is False
            odd.agent_url = "http://127.0.0.1:1/"
            answer = await tools_room.delegate_to_workspace(NOBODY, "look")
            found = await until_ended(tools_room, answer["task_id"])
            assert "could not reach the agent" in found["error"]
            await tools_room.close_default_tools()


@pytest.mark.req("B1")
async def test_what_cannot_be_kept_is_not_sent(tmp_path: Path) -> None:
    """A journal that cannot be written refuses the call; nothing of it is left to be sent later."""
    async with odd_platform(tmp_path) as (odd, tools):
        journal = tools.session.journal
        await journal.run(lambda db: db.execute("ALTER TABLE delegation RENAME TO away"))
        answer = await tools.delegate_to_workspace(NOBODY, "look")
        assert answer["success"] is False
        assert "nothing was sent" in answer["error"]
        await journal.run(lambda db: db.execute("ALTER TABLE away RENAME TO delegation"))
        assert await tools.check_delegation_status() == {"delegations": [], "count": 0}
        assert odd.asked == []
