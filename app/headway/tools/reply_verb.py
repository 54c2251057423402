"""The verb that answers what an agent asks, whether its task was delegated or sent straight to it."""

from __future__ import annotations

from typing import Any

from headway.core.naming import quoted
from headway.core.text import BODY_LIMIT, clean_line
from headway.tools.delegations import Delegations
from headway.tools.direct import DirectTasks
from headway.tools.direct_table import DirectTask
from headway.tools.errors import ToolError
from headway.tools.outcome import State
from headway.tools.platform_api import PlatformError
from headway.tools.replies import NotAsked
from headway.tools.session import Session

Answer = dict[str, Any]


class ReplyVerb:
    """Safe to call from many tasks at once; `Tools` says what it does."""

    def __init__(self, session: Session, direct: DirectTasks, delegations: Delegations | None) -> None:
        self._session = session
        self._direct = direct
        self._delegations = delegations

    async def reply_to_task(self, task_id: str, message: str) -> Answer:
        try:
            if not message.strip() or len(message) > BODY_LIMIT:
                raise NotAsked(f"a message has 1 to {BODY_LIMIT:,} characters; nothing was sent")
            kept = self._delegations.get(task_id) if self._delegations is not None else None
            if kept is None or self._delegations is None:
                return _sent(await self._to_agent(task_id, message), task_id)
            await self._delegations.reply(kept, message)
        except PlatformError as error:
            return {
                "success": False,
                "error": f"the platform holds the task and did not take the reply: {error}; nothing was sent",
            }
        except ToolError as error:
            return {"success": False, "error": str(error)}
        return {
            "success": True,
            "task_id": task_id,
            "status": "in_progress",
            "message": "The reply is on its way to the agent; look at the task with "
            f"check_delegation_status('{task_id}').",
        }

    async def _to_agent(self, task_id: str, message: str) -> DirectTask:
        # No task has another id, and a file cannot even be asked for some of them.
        known = bool(task_id) and clean_line(task_id) == task_id
        asked = await self._direct.asked(task_id) if known else None
        if asked is None:
            raise NotAsked(f"No task found with task_id {quoted(task_id)}; nothing was sent")
        now = self._session.clock.now_ms()
        task = DirectTask(
            task_id=self._session.new_id(),
            agent=asked.agent,
            url=asked.url,
            session_id=asked.session_id,
            message=message,
            context=asked.context,
            reply_to=asked.remote_task_id,
            dialect=asked.dialect,
            created_at=now,
            heard_at=now,
        )
        await self._direct.begin(task)
        return task


def _sent(task: DirectTask, replies_to: str) -> Answer:
    return {
        "success": True,
        "task_id": task.task_id,
        "replies_to": replies_to,
        "state": str(State.RUNNING),
        "session_id": task.session_id,
        "message": f"{task.agent} has been given the reply; look at it with a2a_check_task('{task.task_id}').",
    }
