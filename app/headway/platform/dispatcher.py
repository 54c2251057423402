"""The dispatcher: hands waiting delegations to agents with free slots and sees each one through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentBusy, AgentError, AgentUnreachable
from headway.core.clock import Clock
from headway.core.delegation import WAITING, Delegation, Status
from headway.ledger.errors import Conflict, IllegalMove, NotFound
from headway.ledger.ledger import Ledger
from headway.ledger.records import NEVER_SENT, Cancellation, Claimed, Failure, Outcome, Reply
from headway.platform.agents import Agents
from headway.platform.attempt import Attempt
from headway.platform.canceling import cancel_at_agent
from headway.platform.outages import outlast
from headway.platform.replying import Replying
from headway.platform.settings import Settings
from headway.platform.slots import Slots
from headway.platform.tasks import Tasks

NO_URL = "No URL for workspace"
UNKNOWN_TARGET = "unknown target workspace"

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Following:
    """An attempt under way: it holds a slot of its target until its task has ended."""

    attempt: Attempt
    task: asyncio.Task[None]


class Dispatcher:
    """Runs one task per delegation in flight. All its knowledge is in the ledger: it can be ended at any moment."""

    def __init__(self, ledger: Ledger, agents: Agents, slots: Slots, clock: Clock, settings: Settings) -> None:
        self._ledger = ledger
        self._agents = agents
        self._slots = slots
        self._clock = clock
        self._settings = settings
        self._nudged: set[str] = set()
        self._heard: set[str] = set()
        self._wake = asyncio.Event()
        self._following: dict[str, _Following] = {}
        self._tasks = Tasks()

    async def run(self) -> None:
        """Resume what an earlier run left, then dispatch until canceled; what is in flight then is left to the next."""
        try:
            await self._outlast(self._resume_all)
            while True:
                await self._wake.wait()
                self._wake.clear()
                targets, self._nudged = self._nudged, set()
                for target_id in sorted(targets):
                    await self._outlast(partial(self._dispatch, target_id))
        finally:
            await self._tasks.end()

    def nudge(self, target_id: str) -> None:
        """Look at what waits for a target: something was delegated, or a slot may be free."""
        self._nudged.add(target_id)
        self._wake.set()

    def heard(self, target_id: str, active_tasks: int) -> None:
        """A heartbeat of a target: how many tasks it works on, ours among them. Spare capacity drains its queue."""
        self._slots.report(target_id, active_tasks)
        self._heard.add(target_id)
        self.nudge(target_id)

    def cancel(self, delegation: Delegation) -> None:
        """See a cancel through, whose request is durable already."""
        self._tasks.start(f"cancel {delegation.delegation_id}", lambda: self._cancel(delegation))

    def drop(self, delegation_id: str) -> None:
        """Stop following a delegation that has been settled, and let its agent know as far as it listens."""
        following = self._following.get(delegation_id)
        if following is None:
            return
        following.task.cancel()
        self._tasks.start(f"cancel {delegation_id}", lambda: self._tell_canceled(following.attempt))

    def reply(self, delegation: Delegation, reply: Reply) -> None:
        """See a reply through that is durable already; `delegation` is as it was asked, at the reply's attempt."""
        self._tasks.start(f"reply {reply.message_id}", lambda: self._reply(delegation, reply))

    async def poll(self, delegation: Delegation) -> None:
        """Ask the agent now and write what it says. Raises AgentError where it cannot be asked."""
        if delegation.status in WAITING:
            self.nudge(delegation.target_id)
            return
        client = await self._client(delegation.target_id)
        if client is None or delegation.remote_task_id is None or delegation.status.is_terminal:
            return
        delegation_id = delegation.delegation_id
        following = self._following.get(delegation_id)
        update = await client.get(delegation.remote_task_id)
        if self._following.get(delegation_id) is not following:
            # Somebody else has heard the agent meanwhile; what they wrote is newer than this answer.
            return
        if following is not None and following.attempt.answering and update.interrupted:
            return
        if following is not None:
            # The stream delivers the text; the whole of it would take back the status lines shown so far.
            update = replace(update, splice=None)
        attempt = following.attempt if following else self._attempt(delegation, client)
        try:
            await attempt.observe(update)
        except Conflict as refused:
            _log.info("the answer to a poll of %s came late: %s", delegation_id, refused)
            return
        if not update.terminal and not update.interrupted:
            self._follow(attempt, attempt.resume)

    async def _resume_all(self) -> None:
        replies = await self._ledger.undelivered_replies()
        for delegation in await self._ledger.unfinished():
            if delegation.status in WAITING:
                self.nudge(delegation.target_id)
            elif delegation.status is Status.CANCELING:
                self.cancel(delegation)
            elif delegation.is_ours and delegation.status is not Status.INPUT_REQUIRED:
                await self._resume(delegation, replies.get(delegation.delegation_id))

    async def _resume(self, delegation: Delegation, reply: Reply | None) -> None:
        client = await self._client(delegation.target_id)
        if client is None:
            await self._fail(delegation.delegation_id, delegation.attempt, UNKNOWN_TARGET)
            return
        attempt = self._attempt(delegation, client)
        self._follow(attempt, attempt.resume if reply is None else self._replying(attempt, reply).take_up)

    async def _reply(self, delegation: Delegation, reply: Reply) -> None:
        client = await self._outlast(lambda: self._client(delegation.target_id))
        if client is not None:
            attempt = self._attempt(delegation, client)
            self._follow(attempt, self._replying(attempt, reply, delegation.status_message).send)
            return
        delegation_id, number = delegation.delegation_id, delegation.attempt
        await self._outlast(lambda: self._ledger.reply_not_delivered(delegation_id, number, NO_URL))

    def _replying(self, attempt: Attempt, reply: Reply, question: str | None = None) -> Replying:
        return Replying(attempt, reply, self._ledger, self._clock, self._settings, question=question)

    async def _dispatch(self, target_id: str) -> None:
        """Claim what the target has slots for; what must wait longer becomes queued."""
        workspace = await self._ledger.workspace(target_id)
        if workspace is None:
            await self._fail_waiting(target_id, UNKNOWN_TARGET)
            return
        if target_id in self._heard:
            self._heard.remove(target_id)
            if self._slots.room(workspace):
                self._slots.end_rest(target_id)
        if not workspace.queue_depth:
            return
        client = self._agents.of(workspace)
        if client is None:
            await self._fail_waiting(target_id, NO_URL)
            return
        if free := self._slots.free(workspace):
            claimed = await self._ledger.claim(target_id, min(free, self._settings.claim_batch))
            for one in claimed:
                attempt = Attempt(one, client, self._ledger, self._clock, self._settings)
                self._follow(attempt, attempt.send)
            if len(claimed) == self._settings.claim_batch:
                self.nudge(target_id)
        await self._ledger.enqueue_pending(target_id)

    async def _fail_waiting(self, target_id: str, error: str) -> None:
        for status in WAITING:
            while listed := await self._ledger.list_(target_id=target_id, status=status):
                for item in listed:
                    await self._fail(item.row.delegation_id, None, error)

    def _attempt(self, delegation: Delegation, client: AgentClient) -> Attempt:
        return Attempt(Claimed(delegation), client, self._ledger, self._clock, self._settings)

    def _follow(self, attempt: Attempt, work: Callable[[], Awaitable[None]]) -> None:
        """Run an attempt beside the loop; what is followed at this attempt already is left alone."""
        delegation_id, target_id = attempt.delegation.delegation_id, attempt.delegation.target_id
        known = self._following.get(delegation_id)
        if known is not None and known.attempt.delegation.attempt == attempt.delegation.attempt:
            return
        self._slots.take(target_id)
        task = self._tasks.begin(delegation_id, self._see_through(attempt, work))
        following = self._following[delegation_id] = _Following(attempt, task)
        # Not a `finally` in the task: one that is canceled before its first step never gets that far.
        task.add_done_callback(lambda _: self._let_go(following))

    def _let_go(self, following: _Following) -> None:
        delegation = following.attempt.delegation
        self._slots.give_back(delegation.target_id)
        if self._following.get(delegation.delegation_id) is following:
            del self._following[delegation.delegation_id]
        self.nudge(delegation.target_id)

    async def _see_through(self, attempt: Attempt, work: Callable[[], Awaitable[None]]) -> None:
        """Run an attempt to its end; whatever stops it short settles the delegation with a precise error."""
        delegation = attempt.delegation
        try:
            await work()
        except AgentBusy as busy:
            await self._wait_for_slot(delegation, busy)
            return
        except AgentUnreachable as error:
            unreachable = f"failed to reach workspace agent: {error}"
            await self._fail(delegation.delegation_id, delegation.attempt, unreachable)
        except AgentError as error:
            await self._fail(delegation.delegation_id, delegation.attempt, str(error))
        except (Conflict, NotFound) as refused:
            _log.info("what the agent of %s said came late: %s", delegation.delegation_id, refused)
        # One of ours has ended there, so that there is room whatever the agent said before.
        self._slots.end_rest(delegation.target_id)

    async def _wait_for_slot(self, delegation: Delegation, busy: AgentBusy) -> None:
        """The agent took nothing on: back to the queue, or to its end where that was asked for meanwhile."""
        delegation_id, target_id = delegation.delegation_id, delegation.target_id
        pause = max(busy.retry_after or 0.0, self._settings.busy_pause)
        if self._works_for_us(target_id):
            # The end of what it has taken on will say that there is room.
            pause = max(pause, self._settings.busy_recheck)
        self._slots.rest(target_id, pause)
        # Each word has its own nudge: the last one may end sooner or later than the one before.
        self._tasks.begin(f"busy {target_id}", self._nudge_after(target_id, pause))
        message = "the agent is busy"
        try:
            await self._outlast(
                lambda: self._ledger.enqueue(delegation_id, attempt=delegation.attempt, message=message)
            )
        except IllegalMove as refused:
            if refused.status is Status.CANCELING:
                await self._settle(delegation_id, delegation.attempt, Cancellation(False, NEVER_SENT))
                self._tasks.stop(f"cancel {delegation_id}")
            else:
                error = f"{busy}; it had been silent for too long to wait in the queue again"
                await self._fail(delegation_id, delegation.attempt, error)
        except Conflict as refused:
            _log.info("%s; not queued again", refused)

    def _works_for_us(self, target_id: str) -> bool:
        return any(
            one.attempt.delegation.target_id == target_id and one.attempt.remote_task_id is not None
            for one in self._following.values()
        )

    async def _nudge_after(self, target_id: str, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.nudge(target_id)

    async def _cancel(self, delegation: Delegation) -> None:
        client = await self._outlast(lambda: self._client(delegation.target_id))
        following = self._following.get(delegation.delegation_id)
        attempt = following.attempt if following else None
        if attempt is None and client is not None and delegation.is_ours:
            attempt = self._attempt(delegation, client)
        await cancel_at_agent(
            attempt, self._ledger, delegation, self._clock, self._settings, followed=following is not None
        )
        if following is not None:
            following.task.cancel()

    async def _tell_canceled(self, attempt: Attempt) -> None:
        if attempt.remote_task_id is None:
            return
        try:
            await attempt.client.cancel(attempt.remote_task_id)
        except AgentError as error:
            _log.info("the agent of %s was told to stop: %s", attempt.delegation.delegation_id, error)

    async def _fail(self, delegation_id: str, attempt: int | None, error: str) -> None:
        await self._settle(delegation_id, attempt, Failure(error))

    async def _settle(self, delegation_id: str, attempt: int | None, outcome: Outcome) -> None:
        try:
            await self._outlast(lambda: self._ledger.settle(delegation_id, attempt, outcome))
        except (Conflict, NotFound) as refused:
            _log.info("%s; not settled with: %s", refused, outcome)

    async def _client(self, workspace_id: str) -> AgentClient | None:
        workspace = await self._ledger.workspace(workspace_id)
        return self._agents.of(workspace) if workspace is not None else None

    async def _outlast(self, work: Callable[[], Awaitable[T]]) -> T:
        return await outlast(self._clock, self._settings.ledger_retry, work)
