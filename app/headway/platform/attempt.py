"""One attempt at one delegation: the agent is followed to the end, and what it says is written to the ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Final, TypeVar

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.errors import (
    AgentBusy,
    AgentError,
    AgentForbidden,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentUnreachable,
    UnknownTask,
)
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Via
from headway.ledger.errors import LedgerError
from headway.ledger.ledger import Ledger
from headway.ledger.records import Claimed, Failure, Observation, Outcome
from headway.platform.observing import NOTHING, merge, observed, outcome
from headway.platform.outages import outlast
from headway.platform.pushes import Pushes, expected
from headway.platform.settings import Settings
from headway.platform.undelivered import is_worth_a_retry

T = TypeVar("T")

INTERRUPTED: Final = "interrupted by a platform restart; outcome unknown"

_log = logging.getLogger(__name__)


class Attempt:
    """Sends a claimed delegation, or takes up one that was sent before, and writes what comes of it.

    The ledger fences by attempt: whatever this one writes after another has taken over, or after a cancel has settled
    the delegation, is refused there (`ledger.errors.Conflict`), and this attempt ends. While the ledger is unavailable
    it waits with what it has heard.
    """

    def __init__(
        self,
        claimed: Claimed,
        client: AgentClient,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        rest: Callable[[float], None] | None = None,
        pushes: Pushes | None = None,
    ) -> None:
        """`rest` is told for how many seconds the agent had better be left alone by others, too.

        `pushes` is where the agent may say that there is news.
        """
        self.delegation = claimed.delegation
        self._request = claimed.request or {}
        self._via = Via.QUEUE_DRAIN if claimed.drained else Via.DIRECT
        delegation = self.delegation
        self.client = client
        self.remote_task_id = delegation.remote_task_id
        self.known = asyncio.Event()
        """Set once the agent can be asked for the task: its id is known, or nothing more will be heard of it here."""
        if self.remote_task_id is not None:
            self.known.set()
        self.answering = False
        """A reply is on its way: that the agent still asks is no news."""
        self.pausing = False
        """True before the one retry: nothing is on its way then, and nothing will be if this attempt is ended."""
        self.canceling = False
        """Whether it is to be canceled, so that it is not sent again."""
        self._rest = rest
        self._pushes = pushes
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._pending = NOTHING
        self._dirty = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    async def send(self) -> None:
        """Send the task and follow it until it has ended or waits for input.

        Raises `AgentBusy` and `AgentUnreachable` when the agent surely took nothing on, and every other `AgentError`
        that leaves the outcome unknown.
        """
        try:
            await self._deliver()
        except AgentHttpError as error:
            if self.remote_task_id is not None or not is_worth_a_retry(error):
                raise
            await self._retry(error)

    async def _deliver(self) -> None:
        try:
            with expected(self._pushes, self.delegation.delegation_id) as push:
                message = replace(self._message(), push=push.target)
                await self.follow(self.client.stream(message, news=push.news), self._via)
        except (AgentLost, AgentIdle):
            # It may have arrived without an answer: that is asked after, never sent again (spec: requirements Q12).
            if self.remote_task_id is not None or await self.patiently(self.find) is None:
                raise
            await self.resume()

    async def _retry(self, first: AgentHttpError) -> None:
        """The one retry of what a proxy answered for its agent; the agent is asked first, as it may have the task."""
        if self.canceling:
            self.known.set()
            return
        pause = max(self._settings.retry_pause, first.retry_after or 0.0)
        if self._rest is not None:
            self._rest(pause)
        self.pausing = True
        await self._clock.sleep(pause)
        asked = False
        if self.client.lists_tasks and self.delegation.context_id is not None:
            found = await self.patiently(self.find)
            asked = self.client.lists_tasks
            if found is not None:
                self.pausing = False
                await self.resume()
                return
        self.pausing = False
        try:
            await self._deliver()
        except (AgentBusy, AgentUnreachable) as error:
            if asked:
                raise
            raise _twice(first, error) from error
        except AgentHttpError as error:
            if not is_worth_a_retry(error):
                raise
            raise _twice(first, error) from error

    async def resume(self) -> None:
        """Take up a delegation that an earlier run of the platform left in flight; it is never sent again.

        An agent that cannot be reached is asked again for `ask_patience` seconds. Raises `AgentError` after that.
        """
        try:
            await self.patiently(self._take_up)
        except UnknownTask:
            await self.settle(Failure(INTERRUPTED))

    async def find(self) -> str | None:
        """The agent's task id, asked for by context where it was never heard; None where the agent has no such task."""
        if self.remote_task_id is None:
            delegation, message = self.delegation, self._message()
            context_id = delegation.context_id or delegation.delegation_id
            return await self.client.find_task(context_id, message_id=message.message_id)
        return self.remote_task_id

    async def settle(self, result: Outcome) -> None:
        """Write how it ended. Raises `ledger.errors.Conflict` where it has ended otherwise."""
        await self._written(lambda: self._ledger.settle(self.delegation.delegation_id, self.delegation.attempt, result))

    async def observe(self, update: AgentUpdate) -> None:
        """Write one update that came outside the stream, such as the answer to a poll."""
        async with self._flushing:
            await self._append_pending()
            await self._append(observed(update))
        if update.terminal:
            await self.settle(outcome(update, self._via))

    def _message(self) -> OutgoingMessage:
        """What is sent: the task, or the message that the gateway took in; the same on every attempt."""
        delegation_id = self.delegation.delegation_id
        raw = self._request.get("message")
        return OutgoingMessage(
            text=self.delegation.task,
            message_id=raw.get("messageId") or delegation_id if raw else delegation_id,
            context_id=self.delegation.context_id,
            metadata={"delegation_id": delegation_id},
            params_metadata=self._request.get("metadata"),
            raw=raw,
            configuration=self._request.get("configuration"),
        )

    async def _take_up(self) -> None:
        task_id = await self.find()
        if task_id is None:
            await self.settle(Failure(INTERRUPTED))
        else:
            await self.follow(self.client.resubscribe(task_id), Via.RESUME)

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """`ask`, again and again for `ask_patience` seconds while the agent cannot answer. Raises `AgentError`."""
        give_up_at = self._clock.monotonic() + self._settings.ask_patience
        pause = self._settings.ask_pause
        while True:
            try:
                return await ask()
            except (AgentLost, AgentIdle, AgentUnreachable, AgentForbidden, AgentBusy, AgentHttpError) as error:
                if self._clock.monotonic() >= give_up_at:
                    raise _unknown(error) from error
                _log.info("%s: %s; asking again", self.delegation.delegation_id, error)
                await self._clock.sleep(pause)
                pause = min(pause * 2, self._settings.ask_pause_max)

    async def follow(self, updates: AsyncGenerator[AgentUpdate], via: Via) -> None:
        """Write what `updates` tell, and how it ended where they tell that. Raises what they raise."""
        last: AgentUpdate | None = None
        async with self._writing(), aclosing(updates):
            async for update in updates:
                await self._take(update)
                last = update
        if last is not None and last.terminal:
            await self.settle(outcome(last, via))

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Write what is pending in the background, at most every `flush_every` seconds, and all of it at the end."""
        writer = self._writer = asyncio.create_task(self._write_pending(), name="attempt-writer")
        try:
            yield
            await self._flush()
        except AgentError:
            await self._flush()
            raise
        finally:
            writer.cancel()
            [ended] = await asyncio.gather(writer, return_exceptions=True)
        if isinstance(ended, Exception) and not isinstance(ended, LedgerError):
            raise ended

    async def _write_pending(self) -> None:
        while True:
            await self._dirty.wait()
            await self._flush()
            await self._clock.sleep(self._settings.flush_every)

    async def _take(self, update: AgentUpdate) -> None:
        if self._writer is not None and self._writer.done():
            self._writer.result()
        seen = observed(update)
        merged = merge(self._pending, seen)
        if merged is None:
            await self._flush()
            merged = seen
        self._pending = merged
        self._dirty.set()
        if update.task_id is not None and self.remote_task_id is None:
            self.remote_task_id = update.task_id
            self._pending = replace(merged, dialect=self.client.dialect)
            await self._flush()
            self.known.set()
        elif merged.splice is not None and len(merged.splice.text) >= self._settings.flush_characters:
            await self._flush()

    async def _flush(self) -> None:
        # One write at a time, in the order of what was heard: a splice that came late would take text back.
        async with self._flushing:
            await self._append_pending()

    async def _append_pending(self) -> None:
        pending, self._pending = self._pending, NOTHING
        self._dirty.clear()
        await self._append(pending)

    async def _append(self, seen: Observation) -> None:
        if seen != NOTHING:
            await self._written(
                lambda: self._ledger.append(self.delegation.delegation_id, self.delegation.attempt, seen)
            )

    async def _written(self, write: Callable[[], Awaitable[object]]) -> None:
        await outlast(self._clock, self._settings.ledger_retry, write)


def _twice(first: AgentError, second: AgentError) -> AgentError:
    return AgentLost(f"{first}, and at the retry: {second}; whether the agent has the task is unknown")


def _unknown(error: AgentError) -> AgentError:
    """What is raised where a task that was sent cannot be asked after: never an error that would have it sent again."""
    if isinstance(error, (AgentLost, AgentIdle)):
        return error
    return AgentLost(f"the agent could not be asked how its task stands ({error}); the outcome is unknown")
