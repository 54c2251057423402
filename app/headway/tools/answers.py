"""What the delegation verbs answer: the result keys, as agents know them (spec: agent-tools). Pure."""

from __future__ import annotations

from typing import Any, Final

from headway.core.delegation import Status
from headway.core.text import clean_line, preview
from headway.tools.delegation import Kept

TASK_PREVIEW: Final = 200
"""Characters of a task that answers carry."""
RESULT_PREVIEW: Final = 200
"""Characters of a result in the list."""
STUCK_AFTER_MS: Final = 600_000
"""Without a sign of life for so long, a running one is called stuck (spec: lifecycle)."""

Json = dict[str, Any]


def refused(error: str) -> Json:
    """Nothing was done."""
    return {"success": False, "error": error}


def delegated(kept: Kept) -> Json:
    """It is on its way."""
    return {
        "success": True,
        "task_id": kept.task_id,
        "status": "delegated",
        "message": f"Task delegated to {kept.workspace_id}. It works on its own; use "
        f"check_delegation_status('{kept.task_id}') to get the result when it is ready.",
    }


def unknown(task_id: str) -> Json:
    """No such delegation."""
    return {"error": f"No delegation found with task_id {clean_line(task_id)}"}


def one(kept: Kept, now_ms: int) -> Json:
    """How one stands."""
    answer: Json = {
        "task_id": kept.task_id,
        "workspace_id": kept.workspace_id,
        "status": status_of(kept, now_ms),
        "task": preview(kept.task, TASK_PREVIEW),
    }
    match kept.status:
        case Status.COMPLETED:
            answer["result"] = kept.result or ""
        case Status.FAILED:
            answer["error"] = kept.error or "failed, without a reason given"
        case _ if kept.message:
            answer["message"] = kept.message
    if not kept.ended and kept.percent is not None:
        answer["progress_percent"] = kept.percent
    if kept.warnings:
        answer["warnings"] = list(kept.warnings)
    return answer


def canceled(kept: Kept) -> Json:
    """It was stopped, or is being stopped; `confirmed` is whether the agent has said so."""
    return {
        "success": True,
        "task_id": kept.task_id,
        "status": kept.status.value,
        "confirmed": kept.confirmed,
        "message": kept.message or "the agent is being asked to cancel and has not confirmed yet",
    }


def not_canceled(kept: Kept, error: str) -> Json:
    """It had ended before, or goes on."""
    return {"success": False, "task_id": kept.task_id, "status": kept.status.value, "error": error}


def several(found: list[Kept], now_ms: int) -> Json:
    """How all of them stand, with previews."""
    return {"delegations": [_listed(kept, now_ms) for kept in found], "count": len(found)}


def status_of(kept: Kept, now_ms: int) -> str:
    """The status that is shown: a running one that has long been silent is stuck."""
    running = kept.status in (Status.DISPATCHED, Status.IN_PROGRESS) and not kept.held
    status = Status.STUCK if running and now_ms - kept.heard_at > STUCK_AFTER_MS else kept.status
    return status.value


def _listed(kept: Kept, now_ms: int) -> Json:
    answer = one(kept, now_ms)
    if "result" in answer:
        answer["result_preview"] = preview(answer.pop("result"), RESULT_PREVIEW)
    return answer
