"""How a delegation goes on and ends: what was observed, its outcome, cancel (spec: lifecycle, "Rules")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from headway.core.delegation import RESULT_PREVIEW, WAITING, Row, Status
from headway.core.events import Canceled, Completed, DelegationPayload, Failed, Progressed
from headway.core.text import preview
from headway.ledger import rows, schema, text_index, texts
from headway.ledger.errors import AlreadyFinished, IllegalMove, NotFound, StaleAttempt
from headway.ledger.records import NEVER_SENT, Cancellation, Completion, Failure, Observation, Outcome
from headway.ledger.rows import Edit, Held
from headway.ledger.sending import check_move, enqueue
from headway.ledger.transaction import Transaction

OBSERVABLE: Final = frozenset({Status.IN_PROGRESS, Status.INPUT_REQUIRED})
"""What an agent can be seen doing; how it ends is for `settle`."""


def append(transaction: Transaction, delegation_id: str, attempt: int | None, seen: Observation) -> Row:
    """Fold in what was observed of a running delegation; events are written only for what changed.

    Anything new is a sign of life: it moves a dispatched or stuck one to in_progress. One that is canceling stays so
    and keeps text and progress. Raises NotFound, AlreadyFinished, StaleAttempt and IllegalMove.
    """
    found = rows.must_find(transaction, delegation_id)
    _check_running(found, attempt)
    if seen.status is Status.DISPATCHED:
        # "Submitted", or an older runtime's "received": no news of one that is at the target already.
        seen = replace(seen, status=None)
    edit = Edit(transaction, found)
    _note_facts(edit, found, seen)
    splice = seen.splice
    if splice and texts.says_nothing_new(transaction.beside, found.id, found.extent, splice.offset, splice.text):
        splice = None
    percent = seen.progress_percent if seen.progress_percent != found.row.progress_percent else None
    _note_status(edit, found, seen, percent, more=splice is not None)
    if splice or (percent is not None and edit.row.progress_percent != percent):
        offset = splice.offset if splice else found.extent.end
        delta = splice.text if splice else ""
        edit.emit(
            Progressed(
                delegation_id=delegation_id,
                target_id=found.row.target_id,
                text=delta,
                offset=offset,
                progress_percent=percent,
            )
        )
        if splice:
            edit.splice(offset, delta)
    return edit.save()


def sign_of_life(transaction: Transaction, delegation_id: str) -> Row:
    """The agent's heartbeat names the delegation as its current task. One that waits or has ended is left as it is.

    Raises NotFound.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    if row.status in WAITING or row.status.is_terminal or row.status is Status.CANCELING:
        return row
    edit = Edit(transaction, found)
    alive = _alive(found)
    edit.change_status(alive, row.status_message if alive is row.status else None)
    return edit.save()


def settle(transaction: Transaction, delegation_id: str, attempt: int | None, outcome: Outcome) -> Row:
    """Give a delegation its terminal status; the first one wins.

    The same status again changes nothing, but a result or error that was missing is kept. Raises NotFound,
    AlreadyFinished, StaleAttempt and IllegalMove.
    """
    found = rows.must_find(transaction, delegation_id)
    status = _status_of(outcome)
    check_move(found, status, attempt)
    edit = Edit(transaction, found)
    if found.row.status is status:
        return _replay(transaction, edit, found, outcome)
    _keep_result(transaction, found, outcome)
    edit.emit(_ending(found, outcome))
    return edit.save()


def update(
    transaction: Transaction,
    source_id: str,
    delegation_id: str,
    status: Status,
    error: str | None = None,
    response_preview: str | None = None,
    seen: Observation | None = None,
) -> Row:
    """What a source says of its own delegation: completed, failed, queued, dispatched or in_progress.

    `seen` is what it has seen of the work of one that it sent itself; others the platform sees for itself.
    Raises NotFound (another's, too), AlreadyFinished and IllegalMove.
    """
    found = rows.must_find(transaction, delegation_id)
    if found.row.source_id != source_id:
        raise NotFound(f"workspace {source_id} has no delegation {delegation_id}")
    match status:
        case Status.COMPLETED:
            return settle(transaction, delegation_id, None, Completion(response_preview or ""))
        case Status.FAILED:
            return settle(transaction, delegation_id, None, Failure(error or "failed, without a reason given"))
        case Status.QUEUED:
            if found.row.status is Status.QUEUED:
                return found.row
            if found.row.status is Status.DISPATCHED and found.is_ours:
                # It may be at its agent: to queue it again would send it twice (spec: requirements Q12).
                raise IllegalMove(delegation_id, found.row.status, status)
            return enqueue(transaction, delegation_id)
        case Status.DISPATCHED | Status.IN_PROGRESS:
            if seen is None or found.is_ours:
                seen = Observation()
            return append(transaction, delegation_id, None, replace(seen, status=status))
        case _:
            raise IllegalMove(delegation_id, found.row.status, status)


