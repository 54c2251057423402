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
CONFIRMED: Final = "the agent confirmed the cancel"
NOTHING: Final = Observation()


def observed(update: AgentUpdate) -> Observation:
    """What one update says.

    A submitted task says nothing of work; text, a percentage or a message of a running one is work.
    """
    status = None if update.state is None else _STATUSES.get(update.state)
    if status is None and not update.terminal and (update.splice or update.percent is not None):
        status = Status.IN_PROGRESS
    return Observation(
        status=status,
        status_message=update.message,
        progress_percent=update.percent,
        splice=update.splice,
        remote_task_id=update.task_id,
        context_id=update.context_id,
    )


def merge(pending: Observation, seen: Observation) -> Observation | None:
    """`pending` with `seen` on top, or None where their texts cannot be joined and `pending` must be written first."""
    splice = pending.splice
    if seen.splice is not None:
        splice = _join(pending.splice, seen.splice)
        if splice is None:
            return None
    return replace(
        pending,
        status=seen.status or pending.status,
        status_message=pending.status_message if seen.status_message is None else seen.status_message,
        progress_percent=pending.progress_percent if seen.progress_percent is None else seen.progress_percent,
        splice=splice,
        remote_task_id=seen.remote_task_id or pending.remote_task_id,
        context_id=seen.context_id or pending.context_id,
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
        return Cancellation(confirmed=True, message=clean_line(CONFIRMED + words))
    return Failure(update.failure)
