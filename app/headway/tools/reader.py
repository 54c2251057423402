"""Reading one task to its end: sent once, then followed through silence and broken links."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage, Verb
from headway.a2a.errors import AgentError, AgentIdle, AgentUnreachable, UnknownTask
from headway.a2a.history import message_ids
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.net.backoff import Backoff
from headway.net.errors import Silent
from headway.net.idle import IdleWatchdog
from headway.tools.errors import JournalUnavailable
from headway.tools.outcome import Ending, Progress, State
from headway.tools.reading import Reading
from headway.tools.session import Session

PAUSES: Final = Backoff(first=0.5, most=15.0)
"""The pauses between two tries to take up a task whose link was lost."""
NEVER_TAKEN: Final = "the agent has no task of this message, which was not sent again; send it anew"
NOT_ASKABLE: Final = (
    "the link was lost before the agent named its task, and the agent cannot be asked which one that is; the outcome "
    "is unknown, and the message was not sent again"
)
GONE: Final = "the agent no longer knows the task; the outcome is unknown"

_log = logging.getLogger(__name__)


class Hooks:
    """What the owner of a task wants to be told. These do nothing."""

    async def sending(self) -> None:
        """The message is about to leave."""

    async def known(self, remote_task_id: str) -> None:
        """The agent has taken it on under this id."""

    async def is_anothers(self, remote_task_id: str) -> bool:
        """Whether this task of the agent's belongs to another message of ours."""
        return False

    def progress(self, progress: Progress) -> None:
        """The agent said something."""


class Reader:
    """Sends a message once and reads its task to the end, or takes up one that was sent before. Used once.

    An agent that is only silent is waited for: who owns the task ends it. One that refuses connections is asked for
    `ask_patience` seconds.
    """

    def __init__(
        self, session: Session, client: AgentClient, message: OutgoingMessage, reading: Reading, hooks: Hooks
    ) -> None:
        self._settings = session.settings
        self._clock: Clock = session.clock
        self._rng = session.rng
        self._client = client
        self._message = message
        self._reading = reading
        self._hooks = hooks
        self._give_up_at: float | None = None
        self._hidden = False

    async def send(self) -> Ending:
        """Send the message, and read what comes of it; what may have left before is not sent, but asked after."""
        if self._reading.sending:
            return await self.resume()
        try:
            # Its card is read first: there is little left to be killed in between the journal's word and the sending.
            await self._client.streams()
            self._reading.sending = True
            try:
                await self._hooks.sending()
            except JournalUnavailable as error:
                self._reading.sending = False
                return Ending(State.FAILED, error=f"{error}; the message was not sent")
            return await self._take(self._client.stream(self._message, transcript=self._reading.transcript))
        except Silent:
            return await self.resume()
        except AgentError as error:
            if error.delivered is not None:
                return _failed(error)
            _log.info("%s: %s; asking the agent", self._reading.task_id, error)
            return await self.resume(error)

    async def resume(self, lost: AgentError | None = None) -> Ending:
        """Take up a task that was sent before; `lost` is what ended the reading of it, if that is known."""
        failures = 0
        while True:
            try:
                remote_task_id = await self.find()
                if remote_task_id is None:
                    asked = NEVER_TAKEN if self._client.lists_tasks and not self._hidden else NOT_ASKABLE
                    return Ending(State.FAILED, error=f"{lost}; {asked}" if lost is not None else asked)
                transcript = self._reading.transcript
                return await self._take(self._client.resubscribe(remote_task_id, transcript=transcript))
            except Silent:
                failures = 0
                continue
            except UnknownTask:
                return Ending(State.FAILED, self._reading.text, GONE)
            except AgentError as error:
                if (ending := self._given_up(error)) is not None:
                    return ending
            failures += 1
            await self._clock.sleep(PAUSES.pause(failures, self._rng))

    async def find(self) -> str | None:
        """The agent's task, asked for by its context where it was never heard; None where the agent names none."""
        if self._reading.remote_task_id is not None:
            return self._reading.remote_task_id
        message = self._message
        found = await self._client.find_task(message.context_id or message.message_id, message_id=message.message_id)
        if found is None:
            return None
        if not await self._is_ours(found):
            self._hidden = True
            return None
        await self._know(found)
        return found

    async def _is_ours(self, remote_task_id: str) -> bool:
        """A session may have several tasks, and the agent names its newest only."""
        if await self._hooks.is_anothers(remote_task_id):
            return False
        task = await self._client.ask(Verb.GET, remote_task_id)
        sent = message_ids(task) if isinstance(task, dict) else frozenset()
        return not sent or self._message.message_id in sent

    def _given_up(self, error: AgentError) -> Ending | None:
        """How it ends for an error that asking again cannot mend; None while it is worth asking again."""
        cause = error.__cause__ if isinstance(error.__cause__, AgentError) else error
        if isinstance(cause, AgentIdle) or (isinstance(cause, AgentUnreachable) and cause.timed_out):
            self._give_up_at = None
            return None
        if cause.delivered is True:
            return _failed(error, self._reading.text)
        now = self._clock.monotonic()
        if self._give_up_at is None:
            self._give_up_at = now + self._settings.ask_patience
        if now < self._give_up_at:
            _log.info("%s: %s; asking again", self._reading.task_id, error)
            return None
        return _failed(error, self._reading.text)

    async def _take(self, updates: AsyncGenerator[AgentUpdate]) -> Ending:
        """Read `updates` to the end of the task. Raises Silent where nothing came for long of a task that is known."""
        last: AgentUpdate | None = None
        async with aclosing(updates), IdleWatchdog(self._clock, self._settings.idle_seconds) as watchdog:
            while True:
                following = anext(updates, None)
                # Before the agent has named its task there is nothing to ask it for, so it is only waited for.
                update = await (watchdog.wait(following) if self._reading.known.is_set() else following)
                if update is None:
                    break
                self._give_up_at = None
                self._hooks.progress(self._reading.hear(update, self._clock.now_ms()))
                if update.task_id is not None and self._reading.remote_task_id is None:
                    await self._know(update.task_id)
                last = update
        return ending_of(last, self._reading)

    async def _know(self, remote_task_id: str) -> None:
        self._reading.know(remote_task_id)
        await self._hooks.known(remote_task_id)


def ending_of(last: AgentUpdate | None, reading: Reading) -> Ending:
    """How a task has ended, from the last thing that was heard of it."""
    state = last.state if last is not None else None
    if last is None or state is None:
        return Ending(State.FAILED, reading.text, "the agent's stream ended without a result; the outcome is unknown")
    if state is TaskState.COMPLETED:
        return Ending(State.COMPLETED, last.output or "")
    if state is TaskState.CANCELED:
        return Ending(State.CANCELED, last.output or "", last.message or "the agent canceled the task")
    if state.interrupted:
        return Ending(State.INPUT_REQUIRED, last.message or reading.text)
    return Ending(State.FAILED, last.output or "", last.error)


def _failed(error: AgentError, text: str = "") -> Ending:
    return Ending(State.FAILED, text, str(error))
