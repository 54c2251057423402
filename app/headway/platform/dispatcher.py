"""The dispatcher: hands waiting delegations to agents with free slots and sees each one through."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentBusy, AgentError, AgentUnreachable
from headway.core.clock import Clock
from headway.core.delegation import WAITING, Delegation, Status
from headway.ledger.errors import Conflict, NotFound
from headway.ledger.ledger import Ledger
from headway.ledger.records import Claimed, Failure, Outcome, Reply, Undelivered
from headway.net.tasks import Tasks
from headway.platform.agents import Agents
from headway.platform.alarms import Alarms
from headway.platform.attempt import Attempt
from headway.platform.canceling import cancel_at_agent
from headway.platform.following import Followings
from headway.platform.outages import outlast
from headway.platform.pushes import Pushes
from headway.platform.replying import Replying
from headway.platform.settings import Settings
from headway.platform.slots import Slots
from headway.platform.undelivered import BUSY, after_refusal, busy_pause, heartbeats, needs_rest, refusal_pause

NO_URL = "No URL for workspace"
UNKNOWN_TARGET = "unknown target workspace"

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Dispatcher:
    """Runs one task per delegation in flight. All its knowledge is in the ledger: it can be ended at any moment."""

    def __init__(
        self,
        ledger: Ledger,
        agents: Agents,
        slots: Slots,
        clock: Clock,
        settings: Settings,
        pushes: Pushes | None = None,
    ) -> None:
        self._ledger = ledger
        self._agents = agents
        self._slots = slots
        self._clock = clock
        self._settings = settings
        self._pushes = pushes
        self._nudged: set[str] = set()
        self._heard: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self._followings = Followings(slots, self._tasks, self.nudge)
        self._alarms = Alarms(clock, self._tasks, self.nudge)

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

    def heard(self, target_id: str) -> None:
        """A target's heartbeat, which `Slots` has been told of: spare capacity ends its rest and drains its queue."""
        self._heard.add(target_id)
        self.nudge(target_id)

    def cancel(self, delegation: Delegation) -> None:
        """See a cancel through, whose request is durable already."""
        following = self._followings.of(delegation.delegation_id)
        if following is not None:
            following.attempt.canceling = True
            if following.attempt.pausing:
                following.task.cancel()
        self._tasks.start(f"cancel {delegation.delegation_id}", lambda: self._cancel(delegation))

    def drop(self, delegation_id: str) -> None:
        """Stop following a delegation that has been settled, and let its agent know as far as it listens."""
        following = self._followings.of(delegation_id)
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
        following = self._followings.of(delegation_id)
        update = await client.get(delegation.remote_task_id)
        if self._followings.of(delegation_id) is not following:
            # Somebody else has heard the agent meanwhile; what they wrote is newer than this answer.
            return
        if following is not None and following.attempt.answering and update.interrupted:
            return
        if following is not None:
            # The stream delivers the text; the whole of it would take back the status lines shown so far.
            update = replace(update, splice=None)
        attempt = following.attempt if following else self._attempt(Claimed(delegation), client)
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
        attempt = self._attempt(Claimed(delegation), client)
        self._follow(attempt, attempt.resume if reply is None else self._replying(attempt, reply).take_up)

    async def _reply(self, delegation: Delegation, reply: Reply) -> None:
        client = await self._outlast(lambda: self._client(delegation.target_id))
        if client is not None:
            attempt = self._attempt(Claimed(delegation), client)
            self._follow(attempt, self._replying(attempt, reply, delegation.status_message).send)
            return
        delegation_id, number = delegation.delegation_id, delegation.attempt
        await self._outlast(lambda: self._ledger.reply_not_delivered(delegation_id, number, NO_URL))

    def _replying(self, attempt: Attempt, reply: Reply, question: str | None = None) -> Replying:
        return Replying(attempt, reply, self._ledger, self._clock, self._settings, question=question)

    async def _dispatch(self, target_id: str) -> None:
        """Claim what the target has slots for; what must wait longer becomes queued."""
        # First of all: what is queued while this reads is either among what it reads, or nudges anew.
        self._slots.look_anew(target_id)
        workspace = await self._ledger.target(target_id)
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
                attempt = self._attempt(one, client)
                self._follow(attempt, attempt.send)
            if len(claimed) == self._settings.claim_batch:
                self.nudge(target_id)
            elif len(claimed) < free and (due := await self._ledger.next_due(target_id)) is not None:
                self._alarms.set(target_id, (due - self._clock.now_ms()) / 1_000)
        elif rest := self._slots.rest_left(target_id):
            self._alarms.set(target_id, rest)
        if not self._slots.free(workspace):
            self._slots.found_full(workspace)
        await self._ledger.enqueue_pending(target_id)

    async def _fail_waiting(self, target_id: str, error: str) -> None:
        for status in WAITING:
            while listed := await self._ledger.list_(target_id=target_id, status=status):
                for item in listed:
                    await self._fail(item.row.delegation_id, None, error)

    def _attempt(self, claimed: Claimed, client: AgentClient) -> Attempt:
        rest = partial(self._rest, claimed.delegation.target_id)
        return Attempt(claimed, client, self._ledger, self._clock, self._settings, rest, self._pushes)

    def _follow(self, attempt: Attempt, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._followings.begin(attempt, lambda: self._see_through(attempt, work))

    async def _see_through(self, attempt: Attempt, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run an attempt to its end; whatever stops it short settles the delegation with a precise error."""
        delegation = attempt.delegation
        try:
            await work()
        except (AgentBusy, AgentUnreachable) as refusal:
            await self._put_back(delegation, refusal)
        except AgentError as error:
            if needs_rest(error):
                self._rest(delegation.target_id, self._settings.retry_pause)
            else:
                self._slots.end_rest(delegation.target_id)
            await self._fail(delegation.delegation_id, delegation.attempt, str(error))
        except (Conflict, NotFound) as refused:
            _log.info("what the agent of %s said came late: %s", delegation.delegation_id, refused)
            self._slots.end_rest(delegation.target_id)
        else:
            # One of ours has ended there, so that there is room whatever the agent said before.
            self._slots.end_rest(delegation.target_id)

    async def _put_back(self, delegation: Delegation, refusal: AgentBusy | AgentUnreachable) -> None:
        """The agent surely took nothing on: back to the queue, or to its end."""
        delegation_id, target_id = delegation.delegation_id, delegation.target_id
        if isinstance(refusal, AgentBusy):
            said = Undelivered(BUSY, delegation.tries)
            pause = busy_pause(refusal, self._settings, works_for_us=self._followings.work_at(target_id))
        else:
            workspace = await self._outlast(lambda: self._ledger.workspace(target_id))
            now = self._clock.now_ms()
            said = after_refusal(refusal, delegation.tries, now, self._settings, alive=heartbeats(workspace))
            pause = refusal_pause(refusal, said.tries, self._settings)
        self._rest(target_id, pause)
        try:
            row = await self._outlast(lambda: self._ledger.put_back(delegation_id, delegation.attempt, said))
        except (Conflict, NotFound) as late:
            _log.info("%s; not queued again", late)
            return
        if row.status is Status.CANCELED:
            self._tasks.stop(f"cancel {delegation_id}")

    def _rest(self, target_id: str, seconds: float) -> None:
        """Leave a target alone; what waits for it is looked at when its rest is over."""
        self._slots.rest(target_id, seconds)
        self.nudge(target_id)

    async def _cancel(self, delegation: Delegation) -> None:
        client = await self._outlast(lambda: self._client(delegation.target_id))
        following = self._followings.of(delegation.delegation_id)
        if following is not None and following.attempt.pausing:
            # It was ended before it could send again.
            following = None
        attempt = following.attempt if following else None
        if attempt is None and client is not None and delegation.is_ours:
            attempt = self._attempt(Claimed(delegation), client)
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
