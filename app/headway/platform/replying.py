"""Seeing a reply through: it is sent once, and a person is told where it did not arrive (spec: platform-api)."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from enum import Enum
from typing import Final

from headway.a2a.dialects import OutgoingMessage, Verb
from headway.a2a.errors import AgentError, AgentProtocolError, UnknownTask
from headway.a2a.frames import SnapshotFrame, read_frame
from headway.a2a.history import message_ids
from headway.a2a.transcript import Transcript
from headway.a2a.updates import AgentUpdate
from headway.core.clock import Clock
from headway.core.delegation import Via
from headway.core.text import ERROR_LIMIT, clean
from headway.ledger.ledger import Ledger
from headway.ledger.records import Failure, Reply
from headway.platform.attempt import Attempt
from headway.platform.outages import outlast
from headway.platform.settings import Settings

GONE: Final = "the agent no longer knows the task that asked, so the reply could not be given"

_log = logging.getLogger(__name__)


class _Arrived(Enum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Replying:
    """One reply to one task, sent at most once; `attempt` is the one that the reply began.

    `question` is what the agent had asked, where that is known.
    """

    def __init__(
        self, attempt: Attempt, reply: Reply, ledger: Ledger, clock: Clock, settings: Settings, *, question: str | None
    ) -> None:
        attempt.answering = True
        self._attempt = attempt
        self._reply = reply
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._question = question
        self._delivered = False
        self._via = Via.DIRECT if attempt.delegation.queued_at is None else Via.QUEUE_DRAIN

    async def send(self) -> None:
        """Send the reply and follow the task on. Raises `AgentError` as an attempt does, once the agent has it.

        Where it did not arrive, or nobody can tell, the delegation asks for input again and says why.
        """
        try:
            await self._attempt.follow(self._updates(), self._via)
        except AgentError as error:
            if self._delivered:
                raise
            await self._explain(error)

    async def take_up(self) -> None:
        """Go on with a reply that an earlier run left: sent now where the agent surely does not have it."""
        match await self._arrived("the platform was restarted while the reply was on its way"):
            case _Arrived.YES:
                await self._go_on()
            case _Arrived.NO:
                await self.send()
            case _Arrived.UNKNOWN:
                await self._ask_again("the platform was restarted, and the agent does not say whether it has the reply")
            case None:
                pass

    async def _updates(self) -> AsyncGenerator[AgentUpdate]:
        delegation = self._attempt.delegation
        transcript = Transcript(delegation.progress_text)
        transcript.task_id = self._attempt.remote_task_id
        message = OutgoingMessage(
            text=self._reply.text,
            message_id=self._reply.message_id,
            task_id=self._attempt.remote_task_id,
            context_id=delegation.context_id,
            metadata={"delegation_id": delegation.delegation_id},
        )
        last = self._question
        async with aclosing(self._attempt.client.stream(message, transcript=transcript)) as updates:
            async for update in updates:
                if not self._delivered:
                    await self._has_it()
                if update.interrupted and update.message is None:
                    # The same question again: the ledger has "replied" in its place.
                    update = replace(update, message=last)
                elif update.state is None and update.message == self._question:
                    # The first snapshot may still show what was asked.
                    update = replace(update, message=None)
                last = update.message or last
                if update.splice is not None and delegation.progress_offset:
                    shifted = replace(update.splice, offset=update.splice.offset + delegation.progress_offset)
                    update = replace(update, splice=shifted)
                yield update

    async def _explain(self, error: AgentError) -> None:
        """Tell a person why the agent does not go on, unless it turns out that it does."""
        if error.delivered is False:
            await self._ask_again(f"the reply was not delivered: {error}")
            return
        match await self._arrived(str(error)):
            case _Arrived.YES:
                await self._go_on()
            case _Arrived.NO:
                took = "refused the reply" if error.delivered else "did not get the reply"
                await self._ask_again(f"the agent {took}: {error}")
            case _Arrived.UNKNOWN:
                await self._ask_again(f"the agent does not say whether it has the reply: {error}")
            case None:
                pass

    async def _arrived(self, doubt: str) -> _Arrived | None:
        """Whether the agent has the reply, by its own account; None where that was the end of it, which is written."""
        try:
            return await self._attempt.patiently(self._look)
        except UnknownTask:
            await self._attempt.settle(Failure(GONE))
        except AgentError as error:
            await self._ask_again(f"it is not known whether the agent has the reply ({doubt}): {error}")
        return None

    async def _look(self) -> _Arrived:
        task_id = self._attempt.remote_task_id or ""
        frame = read_frame(await self._attempt.client.ask(Verb.GET, task_id))
        if not isinstance(frame, SnapshotFrame) or frame.task_id != task_id:
            raise AgentProtocolError("the agent's answer is not about the task that asked")
        if frame.state is not None and not frame.state.interrupted:
            return _Arrived.YES
        self._question = self._question or frame.text
        known = message_ids(frame.raw)
        if self._reply.message_id in known:
            return _Arrived.YES
        return _Arrived.NO if known else _Arrived.UNKNOWN

    async def _go_on(self) -> None:
        await self._has_it()
        await self._attempt.resume()

    async def _has_it(self) -> None:
        self._delivered = True
        self._attempt.answering = False
        delegation = self._attempt.delegation
        await outlast(
            self._clock,
            self._settings.ledger_retry,
            lambda: self._ledger.reply_delivered(delegation.delegation_id, delegation.attempt),
        )

    async def _ask_again(self, why: str) -> None:
        self._attempt.answering = False
        delegation = self._attempt.delegation
        asked = f"; it had asked: {self._question}" if self._question else ""
        message = clean(f"{why}; reply again{asked}", limit=ERROR_LIMIT)
        _log.info("%s: %s", delegation.delegation_id, message)
        await outlast(
            self._clock,
            self._settings.ledger_retry,
            lambda: self._ledger.reply_not_delivered(delegation.delegation_id, delegation.attempt, message),
        )