def request_cancel(transaction: Transaction, delegation_id: str, reason: str | None = None) -> Row:
    """Ask for a cancel: one that waits is canceled at once, one that runs is canceling until its agent answers.

    Asking again changes nothing. Raises NotFound, and AlreadyFinished where it has ended otherwise.
    """
    found = rows.must_find(transaction, delegation_id)
    row = found.row
    if row.status.is_terminal:
        raise AlreadyFinished(delegation_id, row.status)
    if row.status is Status.CANCELING:
        return row
    edit = Edit(transaction, found)
    edit.set(cancel_requested_at=max(transaction.now_ms(), row.updated_at), cancel_reason=reason)
    if row.status in WAITING:
        edit.emit(_ending(found, Cancellation(False, NEVER_SENT, reason)))
    else:
        edit.change_status(Status.CANCELING, f"cancel requested: {reason}" if reason else "cancel requested")
    return edit.save()


def _check_running(found: Held, attempt: int | None) -> None:
    row = found.row
    if row.status.is_terminal:
        raise AlreadyFinished(row.delegation_id, row.status)
    if attempt is not None and attempt != row.attempt:
        raise StaleAttempt(row.delegation_id, attempt, row.attempt)
    if row.status in WAITING:
        raise IllegalMove(row.delegation_id, row.status, Status.IN_PROGRESS)


def _note_facts(edit: Edit, found: Held, seen: Observation) -> None:
    if seen.remote_task_id not in (None, found.remote_task_id):
        edit.set(remote_task_id=seen.remote_task_id)
    if seen.context_id not in (None, found.context_id):
        edit.set(context_id=seen.context_id)
    if seen.dialect not in (None, found.dialect):
        edit.set(dialect=seen.dialect)


def _note_status(edit: Edit, found: Held, seen: Observation, percent: float | None, *, more: bool) -> None:
    """Write a status event where the observation says something new; `more` is whether text came with it."""
    row = found.row
    if seen.status is not None and seen.status not in OBSERVABLE:
        raise IllegalMove(row.delegation_id, row.status, seen.status)
    if row.status is Status.CANCELING:
        return
    message = seen.status_message if seen.status_message != row.status_message else None
    # What the agent said before it fell silent is no news when it is asked again: an unchanged "working".
    known = seen.status is None or seen.status is (found.observed or (row.status if row.status in OBSERVABLE else None))
    if known and message is None and percent is None and not more:
        return
    status = seen.status or _alive(found)
    if status is not row.status and not row.status.can_become(status):
        raise IllegalMove(row.delegation_id, row.status, status)
    if status is not found.observed and seen.status is not None:
        edit.set(observed=status.value)
    if status is not row.status or message is not None:
        kept = row.status_message if status is row.status else None
        edit.change_status(status, message if message is not None else kept, percent=percent)


def _alive(found: Held) -> Status:
    """The status of one that has shown a sign of life without naming a status."""
    status = found.row.status
    if status is Status.INPUT_REQUIRED:
        return status
    if status is Status.STUCK and found.observed is Status.INPUT_REQUIRED:
        return Status.INPUT_REQUIRED
    return Status.IN_PROGRESS


def _replay(transaction: Transaction, edit: Edit, found: Held, outcome: Outcome) -> Row:
    row = found.row
    match outcome:
        case Completion(result=result) if result and not row.result_preview:
            text_index.let_go(transaction.conn, [found.id])
            _keep_result(transaction, found, outcome)
        case Failure(error=error) if error and not row.error:
            text_index.let_go(transaction.conn, [found.id])
        case _:
            return row
    # The replay tells of the same moment, so that the row's times stay what they were.
    edit.emit(_ending(found, outcome), timestamp=row.finished_at)
    return edit.save()


def _keep_result(transaction: Transaction, found: Held, outcome: Outcome) -> None:
    if isinstance(outcome, Completion) and outcome.result:
        transaction.update(schema.bodies, found.id, {"result": outcome.result})


def _status_of(outcome: Outcome) -> Status:
    match outcome:
        case Completion():
            return Status.COMPLETED
        case Failure():
            return Status.FAILED
        case Cancellation():
            return Status.CANCELED


def _ending(found: Held, outcome: Outcome) -> DelegationPayload:
    row = found.row
    match outcome:
        case Completion(result=result, via=via):
            return Completed(
                delegation_id=row.delegation_id,
                target_id=row.target_id,
                response_preview=preview(result, RESULT_PREVIEW),
                via=via or row.via,
            )
        case Failure(error=error):
            return Failed(delegation_id=row.delegation_id, target_id=row.target_id, error=error)
        case Cancellation(confirmed=confirmed, message=message, reason=reason):
            return Canceled(
                delegation_id=row.delegation_id,
                target_id=row.target_id,
                confirmed=confirmed,
                reason=reason if reason is not None else found.cancel_reason,
                status_message=message,
            )
