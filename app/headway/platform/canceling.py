"""Seeing a cancel through: the agent is asked until it has answered or the deadline has passed (spec: lifecycle)."""

from __future__ import annotations

import logging
from typing import Final

from headway.a2a.errors import TASK_NOT_FOUND, AgentError, NotCancelable, UnknownTask
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Delegation
from headway.ledger.errors import Conflict
from headway.ledger.ledger import Ledger
from headway.ledger.records import Cancellation
from headway.net.timing import within
from headway.platform.attempt import Attempt
from headway.platform.outages import outlast
from headway.platform.settings import Settings

GONE: Final = "the agent no longer knows the task"
NO_AGENT: Final = "the agent could not be asked: its workspace has no URL"
NOT_OURS: Final = "the agent could not be asked: the source sent the task itself, and only it knows the agent's task"

_log = logging.getLogger(__name__)


async def cancel_at_agent(
    attempt: Attempt | None,
    ledger: Ledger,
    delegation: Delegation,
    clock: Clock,
    settings: Settings,
    *,
    followed: bool,
) -> None:
    """Ask the agent to cancel, again and again until `cancel_deadline`; then it is canceled without its word.

    An agent that finished first settles the delegation as it says. `followed` is whether the attempt is under way, and
    will hear the agent's task id if it has not yet; otherwise the agent is asked for it.
    """
    try:
        if attempt is None:
            message = NO_AGENT if delegation.is_ours else NOT_OURS
        else:
            seconds = settings.cancel_deadline
            message = f"the agent did not confirm the cancel within {seconds:g} s; it may still be working"
            try:
                await within(clock, seconds, _ask_until_answered(attempt, clock, settings.cancel_retry, followed))
            except TimeoutError:
                pass
            except UnknownTask:
                message = GONE
            else:
                return
        unconfirmed = Cancellation(confirmed=False, message=message)
        await outlast(
            clock,
            settings.ledger_retry,
            lambda: ledger.settle(delegation.delegation_id, delegation.attempt, unconfirmed),
        )
    except Conflict as settled:
        _log.info("canceling %s: %s", delegation.delegation_id, settled)


async def _ask_until_answered(attempt: Attempt, clock: Clock, pause: float, followed: bool) -> None:
    if followed and not attempt.client.names_tasks:
        await attempt.known.wait()
    while True:
        try:
            update = await _answer(attempt)
        except UnknownTask:
            if not followed or attempt.known.is_set():
                raise
            # It is on its way: it may get there yet.
            await clock.sleep(pause)
            continue
        except AgentError as error:
            _log.info("the agent could not be asked to cancel %s: %s", attempt.delegation.delegation_id, error)
            await clock.sleep(pause)
            continue
        if update.terminal:
            await attempt.observe(update)
            return
        await clock.sleep(pause)


async def _answer(attempt: Attempt) -> AgentUpdate:
    """What the agent says when it is asked to cancel; where that is not the end of it, how the task stands."""
    client = attempt.client
    task_id = await attempt.find()
    if task_id is None:
        raise UnknownTask(TASK_NOT_FOUND, GONE)
    try:
        update = await client.cancel(task_id)
    except NotCancelable:
        return await client.get(task_id)
    return update if update.terminal else await client.get(task_id)
