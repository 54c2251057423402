"""From what an agent says to what the ledger writes: merged while a write is under way, so that none is per frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.core.delegation import Status, Via
from headway.core.progress import Splice
from headway.core.text import clean_line
from headway.ledger.records import Cancellation, Completion, Failure, Observation, Outcome

_STATUSES: Final = {
    TaskState.WORKING: Status.IN_PROGRESS,
    TaskState.INPUT_REQUIRED: Status.INPUT_REQUIRED,
    TaskState.AUTH_REQUIRED: Status.INPUT_REQUIRED,
}
NOTHING: Final = Observation()


def merge(pending: Observation, update: AgentUpdate) -> Observation | None:
    """`pending` with `update` on top, or None where their texts cannot be joined and `pending` must be written first.

    A submitted task says nothing of work; text, a percentage or a message of a running one is work.
    """
    splice = pending.splice
    if update.splice is not None:
        splice = _join(pending.splice, update.splice)
        if splice is None:
            return None
    status = None if update.state is None else _STATUSES.get(update.state)
    if status is None and not update.terminal and (update.splice or update.percent is not None):
        status = Status.IN_PROGRESS
    return replace(
        pending,
        status=status or pending.status,
        status_message=pending.status_message if update.message is None else update.message,
        progress_percent=pending.progress_percent if update.percent is None else update.percent,
        splice=splice,
        remote_task_id=update.task_id or pending.remote_task_id,
        context_id=update.context_id or pending.context_id,
    )


def _join(first: Splice | None, second: Splice) -> Splice | None:
    if first is None or second.offset <= first.offset:
        return second
    kept = second.offset - first.offset
    if kept > len(first.text):
        return None
    return Splice(first.offset, first.text[:kept] + second.text)


def outcome(update: AgentUpdate, via: Via) -> Outcome:
    """How a delegation ended, from the terminal update of its agent."""
    if update.state is TaskState.COMPLETED:
        return Completion(result=update.output or "", via=via)
    if update.state is TaskState.CANCELED:
        words = f": {update.message}" if update.message else ""
        return Cancellation(confirmed=True, message=clean_line(f"the agent confirmed the cancel{words}"))
    reason = update.error or update.message
    if update.state is TaskState.REJECTED:
        return Failure(f"rejected by the agent: {reason}" if reason else "rejected by the agent, without a reason")
    return Failure(reason or "the agent failed without saying why")
