"""Handing one delegation to its agent: attempts, pauses, and asking before anything is sent again (spec: agent-tools).

Sent again is what surely did not arrive, or what the agent says it does not have. Everything else is asked after.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentMalformed,
    AgentQueued,
    AgentRpcError,
    AgentUnreachable,
    UnknownTask,
)
from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Status
from headway.net.backoff import Backoff
from headway.net.errors import Silent
from headway.net.idle import IdleWatchdog
from headway.tools.delegation import Kept
from headway.tools.platform_api import INVALID_JSON
from headway.tools.session import Session

GONE: Final = "the agent no longer knows the task; the outcome is unknown"
INTERRUPTED: Final = "interrupted by a restart; outcome unknown"
ASK_PAUSES: Final = Backoff(first=1.0, most=15.0)
"""Between two questions to an agent that cannot be reached, and to one that waits for an answer of somebody."""
OUTCOME_UNKNOWN: Final = '"outcome":"unknown"'
"""In the data of a gateway's error: the agent may have the message all the same."""

CANNOT_SAY: Final = (
    "timed out; the agent cannot say whether it has the task, and it was not sent again: the outcome is unknown"
)
_DOUBTFUL: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.CONFLICT)
"""What a gateway says where its link to the agent broke, where the agent was silent, and where it has the message."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: `text` is the result of one that completed, otherwise what is said of it."""

    status: Status
    text: str


@dataclass(frozen=True, slots=True)
class Waits:
    """The platform's gateway has it in its queue, under this name where it says one."""

    delegation_id: str | None


Handed = Ended | Waits


class Doubt(Exception):
    """Nothing can be learned of a message that may have arrived; the text says why."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told: `begin(n)` before the n-th send, and keeps it durably; `saw(update)` of all that the agent says."""

    begin: Callable[[int], Awaitable[None]]
    saw: Callable[[AgentUpdate], Awaitable[None]]


class Sending:
    """One delegation on its way. Used once."""

    def __init__(
        self,
        kept: Kept,
        client: AgentClient,
        session: Session,
        listener: Listener,
        *,
        message: Callable[[int], OutgoingMessage],
    ) -> None:
        """`message(n)` is what goes out at the n-th send."""
        self._kept = kept
        self._client = client
        self._settings = session.settings
        self._clock = session.clock
        self._rng = session.rng
        self._listener = listener
        self._message = message
        self._transcript = Transcript()
        self._remote = kept.remote_task_id
        self._heard = 0

    async def deliver(self) -> Handed:
        """Send, up to `delegation_attempts` times, and follow the task to its end. Raises JournalUnavailable."""
        doubt = False
        failure: Exception | None = None
        for attempt in range(1, self._settings.delegation_attempts + 1):
            if failure is not None:
                await self._clock.sleep(self._settings.delegation_delay * (attempt - 1))
            try:
                if doubt and (handed := await self._if_known()) is not None:
                    return handed
                doubt = False
                await self._listener.begin(attempt)
                return await self._follow(self._client.stream(self._message(attempt), transcript=self._transcript))
            except AgentQueued as queued:
                return Waits(queued.delegation_id)
            except (AgentError, Silent, Doubt) as error:
                if self._remote is not None:
                    return await self._after_break(error)
                failure = error
            if _surely_not_delivered(failure):
                continue
            if not _may_have_arrived(failure):
                return _failed(failure, doubt=doubt)
            doubt = True
            try:
                if (handed := await self._if_known()) is not None:
                    return handed
                doubt = False
            except Doubt as unclear:
                return _failed(unclear)
            except (AgentError, Silent) as error:
                _log.info("%s: the agent could not be asked: %s", self._kept.task_id, error)
            if isinstance(failure, AgentHttpError) and failure.status == HTTPStatus.BAD_GATEWAY:
                return _failed(failure)
        return _failed(failure, doubt=doubt)

    async def take_up(self) -> Handed:
        """Follow what an earlier run has sent; it is never sent again."""
        try:
            if self._remote is None and not await self._found_patiently():
                return Ended(Status.FAILED, INTERRUPTED)
            return await self._resume()
        except UnknownTask:
            return Ended(Status.FAILED, INTERRUPTED)
        except (AgentError, Silent) as error:
            return Ended(Status.FAILED, f"{INTERRUPTED} ({words(error)})")

    async def _if_known(self) -> Handed | None:
        """What became of a message that may have arrived; None where the agent surely does not have it.

        Raises Doubt where the agent cannot say, and AgentError where it could not be asked.
        """
        if await self._find():
            return await self._after_break(None)
        if not self._client.lists_tasks:
            raise Doubt(CANNOT_SAY)
        return None

    async def _find(self) -> bool:
        """Ask for the task by its context, which no other task has."""
        self._remote = await self._client.find_task(self._kept.task_id, message_id=f"msg-{self._kept.task_id}")
        return self._remote is not None

    async def _found_patiently(self) -> bool:
        patience = self._patience()
        while True:
            try:
                return await self._find()
            except AgentError as error:
                if not _unanswered(error):
                    raise
                await patience.after(error)

    async def _after_break(self, error: Exception | None) -> Handed:
        """Go on with a task that the agent has; `error` is what ended the last time that it was followed."""
        if error is not None and not _may_have_arrived(error):
            return _failed(error)
        try:
            return await self._resume()
        except UnknownTask:
            return Ended(Status.FAILED, GONE)
        except (AgentError, Silent) as lost:
            return _failed(lost)

    async def _resume(self) -> Handed:
        """Ask how the task stands and follow it, for as long as its agent answers.

        Raises UnknownTask, and what else the agent says of it; AgentError where it cannot be reached any more.
        """
        task_id = self._remote
        if task_id is None:
            raise AgentLost("the agent named no task; the outcome is unknown")
        patience = self._patience()
        while True:
            before = self._heard
            try:
                return await self._follow(self._client.resubscribe(task_id, transcript=self._transcript))
            except (AgentError, Silent) as error:
                if not _unanswered(error):
                    raise
                if self._heard > before:
                    # It answers, and has nothing new to say: age alone never ends a living one.
                    patience = self._patience()
                await patience.after(error)

    async def _follow(self, updates: AsyncGenerator[AgentUpdate]) -> Handed:
        """Hear a task to its end. Raises Silent where nothing new came for `delegation_timeout`, and AgentError."""
        last: AgentUpdate | None = None
        async with IdleWatchdog(self._clock, self._settings.delegation_timeout) as watchdog, aclosing(updates):
            while (update := await watchdog.wait(anext(updates, None))) is not None:
                self._remote = update.task_id or self._remote
                self._heard += 1
                await self._listener.saw(update)
                last = update
        if last is not None and last.interrupted:
            return await self._until_answered()
        if last is None or not last.terminal:
            raise AgentLost("the agent's stream ended without an outcome")
        return ended_by(last)

    async def _until_answered(self) -> Handed:
        """The agent waits for somebody: ask now and then whether it goes on. No limit applies to people."""
        asked = 0
        while True:
            asked += 1
            await self._clock.sleep(ASK_PAUSES.pause(asked, self._rng))
            if self._remote is None:
                raise AgentLost("the agent asks for input and names no task that could be answered")
            try:
                update = await self._client.get(self._remote)
            except UnknownTask:
                raise
            except AgentError as error:
                _log.info("%s: %s; asking again", self._kept.task_id, error)
                continue
            if update.state is not None and not update.interrupted:
                return await self._resume()

    def _patience(self) -> Patience:
        return Patience(self._clock, self._rng, self._settings.ask_patience)


