"""ListTasks of v1.0: filtered, newest first, in pages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from headway.agents import render
from headway.agents.errors import Code, RpcError
from headway.agents.task import Dialect, State

if TYPE_CHECKING:
    from headway.agents.calls import Call
    from headway.agents.table import TaskTable

DEFAULT_PAGE: Final = 50
MAX_PAGE: Final = 100


def list_tasks(tasks: TaskTable, call: Call) -> dict[str, Any]:
    """The result of ListTasks. The page token is the id of the last task of the page before.

    Raises RpcError -32602 for a page size outside 1 to 100, an unknown state, what is no time or a token of no task.
    """
    size = call.params.get("pageSize", DEFAULT_PAGE)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_PAGE:
        raise RpcError(Code.INVALID_PARAMS, f"pageSize must be a whole number from 1 to {MAX_PAGE}")
    state, context = _state(call.params.get("status")), call.params.get("contextId")
    since_ms = _moment(call.params.get("statusTimestampAfter"))
    matching = [
        job.task
        for job in tasks
        if (state is None or job.task.state is state)
        and (not context or job.task.context_id == context)
        and (since_ms is None or job.task.status.at_ms >= since_ms)
    ][::-1]
    start = _start([task.task_id for task in matching], call.params.get("pageToken"))
    page = matching[start : start + size]
    rendered = [render.snapshot(task, Dialect.V1_0, call.history_length) for task in page]
    if not call.params.get("includeArtifacts"):
        for task in rendered:
            task.pop("artifacts", None)
    more = start + size < len(matching)
    return {
        "tasks": rendered,
        "nextPageToken": page[-1].task_id if more else "",
        "pageSize": size,
        "totalSize": len(matching),
    }


def _state(value: object) -> State | None:
    """The state to filter by; None for all of them."""
    if not value:
        return None
    state = render.parse_state(value) if isinstance(value, str) else None
    if state is None:
        raise RpcError(Code.INVALID_PARAMS, "status must be a TASK_STATE_… this agent uses")
    return state


def _moment(value: object) -> float | None:
    """Unix time in ms of an RFC 3339 time with its zone; None for all times."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RpcError(Code.INVALID_PARAMS, "statusTimestampAfter must be a time such as 2026-01-31T12:00:00Z")
    return moment.timestamp() * 1_000


def _start(ids: list[str], token: object) -> int:
    if not token:
        return 0
    if not isinstance(token, str) or token not in ids:
        raise RpcError(Code.INVALID_PARAMS, "pageToken is of no task in this list; start again without it")
    return ids.index(token) + 1
