"""The dispatcher: hands waiting delegations to agents with free slots and sees each one through."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from headway.a2a.client import AgentClient
from headway.a2a.errors import AgentBusy, AgentError, AgentUnreachable
from headway.core.clock import Clock
from headway.core.delegation import WAITING, Delegation, Status
from headway.ledger.errors import Conflict, LedgerUnavailable
from headway.ledger.ledger import Ledger
from headway.ledger.records import Failure
from headway.platform.agents import Agents
from headway.platform.attempt import Attempt
from headway.platform.canceling import cancel_at_agent
from headway.platform.settings import Settings

NO_URL = "No URL for workspace"
UNKNOWN_TARGET = "unknown target workspace"

_log = logging.getLogger(__name__)


class Dispatcher:
    """Runs one task per delegation in flight. All its knowledge is in the ledger: it can be ended at any moment."""

    def __init__(self, ledger: Ledger, agents: Agents, clock: Clock, settings: Settings) -> None:
        self._ledger = ledger
        self._agents = agents
        self._clock = clock
        self._settings = settings
        self._nudged: set[str] = set()
        self._wake = asyncio.Event()
        self._attempts: dict[str, Attempt] = {}
        self._in_flight: Counter[str] = Counter()
        self._busy_until: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Resume what an earlier run left, then dispatch until canceled; what is in flight then is left to the next."""
        try:
            await self._resume_all()
            while True:
                await self._wake.wait()
                self._wake.clear()
                targets, self._nudged = self._nudged, set()
                for target_id in sorted(targets):
                    await self._dispatch(target_id)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def nudge(self, target_id: str) -> None:
        """Look at what waits for a target: something was delegated, or a slot may be free."""
        self._nudged.add(target_id)
        self._wake.set()

    def in_flight(self, target_id: str) -> int:
        """How many delegations hold a slot of the target."""
        return self._in_flight[target_id]

    def cancel(self, delegation: Delegation) -> None:
        """See a cancel through, whose request is durable already."""
        self._start(f"cancel {delegation.delegation_id}", lambda: self._cancel(delegation))

    def drop(self, delegation_id: str) -> None:
        """Stop following a delegation that has been settled, and let its agent know as far as it listens."""
        attempt = self._attempts.get(delegation_id)
        if attempt is None:
            return
        self._stop(delegation_id)
        self._start(f"cancel {delegation_id}", lambda: self._tell_canceled(attempt))

    async def poll(self, delegation: Delegation) -> None:
        """Ask the agent now and write what it says. Raises AgentError where it cannot be asked."""
        if delegation.status in WAITING:
            self.nudge(delegation.target_id)
            return
        client = await self._client(delegation.target_id)
        if client is None or delegation.remote_task_id is None or delegation.status.is_terminal:
            return
        update = await client.get(delegation.remote_task_id)
        following = self._attempts.get(delegation.delegation_id)
        if following is not None:
            # The stream delivers the text; the whole of it would take back the status lines shown so far.
            update = replace(update, splice=None)
        attempt = following or self._attempt(delegation, client)
        await attempt.observe(update)
        if following is None and not update.terminal and not update.interrupted:
            self._follow(attempt, attempt.resume)

    async def _resume_all(self) -> None:
        for delegation in await self._ledger.unfinished():
            if delegation.status in WAITING:
                self.nudge(delegation.target_id)
            elif delegation.status is Status.CANCELING:
                self.cancel(delegation)
            elif not delegation.recorded and delegation.status is not Status.INPUT_REQUIRED:
                await self._resume(delegation)

    async def _resume(self, delegation: Delegation) -> None:
        client = await self._client(delegation.target_id)
        if client is None:
            await self._fail(delegation.delegation_id, delegation.attempt, UNKNOWN_TARGET)
            return
        attempt = self._attempt(delegation, client)
        self._follow(attempt, attempt.resume)

    async def _dispatch(self, target_id: str) -> None:
        """Claim what the target has slots for; what must wait longer becomes queued."""
        workspace = await self._ledger.workspace(target_id)
        client = self._agents.of(workspace) if workspace is not None else None
        if workspace is None or client is None:
            await self._fail_waiting(target_id, UNKNOWN_TARGET if workspace is None else NO_URL)
            return
        free = workspace.max_concurrent_tasks - self._in_flight[target_id]
        if free > 0 and not self._is_busy(target_id):
            for delegation in await self._ledger.claim(target_id, free):
                attempt = self._attempt(delegation, client)
                self._follow(attempt, attempt.send)
        await self._ledger.enqueue_pending(target_id)

    async def _fail_waiting(self, target_id: str, error: str) -> None:
        for status in WAITING:
            while listed := await self._ledger.list_(target_id=target_id, status=status):
                for item in listed:
                    await self._fail(item.row.delegation_id, None, error)

    def _is_busy(self, target_id: str) -> bool:
        return self._clock.monotonic() < self._busy_until.get(target_id, 0.0)

    def _attempt(self, delegation: Delegation, client: AgentClient) -> Attempt:
        return Attempt(delegation, client, self._ledger, self._clock, self._settings)

    def _follow(self, attempt: Attempt, work: Callable[[], Awaitable[None]]) -> None:
        delegation_id, target_id = attempt.delegation.delegation_id, attempt.delegation.target_id
        self._attempts[delegation_id] = attempt
        self._in_flight[target_id] += 1

        async def follow() -> None:
            try:
                await self._see_through(attempt, work)
            finally:
                self._in_flight[target_id] -= 1
                if self._attempts.get(delegation_id) is attempt:
                    del self._attempts[delegation_id]
                self.nudge(target_id)

        self._start(delegation_id, follow)

    async def _see_through(self, attempt: Attempt, work: Callable[[], Awaitable[None]]) -> None:
        """Run an attempt to its end; whatever stops it short settles the delegation with a precise error."""
        delegation = attempt.delegation
        try:
            await work()
        except AgentBusy as busy:
            await self._wait_for_slot(delegation, busy)
        except AgentUnreachable as error:
            unreachable = f"failed to reach workspace agent: {error}"
            await self._fail(delegation.delegation_id, delegation.attempt, unreachable)
        except AgentError as error:
            await self._fail(delegation.delegation_id, delegation.attempt, str(error))
        except Conflict as refused:
            _log.info("what the agent of %s said came late: %s", delegation.delegation_id, refused)

    async def _wait_for_slot(self, delegation: Delegation, busy: AgentBusy) -> None:
        pause = busy.retry_after or self._settings.busy_pause
        self._busy_until[delegation.target_id] = self._clock.monotonic() + pause
        await self._ledger.enqueue(delegation.delegation_id, attempt=delegation.attempt, message="the agent is busy")
        self._start(f"busy {delegation.target_id}", lambda: self._nudge_after(delegation.target_id, pause))

    async def _nudge_after(self, target_id: str, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.nudge(target_id)

    async def _cancel(self, delegation: Delegation) -> None:
        client = await self._client(delegation.target_id)
        attempt = self._attempts.get(delegation.delegation_id)
        if attempt is None and client is not None:
            attempt = self._attempt(delegation, client)
        try:
            await cancel_at_agent(attempt, self._ledger, delegation, self._clock, self._settings)
        finally:
            self._stop(delegation.delegation_id)

    async def _tell_canceled(self, attempt: Attempt) -> None:
        if attempt.remote_task_id is None:
            return
        try:
            await attempt.client.cancel(attempt.remote_task_id)
        except AgentError as error:
            _log.info("the agent of %s was told to stop: %s", attempt.delegation.delegation_id, error)

    async def _fail(self, delegation_id: str, attempt: int | None, error: str) -> None:
        try:
            await self._ledger.settle(delegation_id, attempt, Failure(error))
        except Conflict as refused:
            _log.info("%s; not failed with: %s", refused, error)

    async def _client(self, workspace_id: str) -> AgentClient | None:
        workspace = await self._ledger.workspace(workspace_id)
        return self._agents.of(workspace) if workspace is not None else None

    def _stop(self, delegation_id: str) -> None:
        if task := self._tasks.get(delegation_id):
            task.cancel()

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something beside the loop under a name; the same thing is not run twice at once."""
        if name in self._tasks:
            return

        task = asyncio.create_task(work(), name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        name = task.get_name()
        self._tasks.pop(name, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LedgerUnavailable):
            _log.warning("%s: the ledger cannot be written (%s); resumed at the next start", name, error)
        elif error is not None:
            _log.error("%s: ended by a fault of the platform", name, exc_info=error)
