"""Following one task to its end, through broken streams, silent agents and agents that do not stream at all."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from headway.a2a.dialects import OutgoingMessage, Verb
from headway.a2a.errors import (
    METHOD_NOT_FOUND,
    UNSUPPORTED_OPERATION,
    AgentBusy,
    AgentError,
    AgentForbidden,
    AgentHttpError,
    AgentIdle,
    AgentLost,
    AgentProtocolError,
    AgentRpcError,
    AgentUnreachable,
    UnknownTask,
)
from headway.a2a.frames import Frame, SnapshotFrame, StatusFrame, read_frame
from headway.a2a.rpc import EMPTY_RESPONSE
from headway.net.backoff import Backoff
from headway.net.errors import Silent
from headway.net.idle import IdleWatchdog

if TYPE_CHECKING:
    from headway.a2a.transcript import Transcript
    from headway.a2a.updates import AgentUpdate
    from headway.core.clock import Clock

NOT_STREAMING: Final = frozenset({METHOD_NOT_FOUND, UNSUPPORTED_OPERATION})
"""Refusals of a stream: the method is not there, or the operation is not supported."""
_BROKEN: Final = (AgentLost, AgentIdle, AgentUnreachable, AgentForbidden)

FRAMES_A_TURN: Final = 20
ASKED_FOR_THE_WHOLE: Final = 3
"""Times: an agent may tell the end of a task a moment before it answers with it."""
_END: Final = object()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowPolicy:
    """How patiently a task is followed: pauses between questions, and how many questions in a row may fail.

    `settle` is how many seconds a stream may stay silent after a terminal state that came with `final: false`.
    """

    pauses: Backoff = field(default_factory=lambda: Backoff(first=0.5, most=10.0))
    failures_allowed: int = 5
    settle: float = 5.0


class Asking(Protocol):
    """What following needs of an agent."""

    async def streams(self) -> bool: ...
    def stop_streaming(self) -> None: ...
    async def ask(self, verb: Verb, task_id: str) -> object: ...
    async def ask_send(self, message: OutgoingMessage, *, blocking: bool) -> object: ...
    def open_send(self, message: OutgoingMessage) -> AsyncGenerator[object]: ...
    def open_resubscribe(self, task_id: str) -> AsyncGenerator[object]: ...


class Follower:
    """One task, followed. Used once."""

    def __init__(
        self,
        agent: Asking,
        transcript: Transcript,
        clock: Clock,
        rng: random.Random,
        policy: FollowPolicy,
        news: asyncio.Event | None = None,
    ) -> None:
        """`news` is set by others when the agent had better be asked now."""
        self._agent = agent
        self._transcript = transcript
        self._clock = clock
        self._rng = rng
        self._policy = policy
        self._news = news or asyncio.Event()
        self._pauses = 0
        self._heard = False
        self._broken: AgentError | None = None
        self._taken_up = False

    async def stream(self, message: OutgoingMessage) -> AsyncGenerator[AgentUpdate]:
        """Send, then follow to the end."""
        self._transcript.begin_turn(replying=message.task_id is not None)
        try:
            if await self._agent.streams():
                async with aclosing(self._read(self._agent.open_send(message))) as updates:
                    async for update in updates:
                        yield update
            else:
                async for update in self._send(message):
                    yield update
        except AgentRpcError as error:
            if error.code not in NOT_STREAMING or self._heard:
                raise
            async for update in self._send(message):
                yield update
            self._agent.stop_streaming()
        if not self._heard:
            raise AgentProtocolError(EMPTY_RESPONSE)
        if not self._transcript.ended:
            async with aclosing(self._to_the_end()) as rest:
                async for update in rest:
                    yield update

    async def resume(self, task_id: str) -> AsyncGenerator[AgentUpdate]:
        """Take up a task by its id and follow it to the end."""
        self._transcript.begin_turn(replying=False)
        self._transcript.task_id = task_id
        self._heard = True
        async with aclosing(self._to_the_end()) as updates:
            async for update in updates:
                yield update

    async def _send(self, message: OutgoingMessage) -> AsyncGenerator[AgentUpdate]:
        """For agents that do not stream: ask for an early answer; what follows is asked for."""
        frame = read_frame(await self._agent.ask_send(message, blocking=False))
        if frame is None:
            raise AgentProtocolError("the agent's answer is neither a task nor a message")
        self._heard = True
        if (update := self._transcript.apply(frame)) is not None:
            yield update

    async def _to_the_end(self) -> AsyncGenerator[AgentUpdate]:
        """Ask how the task stands and follow it again, until it has ended or cannot be asked any more."""
        self._transcript.end_turn()
        task_id = self._transcript.task_id
        if task_id is None:
            raise self._broken or AgentProtocolError("the stream ended without a final event and named no task")
        failures = 0
        while True:
            try:
                if (update := await self._ask(task_id)) is not None:
                    self._pauses = 0
                    yield update
                failures = 0
            except (AgentLost, AgentIdle, AgentUnreachable, AgentForbidden, AgentBusy, AgentHttpError) as error:
                failures += 1
                if failures > self._policy.failures_allowed:
                    raise self._unconfirmed(error) from error
            if self._transcript.ended:
                return
            if not failures and await self._agent.streams():
                async with aclosing(self._resubscribe(task_id)) as updates:
                    async for update in updates:
                        self._pauses = 0
                        yield update
                if self._transcript.ended:
                    return
            self._pauses += 1
            await self._rest(self._policy.pauses.pause(max(failures, self._pauses), self._rng))

    async def _rest(self, seconds: float) -> None:
        """Pause until the next question. News ends it; however many there are, the shortest pause stays."""
        least = min(seconds, self._policy.pauses.first)
        await self._clock.sleep(least)
        waits = {
            asyncio.ensure_future(self._clock.sleep(seconds - least)),
            asyncio.ensure_future(self._news.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._news.clear()

    async def _ask(self, task_id: str) -> AgentUpdate | None:
        frame = read_frame(await self._agent.ask(Verb.GET, task_id))
        if frame is None:
            raise AgentProtocolError("the agent's answer is no task")
        return self._transcript.apply(frame)

    async def _resubscribe(self, task_id: str) -> AsyncGenerator[AgentUpdate]:
        self._taken_up = True
        try:
            async with aclosing(self._read(self._agent.open_resubscribe(task_id))) as updates:
                async for update in updates:
                    yield update
        except UnknownTask:
            raise
        except AgentRpcError as error:
            if error.code not in NOT_STREAMING:
                raise
            # -32004 is also the answer for a task that has finished meanwhile: asking tells which.
            if error.code == METHOD_NOT_FOUND:
                self._agent.stop_streaming()
        except (AgentBusy, AgentHttpError) as error:
            # The task is at the agent already: a refusal of the stream says nothing of it.
            _log.info("the stream could not be taken up again: %s", error)

    async def _read(self, results: AsyncGenerator[object]) -> AsyncGenerator[AgentUpdate]:
        """The updates of one stream, up to the end of the task or of the stream, whichever comes first."""
        held: Frame | None = None
        read = 0
        try:
            async with aclosing(results), IdleWatchdog(self._clock, self._policy.settle) as settling:
                while True:
                    following = anext(results, _END)
                    result = await (following if held is None else settling.wait(following))
                    if result is _END:
                        break
                    frame = read_frame(result)
                    if frame is None:
                        _log.warning("skipped a frame that is no task, message or update")
                        continue
                    self._heard = True
                    read += 1
                    if not read % FRAMES_A_TURN:
                        # Many frames may be there at once; others want their turn between.
                        await asyncio.sleep(0)
                    if frame.task_id is not None and self._transcript.task_id not in (frame.task_id, None):
                        # Neither its end nor its silence is ours.
                        _log.info("skipped a frame about another task")
                        continue
                    if _goes_on(frame):
                        held = frame
                        continue
                    frame = await self._with_result(frame)
                    if (update := self._transcript.apply(frame)) is not None:
                        yield update
                    if self._transcript.ended or (isinstance(frame, StatusFrame) and frame.final):
                        return
        except Silent:
            _log.info("the agent says that its stream goes on, and says no more")
        except _BROKEN as error:
            if not self._heard:
                raise
            _log.info("a stream broke off: %s", error)
            self._broken = error
        if held is not None and (update := self._transcript.apply(await self._with_result(held))) is not None:
            yield update

    async def _with_result(self, frame: Frame) -> Frame:
        """The whole task in place of its end, where the stream does not tell all of it.

        Its result may have another form if there was no text; and what an agent tells in the snapshot of a stream that
        is taken up again it may tell once more in that stream.
        """
        task_id = frame.task_id or self._transcript.task_id
        if not isinstance(frame, StatusFrame) or task_id is None or frame.state is None or not frame.state.terminal:
            return frame
        without_result = frame.state == "completed" and not frame.text and not self._transcript.has_output
        if not without_result and not self._taken_up:
            return frame
        try:
            for asked in range(1, ASKED_FOR_THE_WHOLE + 1):
                whole = read_frame(await self._agent.ask(Verb.GET, task_id))
                if isinstance(whole, SnapshotFrame) and whole.state is frame.state:
                    return whole
                if asked < ASKED_FOR_THE_WHOLE:
                    await self._rest(self._policy.pauses.first)
        except AgentError as error:
            _log.info("a task that has ended could not be asked for: %s", error)
        return frame

    def _unconfirmed(self, error: AgentError) -> AgentError:
        kind = AgentIdle if isinstance(self._broken, AgentIdle) else AgentLost
        first = f"{self._broken}; " if self._broken is not None else ""
        return kind(f"{first}the agent could not be asked how its task stands ({error}); the outcome is unknown")


def _goes_on(frame: Frame) -> bool:
    """An update that says `final: false` with a terminal state is believed once the stream has ended."""
    return isinstance(frame, StatusFrame) and frame.final is False and frame.state is not None and frame.state.terminal
