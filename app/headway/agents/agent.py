"""A simulated agent: takes tasks, works through their plans, cancels, and lets streams listen. Knows no wire format."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from headway.agents.behaviors import BEHAVIORS, Behavior, BehaviorName, OnCancel, Work
from headway.agents.cast import persona_for
from headway.agents.errors import AgentBusy, Code, RpcError
from headway.agents.job import Feed, Job
from headway.agents.journal import Journal, Kind
from headway.agents.options import OptionError, parse_options
from headway.agents.plan import make_plan
from headway.agents.table import TaskTable
from headway.agents.task import (
    EVERY_DIALECT,
    ArtifactUpdate,
    Crash,
    Dialect,
    Message,
    Role,
    State,
    Status,
    StatusUpdate,
    Task,
    Turn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.agents.script import Persona, Step
    from headway.core.clock import Clock

RETRY_AFTER: Final = 2
"""Seconds a busy agent asks its callers to wait."""


def new_id() -> str:
    return str(uuid4())


class SimulatedDefect(Exception):
    """What the work of a raising agent raises."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A received send: `task_id` of the task it belongs to, or of the task to make where the caller names it (v0.1).

    OpenFang's form may name a task, too; where it is not known, the new one gets another id: who chooses was not read.
    """

    text: str
    dialect: Dialect
    message_id: str
    task_id: str | None = None
    context_id: str | None = None


class SimulatedAgent:
    """One agent by name and behavior. Its work runs on the given clock; the same seed gives the same scripts.

    It answers in the dialects that it `speaks`, as if there were no others. `slots` replaces the behavior's own number
    of tasks worked on at once; `keep` bounds the finished ones kept.
    """

    def __init__(
        self,
        name: str,
        behavior: BehaviorName,
        *,
        clock: Clock,
        journal: Journal,
        seed: int = 0,
        slots: int | None = None,
        speaks: frozenset[Dialect] = EVERY_DIALECT,
        keep: int = 1_000,
        ids: Callable[[], str] = new_id,
    ) -> None:
        self.name = name
        self.behavior: Behavior = BEHAVIORS[behavior]
        self.persona: Persona = persona_for(name)
        self.slots = self.behavior.slots if slots is None else slots
        self.speaks = speaks
        self.clock = clock
        self.journal = journal
        self.tasks = TaskTable(keep)
        self.closed = asyncio.Event()
        self._ids = ids
        self._random = Random(seed)  # noqa: S311 - chooses scripts and jitter, not secrets
        self._working: set[Job] = set()

    def send(self, incoming: Incoming) -> Job:
        """Accept a task, or the next message of one, and start working on it when the loop comes round.

        Raises AgentBusy when every slot is taken, and RpcError for a task that is unknown (-32001), finished (-32004),
        or for options that cannot be used (-32602). Nothing is accepted then.
        """
        job = self._known(incoming)
        message = Message(incoming.message_id or self._ids(), Role.USER, incoming.text)
        if job is None:
            job = self._new_job(incoming, message)
        resumes = job.next_step > 0 or job.turned
        self._log(job, Kind.SEND, message_id=message.message_id, detail="reply" if resumes else "")
        job.task.history.append(message)
        if not job.working:
            if resumes:
                job.publish(self._status(State.WORKING, job))
            self._start(job)
        return job

    def get(self, task_id: str) -> Job:
        """Raises RpcError -32001 for a task that is unknown, or was evicted."""
        job = self.tasks.get(task_id)
        if job is None:
            raise RpcError(Code.TASK_NOT_FOUND, f"task {task_id} is not known to this agent")
        return job

    def subscribe(self, task_id: str) -> tuple[Job, Feed]:
        """Raises RpcError -32001 for an unknown task, -32004 for a finished one: fetch that instead."""
        job = self.get(task_id)
        if job.task.state.terminal:
            raise RpcError(Code.UNSUPPORTED_OPERATION, f"task {task_id} is {job.task.state}: get it instead")
        return job, job.subscribe()

    async def cancel(self, task_id: str) -> Job:
        """Stop the work, and return when it has stopped; what is done instead is up to the behavior.

        Raises RpcError -32001 for an unknown task, -32002 for a finished one, -32603 where the behavior is to raise.
        """
        job = self.get(task_id)
        self._log(job, Kind.CANCEL)
        if job.task.state.terminal:
            raise RpcError(Code.TASK_NOT_CANCELABLE, f"task {task_id} is already {job.task.state}")
        if job.behavior.on_cancel is OnCancel.RAISES:
            raise RpcError(Code.INTERNAL_ERROR, "the agent's cancel raised SimulatedDefect()")
        if job.behavior.on_cancel is OnCancel.IGNORED:
            return job
        if job.behavior.on_cancel is OnCancel.STOPS:
            await job.stop()
        if not job.task.state.terminal:
            self._finish(job, State.CANCELED, "Canceled on request.")
        return job

    async def aclose(self) -> None:
        """Stop all work and end all streams; to close twice does nothing."""
        self.closed.set()
        for job in list(self._working):
            await job.stop()
        for job in self.tasks:
            for feed in job.feeds:
                feed.end()

    def _known(self, incoming: Incoming) -> Job | None:
        """The task a send belongs to; None for one to be made."""
        if incoming.task_id is None:
            return None
        job = self.tasks.get(incoming.task_id)
        if job is None and incoming.dialect not in (Dialect.V0_1, Dialect.OPENFANG):
            raise RpcError(Code.TASK_NOT_FOUND, f"task {incoming.task_id} is not known to this agent")
        if job is not None and job.task.state.terminal:
            raise RpcError(Code.UNSUPPORTED_OPERATION, f"task {incoming.task_id} is {job.task.state}; send a new one")
        return job

    def _new_job(self, incoming: Incoming, message: Message) -> Job:
        task_id = (incoming.task_id if incoming.dialect is Dialect.V0_1 else None) or self._ids()
        if self.slots is not None and len(self._working) >= self.slots:
            self.journal.write(self.name, Kind.REFUSED, task_id, message_id=message.message_id, detail="busy")
            raise AgentBusy(self.slots, RETRY_AFTER)
        try:
            options = parse_options(incoming.text)
        except OptionError as error:
            raise RpcError(Code.INVALID_PARAMS, f"{error}; nothing was accepted") from error
        behavior = self.behavior if options.behavior is None else BEHAVIORS[options.behavior]
        task = Task(
            task_id=task_id,
            context_id=incoming.context_id or self._ids(),
            dialect=incoming.dialect,
            status=Status(State.SUBMITTED, self.clock.now_ms()),
        )
        job = Job(task, make_plan(incoming.text, options, behavior, self.persona, self._random), behavior)
        self.tasks.add(job)
        return job

    def _start(self, job: Job) -> None:
        self._working.add(job)
        self._log(job, Kind.STARTED)
        job.worker = asyncio.create_task(self._work(job), name=f"{self.name} {job.task_id}")
        # Not a `finally` in the worker: one that is canceled before its first step never gets that far.
        job.worker.add_done_callback(lambda worker: self._stopped(job, worker))

    def _stopped(self, job: Job, worker: asyncio.Task[None]) -> None:
        self._working.discard(job)
        error = None if worker.cancelled() else worker.exception()
        if error is not None:
            job.publish(Crash(f"the agent raised {error!r}"))
            self._finish(job, State.FAILED)
        self._log(job, Kind.STOPPED, detail=job.task.state)

    async def _work(self, job: Job) -> None:
        if job.task.state is State.SUBMITTED:
            job.publish(self._status(State.WORKING, job))
        while True:
            if job.next_step == job.plan.turn and not job.turned:
                job.turned = True
                if not await self._turn(job):
                    return
            if job.next_step == len(job.plan.steps):
                break
            await self._step(job, job.plan.steps[job.next_step])
        self._finish(job, State.COMPLETED)

    async def _turn(self, job: Job) -> bool:
        """Do what is out of the ordinary; false when the work ends here."""
        job.publish(Turn())
        match job.plan.work:
            case Work.COMPLETES:
                return True
            case Work.ASKS:
                job.publish(self._status(State.INPUT_REQUIRED, job, job.plan.question))
            case Work.FAILS:
                self._finish(job, State.FAILED, job.plan.reason)
            case Work.RAISES:
                raise SimulatedDefect
            case Work.HANGS:
                await asyncio.Event().wait()
        return False

    async def _step(self, job: Job, step: Step) -> None:
        await self.clock.sleep(step.pause)
        self._log(job, Kind.STEP, detail=str(job.next_step + 1))
        number, job.next_step = job.next_step, job.next_step + 1
        if not job.task.state.terminal:
            job.publish(self._status(State.WORKING, job, step.note, step.percent))
        if step.text:
            last = number == job.plan.last_text
            job.publish(ArtifactUpdate(step.text, append=bool(job.task.output), last=last))

    def _finish(self, job: Job, state: State, text: str = "") -> None:
        job.publish(self._status(state, job, text, 100 if state is State.COMPLETED else None))
        self.tasks.finish(job)

    def _status(self, state: State, job: Job, text: str = "", percent: int | None = None) -> StatusUpdate:
        message = Message(self._ids(), Role.AGENT, text) if text else None
        return StatusUpdate(Status(state, self.clock.now_ms(), message), percent)

    def _log(self, job: Job, event: Kind, *, message_id: str = "", detail: str = "") -> None:
        self.journal.write(self.name, event, job.task_id, message_id=message_id, detail=detail)
