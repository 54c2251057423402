"""The verbs that talk straight to an agent: arguments checked, answers as plain data (spec: agent-tools).

A verb answers what went wrong, with `error`; it raises only for a fault in its caller's code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from headway.core.naming import quoted
from headway.core.text import BODY_LIMIT, clean_line
from headway.core.timestamps import to_rfc3339
from headway.tools.agents import Agents
from headway.tools.direct import CANCELED, DirectTasks
from headway.tools.direct_table import DirectTask, Stop
from headway.tools.errors import ToolError
from headway.tools.outcome import State
from headway.tools.running import OnProgress, OnResult, Running
from headway.tools.session import Session
from headway.tools.settings import SEND_SECONDS
from headway.tools.wanted import Wanted

CONTEXT_LIMIT: Final = 65_536
"""Characters of a context as JSON."""
Answer = dict[str, Any]


class BadArgument(ToolError):
    """An argument that cannot be used."""


class A2AVerbs:
    """Safe to call from many tasks at once; `Tools` says what each of them does."""

    def __init__(self, session: Session, direct: DirectTasks, agents: Agents) -> None:
        self._session = session
        self._direct = direct
        self._agents = agents

    async def a2a_send(self, wanted: Wanted, on_progress: OnProgress | None) -> Answer:
        try:
            task = await self._task(wanted)
            ended = await self._direct.wait_for(task, SEND_SECONDS, on_progress)
        except ToolError as error:
            return {"success": False, "error": str(error)}
        return {"success": _went_well(ended), **ended.outcome().as_answer()}

    async def a2a_send_async(
        self, wanted: Wanted, on_result: OnResult | None, on_progress: OnProgress | None
    ) -> Answer:
        try:
            task = await self._task(wanted)
            await self._direct.begin(task, on_result, on_progress)
        except ToolError as error:
            return {"success": False, "error": str(error)}
        return {
            "success": True,
            "task_id": task.task_id,
            "state": str(State.RUNNING),
            "session_id": task.session_id,
            "message": f"{task.agent} has been given the task; look at it with a2a_check_task.",
        }

    async def a2a_check_task(self, task_id: str) -> Answer:
        if (running := self._direct.running(task_id)) is not None:
            return _as_it_runs(running)
        try:
            ended = await self._ended(task_id)
        except ToolError as error:
            return {"error": str(error)}
        if ended is None:
            return {"error": self._unknown(task_id)}
        return _as_it_ended(ended)

    async def a2a_cancel_task(self, task_id: str) -> Answer:
        running = self._direct.running(task_id)
        try:
            if running is not None:
                self._direct.stop(running, Stop(State.CANCELED, CANCELED))
                await running.ended.wait()
            ended = await self._ended(task_id)
        except ToolError as error:
            return {"success": False, "error": str(error)}
        if ended is None:
            return {"success": False, "error": self._unknown(task_id)}
        return _as_canceled(ended, running)

    async def _task(self, wanted: Wanted) -> DirectTask:
        """The task that is meant. Raises ToolError for arguments that cannot be used."""
        # Before anything is awaited: what the caller changes later is not in it.
        kept = _captured(wanted.context)
        message = wanted.message
        if not message.strip() or len(message) > BODY_LIMIT:
            raise BadArgument(f"a message has 1 to {BODY_LIMIT:,} characters; nothing was sent")
        task_id = _id("task_id", wanted.task_id) or self._session.new_id()
        session_id = _id("session_id", wanted.session_id) or task_id
        agent = await self._agents.find(wanted.agent_url, wanted.agent_name)
        reply_to = None if wanted.session_id is None else await self._direct.asking(agent.url, session_id)
        now = self._session.clock.now_ms()
        return DirectTask(
            task_id=task_id,
            agent=agent.name,
            url=agent.url,
            session_id=session_id,
            message=message,
            context=kept,
            reply_to=reply_to,
            created_at=now,
            heard_at=now,
        )

    async def _ended(self, task_id: str) -> DirectTask | None:
        # No task has another id, and a file cannot even be asked for some of them.
        return await self._direct.ended(task_id) if _is_id(task_id) else None

    def _unknown(self, task_id: str) -> str:
        kept = self._session.settings.keep_finished
        return f"No task found with task_id {quoted(task_id)}; those that have ended are kept for {kept:,g} s"


def _captured(context: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The context by value. Raises BadArgument where it is no JSON object."""
    try:
        text = json.dumps(dict(context or {}), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadArgument(f"the context cannot be kept: {clean_line(str(error))}; nothing was sent") from error
    if len(text) > CONTEXT_LIMIT:
        raise BadArgument(f"the context is larger than {CONTEXT_LIMIT:,} characters as JSON; nothing was sent")
    kept: dict[str, Any] = json.loads(text)
    return kept


def _id(name: str, value: str | None) -> str | None:
    if value is not None and not _is_id(value):
        raise BadArgument(f"{name} is one line of 1 to 256 characters, without control characters; nothing was sent")
    return value


def _is_id(value: str) -> bool:
    return bool(value) and clean_line(value) == value


def _went_well(task: DirectTask) -> bool:
    return task.state in (State.COMPLETED, State.INPUT_REQUIRED)


def _as_it_runs(running: Running) -> Answer:
    task, reading = running.task, running.reading
    return {
        "task_id": task.task_id,
        "state": str(State.RUNNING),
        "percent": reading.percent,
        "status_message": reading.status,
        "text": reading.text,
        "agent": task.agent,
        "url": task.url,
        "session_id": task.session_id,
        "context": dict(task.context),
        "created_at": to_rfc3339(task.created_at),
        "heard_at": to_rfc3339(reading.heard_at),
    }


def _as_it_ended(task: DirectTask) -> Answer:
    return {**task.outcome().as_answer(), "percent": task.percent}


def _as_canceled(task: DirectTask, running: Running | None) -> Answer:
    """What is sure after a cancel; `running` is None where the task had ended before."""
    asked = running.asked if running is not None else None
    answer: Answer = {"success": asked is not None and asked.ended is None, **_as_it_ended(task)}
    if task.finished_at is None:
        return {**answer, "reader_stopped": False, "agent_confirmed": False, "message": "The tools are being closed."}
    if asked is None:
        return {
            **answer,
            "reader_stopped": False,
            "agent_confirmed": False,
            "message": f"The task had ended before: {task.state}. Nothing was changed.",
        }
    return {
        **answer,
        "reader_stopped": True,
        "agent_confirmed": asked.confirmed,
        "message": f"Reading it was stopped; {asked.words}.",
    }