class Patience:
    """How long an agent is asked again that cannot be reached, with growing pauses."""

    def __init__(self, clock: Clock, rng: Random, seconds: float) -> None:
        self._clock = clock
        self._rng = rng
        self._give_up_at = clock.monotonic() + seconds
        self._failures = 0

    async def after(self, error: Exception) -> None:
        """Pause before the next question. Raises `error` where patience is at its end."""
        self._failures += 1
        if self._clock.monotonic() >= self._give_up_at:
            raise error
        _log.info("the agent could not be asked: %s; asking again", error)
        await self._clock.sleep(ASK_PAUSES.pause(self._failures, self._rng))


def words(error: Exception | None) -> str:
    """What is said of a delegation that an error has ended; an agent's own words stay its own."""
    if isinstance(error, AgentMalformed):
        _log.warning("%s", error)
        return INVALID_JSON
    if isinstance(error, AgentRpcError):
        return error.message or str(error)
    if isinstance(error, Silent):
        return f"timed out: nothing was heard of the agent for {error.seconds:g} s"
    return str(error) or "failed, without a reason given"


def _failed(error: Exception | None, *, doubt: bool = False) -> Ended:
    unknown = "; whether the agent has the task is unknown" if doubt and not isinstance(error, Doubt) else ""
    return Ended(Status.FAILED, f"{words(error)}{unknown}")


def _surely_not_delivered(error: Exception) -> bool:
    """No connection came about, and may another time."""
    return isinstance(error, AgentUnreachable) and not error.hopeless


def _may_have_arrived(error: Exception) -> bool:
    """The link broke or was silent, here or behind a gateway; what the agent has answered is no such thing."""
    if isinstance(error, AgentHttpError):
        return error.status in _DOUBTFUL
    if isinstance(error, AgentRpcError):
        return OUTCOME_UNKNOWN in error.data
    return isinstance(error, Silent | AgentLost | AgentIdle)


def _unanswered(error: Exception) -> bool:
    """A question that nobody has answered, and that somebody may answer later."""
    if isinstance(error, AgentHttpError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in _DOUBTFUL
    return isinstance(error, AgentBusy) or _surely_not_delivered(error) or _may_have_arrived(error)


def ended_by(last: AgentUpdate) -> Ended:
    """How an agent's terminal update ends a delegation."""
    said = last.error or last.message or ""
    match last.state:
        case TaskState.COMPLETED:
            return Ended(Status.COMPLETED, last.output or "")
        case TaskState.CANCELED:
            return Ended(Status.CANCELED, f"the agent canceled it: {said}" if said else "the agent canceled it")
        case TaskState.REJECTED:
            return Ended(Status.FAILED, f"rejected by the agent: {said}" if said else "rejected by the agent")
        case _:
            return Ended(Status.FAILED, said or "the agent failed without saying why")
