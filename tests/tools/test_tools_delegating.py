"""B1 to B10 with a real platform and real agents: delegate, check, and what the platform and its board know of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.agents.fleet import serve_agent
from headway.agents.journal import Kind
from support.delegating import lead, until_ended
from support.platforms import platform


@pytest.mark.req("B1", "B4", "B7")
async def test_a_task_is_handed_over_at_once_and_its_result_comes_later(tmp_path: Path) -> None:
    async with platform(tmp_path) as served, serve_agent("coder") as agent, lead(served, tmp_path) as tools:
        target = await served.workspace("coder", agent.url)
        answer = await tools.delegate_to_workspace(target, "steps=2 delay=0")
        task_id = answer["task_id"]
        assert answer == {
            "success": True, "task_id": task_id, "status": "delegated", "message": answer["message"],
        }  # fmt: skip
        assert task_id in answer["message"]
        assert await until_ended(tools, task_id) == {
            "task_id": task_id,
            "workspace_id": target,
            "status": "completed",
            "task": "steps=2 delay=0",
            "result": "chunk 1\nchunk 2\n",
        }
        record = await served.until_status(task_id, "completed")
        assert (record["recorded"], record["source_id"], record["result"]) == (
            True,
            served.source,
            "chunk 1\nchunk 2\n",
        )
        [sent] = agent.agent.journal.of(Kind.SEND)
        assert sent.message_id == f"msg-{task_id}"
        assert await tools.check_delegation_status("nobody") == {"error": "No delegation found with task_id nobody"}
