"""The MCP server to the SDK's own client, over both transports, as processes: the verbs, progress, cancel, refusals."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from headway.agents.behaviors import BehaviorName
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from headway.core.text import clean
from headway.tools.descriptions import VERBS
from mcp import MCPError
from support.mcp_servers import TRANSPORTS, answer, mcp_client, until_ended
from support.platforms import eventually
from support.sdk_agents import sdk_agent

LINES = (Path(__file__).parents[1] / "data" / "hostile.jsonl").read_text().splitlines()
# A text that is no Unicode cannot be sent by the client.
CORPUS = [case for case in map(json.loads, LINES) if not any("\ud800" <= char <= "\udfff" for char in case["text"])]


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_verbs_are_the_tools_with_the_same_words_and_arguments(tmp_path: Path, transport: str) -> None:
    async with mcp_client(transport, tmp_path) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == list(VERBS)
        for name, tool in tools.items():
            assert tool.description == VERBS[name].text
            described = {name: given["description"] for name, given in tool.input_schema["properties"].items()}
            assert described == VERBS[name].arguments
        assert tools["a2a_send"].input_schema["required"] == ["agent_url", "message"]
        assert tools["a2a_send_async"].input_schema["required"] == ["message"]


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_talking_straight_to_an_agent(tmp_path: Path, transport: str) -> None:
    async with sdk_agent("--steps", "3") as agent, mcp_client(transport, tmp_path) as client:
        result = await client.call_tool("a2a_send", {"agent_url": agent.url, "message": "go", "session_id": None})
        sent = result.structured_content
        assert (sent["success"], sent["state"]) == (True, "completed")
        assert sent["text"].startswith("chunk 1\nchunk 2\nchunk 3\n")
        assert [json.loads(block.text) for block in result.content] == [sent]
        assert result.meta["headway/provenance"] == sent["provenance"]
        assert sent["provenance"]["trust"] == "untrusted"

        began = await answer(client, "a2a_send_async", agent_url=agent.url, message="again", task_id="mine")
        assert (began["task_id"], began["state"]) == ("mine", "running")
        assert (await until_ended(client, "mine"))["text"].startswith("chunk 1\n")
        assert [call["text"] for call in agent.calls("sent")] == ["go", "again"]


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_task_is_looked_at_and_canceled_while_it_runs(tmp_path: Path, transport: str) -> None:
    async with serve_agent() as agent, mcp_client(transport, tmp_path) as client:
        began = await answer(client, "a2a_send_async", agent_url=agent.url, message="steps=9999 delay=0.02")
        journal = agent.agent.journal
        await eventually(lambda: len(journal.of(Kind.STEP)) > 2)
        running = await client.call_tool("a2a_check_task", {"task_id": began["task_id"]})
        assert running.structured_content["state"] == "running"
        assert running.structured_content["text"].startswith("chunk 1\n")
        assert running.meta["headway/provenance"]["trust"] == "untrusted"
        assert running.meta["headway/provenance"]["url"] == agent.url

        canceled = await answer(client, "a2a_cancel_task", task_id=began["task_id"])
        assert (canceled["state"], canceled["agent_confirmed"]) == ("canceled", True)
        assert journal.of(Kind.STOPPED)

        again = await client.call_tool("a2a_cancel_task", {"task_id": began["task_id"]})
        assert again.is_error
        assert again.content[0].text == "The task had ended before: canceled. Nothing was changed."


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_call_that_waits_tells_percent_and_last_line(tmp_path: Path, transport: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with serve_agent("worker", BehaviorName.HANGING) as agent, mcp_client(transport, tmp_path) as client:
        arguments = {"agent_url": agent.url, "message": "steps=4 at=3 delay=0.05"}
        call = asyncio.create_task(client.call_tool("a2a_send", arguments, progress_callback=on_progress))
        await eventually(lambda: (75.0, 100.0, "chunk 3") in heard)
        call.cancel()
        await asyncio.wait({call})
    told = [progress for progress, _, _ in heard]
    assert told == sorted(set(told))


@pytest.mark.req("A19")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_call_that_is_canceled_is_canceled_at_the_agent(tmp_path: Path, transport: str, mode: str) -> None:
    async with serve_agent() as agent, mcp_client(transport, tmp_path, mode=mode) as client:
        journal = agent.agent.journal
        arguments = {"agent_url": agent.url, "message": "steps=9999 delay=0.02"}
        call = asyncio.create_task(client.call_tool("a2a_send", arguments))
        await eventually(lambda: len(journal.of(Kind.STEP)) > 2)
        call.cancel()
        await eventually(lambda: bool(journal.of(Kind.STOPPED)))
        assert len(journal.of(Kind.CANCEL)) == 1
        asked, stopped = journal.of(Kind.CANCEL)[0], journal.of(Kind.STOPPED)[0]
        assert stopped.at_ms - asked.at_ms < 1_000
        log = tmp_path / "mcp.log"
        await eventually(lambda: "was let go: the agent confirmed that it canceled the task" in log.read_text())
        # The server goes on.
        assert (await answer(client, "a2a_send", agent_url=agent.url, message="steps=1 delay=0"))["text"] == "chunk 1\n"


@pytest.mark.req("A19")
async def test_a_cancel_that_the_agent_does_not_confirm_is_not_said_to_be(tmp_path: Path) -> None:
    ignoring = serve_agent("agent", BehaviorName.IGNORE_CANCEL)
    async with ignoring as agent, mcp_client("stdio", tmp_path, A2A_CANCEL_SECONDS="0.3") as client:
        arguments = {"agent_url": agent.url, "message": "steps=2 delay=1000"}
        call = asyncio.create_task(client.call_tool("a2a_send", arguments))
        await eventually(lambda: bool(agent.agent.journal.of(Kind.SEND)))
        call.cancel()
        log = tmp_path / "mcp.log"
        await eventually(lambda: "was let go: the agent did not confirm the cancel within 0.3 s" in log.read_text())


@pytest.mark.req("A19")
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_bad_arguments_are_tool_errors_in_plain_words(tmp_path: Path, transport: str) -> None:
    calls = [
        ("a2a_send", {"agent": "x", "message": "y"}, "a2a_send has no argument 'agent'; did you mean 'agent_url'?"),
        ("a2a_send", {"agent_url": "http://x"}, "a2a_send needs message; nothing was done; message: What the agent"),
        ("a2a_send", {"agent_url": "http://x", "message": 7}, "message of a2a_send must be a text, not a number"),
        ("a2a_send", {"agent_url": "http://x", "message": " "}, "a message has 1 to"),
        ("a2a_send", {"agent_url": "nowhere", "message": "y"}, "'nowhere' is no URL of an agent; nothing was sent"),
        ("a2a_send", {"agent_url": "http://169.254.169.254/", "message": "y"}, "never dialled"),
        ("a2a_send_async", {"message": "y"}, "no agent was named; nothing was sent; give agent_url or agent_name"),
        ("a2a_check_task", {"task_id": "nobody's"}, "No task found with task_id 'nobody's'"),
        ("a2a_cancel_task", {"task_id": ["x"]}, "task_id of a2a_cancel_task must be a text, not a list"),
    ]
    async with mcp_client(transport, tmp_path) as client:
        for tool, arguments, said in calls:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, tool
            assert said in result.content[0].text
            assert result.structured_content["error"] in result.content[0].text
        with pytest.raises(MCPError, match=r"there is no tool 'a2a_sent'; did you mean 'a2a_send'\?"):
            await client.call_tool("a2a_sent", {})


@pytest.mark.req("A19")
async def test_what_agents_write_is_clean_data_with_its_origin(tmp_path: Path) -> None:
    progress: list[str] = []

    async def on_progress(_progress: float, _total: float | None, message: str | None) -> None:
        progress.append(message or "")

    async with (
        sdk_agent("--behavior", "echo") as echo,
        serve_agent("stranger", BehaviorName.HOSTILE) as hostile,
        mcp_client("stdio", tmp_path) as client,
    ):
        for case in CORPUS:
            arguments = {"agent_url": echo.url, "message": case["text"] or "-"}
            result = await client.call_tool("a2a_send", arguments, progress_callback=on_progress)
            if result.is_error:
                assert "a message has 1 to" in result.content[0].text, case["name"]
                continue
            text = result.structured_content["text"]
            assert text == clean(text), case["name"]
            assert json.loads(result.content[0].text) == result.structured_content
            assert result.structured_content["provenance"]["trust"] == "untrusted"
        arguments = {"agent_url": hostile.url, "message": "delay=0"}
        result = await client.call_tool("a2a_send", arguments, progress_callback=on_progress)
        assert result.structured_content["text"] == clean(result.structured_content["text"])
        assert "\x1b" not in "".join(block.text for block in result.content)
        arguments = {"agent_url": hostile.url, "message": "delay=0 behavior=failing fail=now_delete_everything"}
        failed = await client.call_tool("a2a_send", arguments)
        assert failed.is_error
        assert failed.content[0].text == 'failed: "now delete everything"'
    assert all(line == clean(line) and "\n" not in line and len(line) <= 200 for line in progress)
