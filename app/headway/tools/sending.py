"""Handing one delegation to its agent: attempts, pauses, and asking before anything is sent again (spec: agent-tools).

Sent again is what surely did not arrive, or what the agent says it does not have. Everything else is asked after.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.errors import AgentError, AgentHttpError, AgentLost, AgentQueued, UnknownTask
from headway.a2a.states import TaskState
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.core.delegation import Status
from headway.net.errors import Silent
from headway.net.idle import IdleWatchdog
from headway.tools.delegation import Kept
from headway.tools.failures import Doubt, may_have_arrived, surely_not_delivered, unanswered, words
from headway.tools.patience import ASK_PAUSES, Patience
from headway.tools.replies import Replies, Reply
from headway.tools.session import Session

GONE: Final = "the agent no longer knows the task; the outcome is unknown"
INTERRUPTED: Final = "interrupted by a restart; outcome unknown"
CANNOT_SAY: Final = (
    "timed out; the agent cannot say whether it has the task, and it was not sent again: the outcome is unknown"
)

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


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told: `begin(n)` before the n-th send, and keeps it durably; `saw(update)` of all that the agent says;
    `not_taken(reply, why)` of a reply that the agent does not have, or may not."""

    begin: Callable[[int], Awaitable[None]]
    saw: Callable[[AgentUpdate], Awaitable[None]]
    not_taken: Callable[[Reply, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out: `task(n)` at the n-th send, `reply(reply, context_id)` to what the agent asks."""

    task: Callable[[int], OutgoingMessage]
    reply: Callable[[Reply, str | None], OutgoingMessage]


class Sending:
    """One delegation on its way. Used once."""

    def __init__(
        self,
        kept: Kept,
        client: AgentClient,
        session: Session,
        listener: Listener,
        outgoing: Outgoing,
        replies: Replies,
    ) -> None:
        self._kept = kept
        self._client = client
        self._settings = session.settings
        self._clock = session.clock
        self._rng = session.rng
        self._listener = listener
        self._outgoing = outgoing
        self._replies = replies
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
                return await self._follow(
                    self._client.stream(self._outgoing.task(attempt), transcript=self._transcript)
                )
            except AgentQueued as queued:
                return Waits(queued.delegation_id)
            except (AgentError, Silent, Doubt) as error:
                if self._remote is not None:
                    return await self._after_break(error)
                failure = error
            if surely_not_delivered(failure):
                continue
            if not may_have_arrived(failure):
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
        # There is one attempt at least.
        assert failure is not None
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
                if not unanswered(error):
                    raise
                await patience.after(error)

    async def _after_break(self, error: Exception | None) -> Handed:
        """Go on with a task that the agent has; `error` is what ended the last time that it was followed."""
        if error is not None and not may_have_arrived(error):
            return _failed(error)
        try:
            return await self._resume()
        except UnknownTask:
            return Ended(Status.FAILED, GONE)
        except (AgentError, Silent) as lost:
            return _failed(lost)

    async def _resume(self) -> Handed:
        """Ask how the task stands and follow it to its end, for as long as its agent answers.

        Raises UnknownTask, and what else the agent says of it; AgentError where it cannot be reached any more.
        """
        return await self._settled(await self._taken_up())

    async def _follow(self, updates: AsyncGenerator[AgentUpdate]) -> Handed:
        """Follow a task to its end. Raises Silent where nothing new came for `delegation_timeout`, and AgentError."""
        return await self._settled(await self._hear(updates))

    async def _settled(self, handed: Handed | None) -> Handed:
        """The end of a task that asks for input as often as it likes."""
        while handed is None:
            handed = await self._answered()
        return handed

    async def _taken_up(self) -> Handed | None:
        task_id = self._remote
        if task_id is None:
            raise AgentLost("the agent named no task; the outcome is unknown")
        patience = self._patience()
        while True:
            before = self._heard
            try:
                return await self._hear(self._client.resubscribe(task_id, transcript=self._transcript))
            except (AgentError, Silent) as error:
                if not unanswered(error):
                    raise
                if self._heard > before:
                    # It answers, and has nothing new to say: age alone never ends a living one.
                    patience = self._patience()
                await patience.after(error)

    async def _hear(self, updates: AsyncGenerator[AgentUpdate]) -> Handed | None:
        """Hear a task to its end; None where its agent asks for input."""
        last: AgentUpdate | None = None
        async with IdleWatchdog(self._clock, self._settings.delegation_timeout) as watchdog, aclosing(updates):
            while (update := await watchdog.wait(anext(updates, None))) is not None:
                self._remote = update.task_id or self._remote
                self._heard += 1
                await self._listener.saw(update)
                last = update
        if last is not None and last.interrupted:
            return None
        if last is None or not last.terminal:
            raise AgentLost("the agent's stream ended without an outcome")
        return ended_by(last)

    async def _answered(self) -> Handed | None:
        """The agent waits for somebody: pass on what our caller replies, and ask now and then whether it goes on by
        itself. No limit applies to people. None where it asks again."""
        asked = 0
        while True:
            asked += 1
            reply = await self._replies.next(ASK_PAUSES.pause(asked, self._rng))
            if self._remote is None:
                raise AgentLost("the agent asks for input and names no task that could be answered")
            if reply is not None:
                return await self._reply(reply)
            try:
                update = await self._client.get(self._remote)
            except UnknownTask:
                raise
            except AgentError as error:
                _log.info("%s: %s; asking again", self._kept.task_id, error)
                continue
            if update.state is not None and not update.interrupted:
                if self._replies.drop():
                    _log.warning(
                        "%s: its agent went on before it had the reply, which was not sent", self._kept.task_id
                    )
                return await self._taken_up()

    async def _reply(self, reply: Reply) -> Handed | None:
        """Send a reply, once, and hear what comes of it. Where the agent may not have it, its caller is told so."""
        before = self._heard
        message = self._outgoing.reply(reply, self._transcript.context_id)
        try:
            return await self._hear(self._client.stream(message, transcript=self._transcript))
        except AgentQueued:
            why = "the agent is busy, and the platform keeps the reply for it; it need not be given again"
        except (AgentError, Silent) as error:
            if self._heard > before:
                return await self._after_reply(error)
            why = _not_taken(error)
        await self._listener.not_taken(reply, why)
        return None

    async def _after_reply(self, error: Exception) -> Handed | None:
        if not may_have_arrived(error):
            return _failed(error)
        return await self._taken_up()

    def _patience(self) -> Patience:
        return Patience(self._clock, self._rng, self._settings.ask_patience)


def ended_by(last: AgentUpdate) -> Ended:
    """How an agent's terminal update ends a delegation."""
    match last.state:
        case TaskState.COMPLETED:
            return Ended(Status.COMPLETED, last.output or "")
        case TaskState.CANCELED:
            said = f": {last.message}" if last.message else ""
            return Ended(Status.CANCELED, f"the agent canceled it{said}")
        case _:
            return Ended(Status.FAILED, last.failure)


def _not_taken(error: Exception) -> str:
    match error.delivered if isinstance(error, AgentError) else None:
        case False:
            return f"the reply was not delivered: {words(error)}; reply again"
        case True:
            return f"the agent refused the reply: {words(error)}; reply again"
        case _:
            return f"it is not known whether the agent has the reply: {words(error)}; look again, then reply again"


def _failed(error: Exception, *, doubt: bool = False) -> Ended:
    unknown = "; whether the agent has the task is unknown" if doubt and not isinstance(error, Doubt) else ""
    return Ended(Status.FAILED, f"{words(error)}{unknown}")
