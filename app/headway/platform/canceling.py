"""Seeing a cancel through: the agent is asked until it has answered or the deadline has passed (spec: lifecycle)."""

from __future__ import annotations

import logging
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentError, NotCancelable, UnknownTask
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Delegation
from headway.ledger.errors import Conflict
from headway.ledger.ledger import Ledger
from headway.ledger.records import Cancellation
from headway.platform.attempt import Attempt
from headway.platform.settings import Settings
from headway.platform.timing import within

GONE: Final = "the agent no longer knows the task"
NO_AGENT: Final = "the agent could not be asked: its workspace has no URL"

_log = logging.getLogger(__name__)


async def cancel_at_agent(
    attempt: Attempt | None, ledger: Ledger, delegation: Delegation, clock: Clock, settings: Settings
) -> None:
    """Ask the agent to cancel, again and again until `cancel_deadline`; then it is canceled without its word.

    An agent that finished first settles the delegation as it says.
    """
    try:
        if attempt is None:
            message = NO_AGENT
        else:
            seconds = settings.cancel_deadline
            message = f"the agent did not confirm the cancel within {seconds:g} s; it may still be working"
            try:
                await within(clock, seconds, _ask_until_answered(attempt, clock, settings.cancel_retry))
            except TimeoutError:
                pass
            except UnknownTask:
                message = GONE
            else:
                return
        unconfirmed = Cancellation(confirmed=False, message=message)
        await ledger.settle(delegation.delegation_id, delegation.attempt, unconfirmed)
    except Conflict as settled:
        _log.info("canceling %s: %s", delegation.delegation_id, settled)


async def _ask_until_answered(attempt: Attempt, clock: Clock, pause: float) -> None:
    await attempt.known.wait()
    task_id = attempt.remote_task_id
    assert task_id is not None
    while True:
        try:
            update = await _answer(attempt.client, task_id)
        except UnknownTask:
            raise
        except AgentError as error:
            _log.info("the agent could not be asked to cancel %s: %s", task_id, error)
            await clock.sleep(pause)
            continue
        if update.terminal:
            await attempt.observe(update)
            return
        await clock.sleep(pause)


async def _answer(client: AgentClient, task_id: str) -> AgentUpdate:
    """What the agent says when it is asked to cancel; where that is not the end of it, how the task stands."""
    try:
        update = await client.cancel(task_id)
    except NotCancelable:
        return await client.get(task_id)
    return update if update.terminal else await client.get(task_id)
