"""One attempt at one delegation: the agent is followed to the end, and what it says is written to the ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Final

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.errors import AgentIdle, AgentLost, AgentUnreachable, UnknownTask
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Delegation, Via
from headway.ledger.ledger import Ledger
from headway.ledger.records import Failure, Outcome
from headway.platform.observing import NOTHING, merge, outcome
from headway.platform.settings import Settings

INTERRUPTED: Final = "interrupted by a platform restart; outcome unknown"

_log = logging.getLogger(__name__)


class Attempt:
    """Sends a claimed delegation, or takes up one that was sent before, and writes what comes of it.

    The ledger fences by attempt: whatever this one writes after another has taken over, or after a cancel has settled
    the delegation, is refused there (`ledger.errors.Conflict`), and this attempt ends.
    """

    def __init__(
        self, delegation: Delegation, client: AgentClient, ledger: Ledger, clock: Clock, settings: Settings
    ) -> None:
        self.delegation = delegation
        self.client = client
        self.remote_task_id = delegation.remote_task_id
        self.known = asyncio.Event()
        """Set once the agent's task id is known, so that the task can be asked after and canceled."""
        if self.remote_task_id is not None:
            self.known.set()
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._pending = NOTHING
        self._dirty = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def send(self) -> None:
        """Send the task and follow it until it has ended or waits for input.

        Raises `AgentBusy` when the agent took nothing on; every other failure of the agent settles the delegation.
        """
        message = OutgoingMessage(
            text=self.delegation.task,
            message_id=self.delegation.delegation_id,
            context_id=self.delegation.context_id,
            metadata={"delegation_id": self.delegation.delegation_id},
        )
        await self._follow(self.client.stream(message), Via.DIRECT)

    async def resume(self) -> None:
        """Take up a delegation that an earlier run of the platform left in flight; it is never sent again.

        An agent that cannot be reached is asked again for `ask_patience` seconds. Raises `AgentError` after that.
        """
        task_id = self.remote_task_id or await self.client.find_task(
            self.delegation.context_id or self.delegation.delegation_id
        )
        if task_id is None:
            await self.settle(Failure(INTERRUPTED))
            return
        give_up_at = self._clock.monotonic() + self._settings.ask_patience
        while True:
            try:
                await self._follow(self.client.resubscribe(task_id), Via.RESUME)
            except UnknownTask:
                await self.settle(Failure(INTERRUPTED))
            except (AgentLost, AgentIdle, AgentUnreachable) as error:
                if self._clock.monotonic() >= give_up_at:
                    raise
                _log.info("%s: %s; asking again", self.delegation.delegation_id, error)
                continue
            return

    async def settle(self, result: Outcome) -> None:
        """Write how it ended. Raises `ledger.errors.Conflict` where it has ended otherwise."""
        await self._ledger.settle(self.delegation.delegation_id, self.delegation.attempt, result)

    async def observe(self, update: AgentUpdate, via: Via = Via.DIRECT) -> None:
        """Write one update that came outside the stream, such as the answer to a poll."""
        await self._flush()
        self._pending = merge(NOTHING, update) or NOTHING
        await self._flush()
        if update.terminal:
            await self.settle(outcome(update, via))

    async def _follow(self, updates: AsyncGenerator[AgentUpdate], via: Via) -> None:
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
        finally:
            writer.cancel()
            await asyncio.wait({writer})
        await self._flush()

    async def _write_pending(self) -> None:
        while True:
            await self._dirty.wait()
            await self._flush()
            await self._clock.sleep(self._settings.flush_every)

    async def _take(self, update: AgentUpdate) -> None:
        if self._writer is not None and self._writer.done():
            self._writer.result()
        merged = merge(self._pending, update)
        if merged is None:
            await self._flush()
            merged = merge(NOTHING, update)
        assert merged is not None
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
        pending, self._pending = self._pending, NOTHING
        self._dirty.clear()
        if pending != NOTHING:
            await self._ledger.append(self.delegation.delegation_id, self.delegation.attempt, pending)
