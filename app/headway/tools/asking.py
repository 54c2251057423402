"""Asking an agent to cancel, until it has answered for good or the time is up."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentError, NotCancelable, UnknownTask
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.net.timing import within

PAUSES: Final = (0.25, 0.5, 1.0, 2.0)
"""Seconds between two requests to cancel; the last one again and again."""
CONFIRMED: Final = "the agent confirmed that it canceled the task"
GONE: Final = "the agent no longer knows the task"
NEVER_NAMED: Final = "the agent was not asked: it has not named its task; it may still be working"
NOT_SENT: Final = "the agent was not asked: the message had not been sent, and is not sent any more"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it. `ended` is set where the task had ended otherwise before the agent could cancel it."""

    confirmed: bool
    words: str
    ended: AgentUpdate | None = None


async def ask_to_cancel(
    client: AgentClient, find: Callable[[], Awaitable[str | None]], clock: Clock, seconds: float
) -> Asked:
    """Ask for at most so many seconds of the clock. `find` gives the agent's task id, None where there is none."""
    try:
        return await within(clock, seconds, _until_answered(client, find, clock))
    except TimeoutError:
        return Asked(False, f"the agent did not confirm the cancel within {seconds:g} s; it may still be working")


async def _until_answered(client: AgentClient, find: Callable[[], Awaitable[str | None]], clock: Clock) -> Asked:
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        try:
            if (remote_task_id := await find()) is None:
                return Asked(False, NEVER_NAMED)
            update = await _answer(client, remote_task_id)
        except UnknownTask:
            return Asked(False, GONE)
        except AgentError as error:
            _log.info("the agent could not be asked to cancel: %s", error)
        else:
            if update.state is TaskState.CANCELED:
                return Asked(True, CONFIRMED)
            if update.terminal:
                return Asked(False, f"the task was {update.state} before it could be canceled", update)
        await clock.sleep(pause)
    raise AssertionError("the pauses never end")


async def _answer(client: AgentClient, remote_task_id: str) -> AgentUpdate:
    """How the task stands after a cancel: a sloppy agent's first answer need not be its last (spec: a2a, "Rules")."""
    try:
        await client.cancel(remote_task_id)
    except NotCancelable:
        _log.info("the agent will not cancel %s", remote_task_id)
    return await client.get(remote_task_id)
