"""The registry of tasks given straight to agents: who runs, how it ends, what survives (spec: agent-tools).

A task is in memory while it runs, and in the journal from before it is sent until its grace period is over. The
registry is changed between two awaits only, so nothing is ever half in it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

from headway.core.naming import quoted
from headway.net.timing import within
from headway.tools import direct_table as table
from headway.tools.agents import Agents
from headway.tools.asking import NOT_SENT, Asked
from headway.tools.direct_table import DirectTask, Stop
from headway.tools.endings import Endings
from headway.tools.errors import JournalUnavailable, ToolError
from headway.tools.outcome import Ending, State
from headway.tools.replies import NotAsked
from headway.tools.running import OnProgress, OnResult, Running, begin_running
from headway.tools.session import Session
from headway.tools.stopping import ask_its_agent, overdue, stop_reading, stopped_as

FAULT: Final = (
    "a fault of the tools ended the reading of this task; the outcome is unknown, and the log has the details"
)
CLOSED: Final = "the tools were closed before the agent had answered; it may still be working; the outcome is unknown"
CANCELED: Final = "canceled by its caller"
_SESSIONS: Final = 1_000
"""Sessions of which it is remembered in memory that their agent asks something."""

_log = logging.getLogger(__name__)


class NotTaken(ToolError):
    """The task was not taken on, and nothing was sent."""


class DirectTasks:
    """Opened with `start` and ended with `close`; what it begins runs in the session's background."""

    def __init__(self, session: Session, agents: Agents, on_result: OnResult | None = None) -> None:
        """`on_result` is told of tasks that have no callback of their own, those of an earlier process among them."""
        self._session = session
        self._settings = session.settings
        self._agents = agents
        self._on_result = on_result
        self._running: dict[str, Running] = {}
        self._waited: set[Running] = set()
        self._letting_go: set[asyncio.Task[None]] = set()
        self._asking: OrderedDict[tuple[str, str], str | None] = OrderedDict()
        self._asked_here: OrderedDict[str, DirectTask] = OrderedDict()
        self._endings = Endings(session)
        self._closing = False
        self._loop = asyncio.get_running_loop()

    @property
    def count(self) -> int:
        """Tasks that hold a place now."""
        return len(self._running) + len(self._waited)

    async def start(self) -> None:
        """Take up what an earlier process left, and begin to sweep. Raises JournalUnavailable."""
        journal = self._session.journal
        for task in await journal.run(table.running):
            self._go_on(task)
        if self._on_result is not None:
            for task_id in await journal.run(table.undelivered):
                ended = await journal.run(partial(table.get, task_id=task_id))
                if ended is not None:
                    self._endings.take(ended, self._on_result, saved=True)
        self._begin_sweeping()

    def close(self) -> None:
        """Stop reading. What runs stays in the journal as running, and the next process takes it up."""
        self._closing = True
        for running in self._running.values():
            running.ended.set()

    def running(self, task_id: str) -> Running | None:
        """One that runs."""
        return self._running.get(task_id)

    async def ended(self, task_id: str) -> DirectTask | None:
        """One that has ended and is still kept. Raises JournalUnavailable."""
        found = self._endings.find(task_id)
        return found or await self._session.journal.run(partial(table.get, task_id=task_id))

    async def asking(self, url: str, session_id: str) -> str | None:
        """The agent's task that waits for an answer in this session. Raises JournalUnavailable."""
        if (url, session_id) in self._asking:
            return self._asking[url, session_id]
        return await self._session.journal.run(partial(table.asking, url=url, session_id=session_id))

    async def asked(self, task_id: str) -> DirectTask | None:
        """One whose agent waits for an answer that nobody has given; None where nobody knows the task.

        Raises NotAsked where it waits for nothing (any more), and JournalUnavailable.
        """
        if task_id in self._running:
            raise NotAsked("the task is running and asks for nothing; nothing was sent")
        task = self._asked_here.get(task_id) or await self.ended(task_id)
        if task is None:
            return None
        if task.state is not State.INPUT_REQUIRED:
            raise NotAsked(f"the task asks for nothing: it is {task.state}; nothing was sent")
        if task.remote_task_id is None:
            raise NotAsked("the agent asks and has named no task that could be answered; nothing was sent")
        given = await self._session.journal.run(partial(table.answered, asked=task))
        under_way = (one.task for one in (*self._running.values(), *self._waited))
        if given or any((one.url, one.reply_to) == (task.url, task.remote_task_id) for one in under_way):
            raise NotAsked("a reply to this task was given before; nothing was sent; look at the task of that reply")
        return task

    async def wait_for(self, task: DirectTask, seconds: float, on_progress: OnProgress | None = None) -> DirectTask:
        """Send, and return the task as it ended within so many seconds. Raises NotTaken.

        Who is canceled while it waits, or runs out of time, leaves nobody to read the answer, so the agent is asked to
        cancel.
        """
        self._require_place()
        client = self._agents.client_of(task.url)
        running = begin_running(self._session, client, task, durable=False, on_progress=on_progress)
        self._waited.add(running)
        try:
            ending = await within(self._session.clock, seconds, running.reader.send())
        except TimeoutError:
            self._let_go(running)
            ending = Ending(State.FAILED, running.reading.text, _overdue(seconds))
        except asyncio.CancelledError:
            self._let_go(running)
            raise
        except Exception:  # noqa: BLE001 - logged, and the caller is told
            if not self._closing:
                _log.exception("a fault while %s was read", task.task_id)
            self._let_go(running)
            ending = Ending(State.FAILED, running.reading.text, CLOSED if self._closing else FAULT)
        finally:
            self._waited.discard(running)
        ended = self._finished(running, ending)
        if ended.state is State.INPUT_REQUIRED:
            # In no journal, and yet it can be replied to.
            self._asked_here[ended.task_id] = replace(ended, message="", text="")
            if len(self._asked_here) > _SESSIONS:
                self._asked_here.popitem(last=False)
        return ended

    async def begin(
        self, task: DirectTask, on_result: OnResult | None = None, on_progress: OnProgress | None = None
    ) -> None:
        """Take a task on; that is durable when this returns. Raises NotTaken."""
        self._require_place()
        if task.task_id in self._running or self._endings.find(task.task_id) is not None:
            raise _in_use(task.task_id)
        told = on_result or self._on_result
        task = replace(task, delivered=told is None)
        client = self._agents.client_of(task.url)
        running = begin_running(self._session, client, task, durable=True, on_result=told, on_progress=on_progress)
        self._running[task.task_id] = running
        try:
            await self._session.journal.run(partial(table.insert, task=task))
        except sqlite3.IntegrityError:
            self._drop(running)
            raise _in_use(task.task_id) from None
        except JournalUnavailable as error:
            self._drop(running)
            raise NotTaken(f"{error}; nothing was sent") from error
        except BaseException:
            # It may still be written after its caller has gone: then it is taken out again.
            self._drop(running)
            self._session.background.begin(f"a2a forget {task.task_id}", self._forget(task.task_id))
            raise
        if running.stopping is None and not self._closing:
            self._begin_work(running)

    def stop(self, running: Running, stop: Stop) -> None:
        """End a task that runs: our reading of it, and the agent's work. `running.ended` says when that is done.

        Raises NotTaken in another event loop than that of the tools.
        """
        self._require_loop()
        if running.stopping is None:
            running.stopping = self._session.background.begin(
                f"a2a stop {running.task.task_id}", self._stop(running, stop)
            )
            running.stopping.add_done_callback(lambda _: self._revive(running, lambda: self.stop(running, stop)))

    def _go_on(self, task: DirectTask) -> None:
        told = None if task.delivered else self._on_result
        client = self._agents.client_of(task.url, task.dialect)
        running = begin_running(self._session, client, task, durable=True, on_result=told)
        self._running[task.task_id] = running
        if task.stopped is not None:
            self.stop(running, task.stopped)
        else:
            self._begin_work(running)

    def _begin_work(self, running: Running) -> None:
        worker = running.worker = self._session.background.begin(
            f"a2a task {running.task.task_id}", self._work(running)
        )
        worker.add_done_callback(lambda _: self._revive(running, lambda: self._begin_work(running)))

    def _revive(self, running: Running, begin: Callable[[], None]) -> None:
        """Go on with what somebody else has canceled: only the registry ends a task."""
        still_ours = self._running.get(running.task.task_id) is running and not self._closing
        if still_ours and (running.stopping is None or running.stopping.done()):
            running.stopping = None
            asyncio.get_running_loop().call_soon(begin)

    async def _work(self, running: Running) -> None:
        try:
            ending = await running.reader.send()
        except Exception:  # noqa: BLE001 - logged, and the task ends with it
            _log.exception("a fault while %s was read", running.task.task_id)
            ending = Ending(State.FAILED, running.reading.text, FAULT)
        self._end(running, ending)

    async def _stop(self, running: Running, stop: Stop) -> None:
        try:
            asked = await self._stop_and_ask(running, stop)
        except Exception:  # noqa: BLE001 - logged, and the task ends all the same
            _log.exception("a fault while %s was stopped", running.task.task_id)
            asked = Asked(False, "a fault of the tools kept the agent from being asked; it may still be working")
        if running.worker is not None:
            running.worker.cancel()
        if asked is not None:
            running.asked = asked
            self._end(running, stopped_as(running, stop, asked))

    async def _stop_and_ask(self, running: Running, stop: Stop) -> Asked | None:
        """What the agent said to it; None where the task ended by itself meanwhile."""
        await stop_reading(self._session, running, stop)
        if running.reading.task_id not in self._running:
            return None
        if not running.reading.sending:
            return Asked(False, NOT_SENT)
        return await ask_its_agent(self._session, running)

    def _let_go(self, running: Running) -> None:
        """Nobody waits for it any more: have its agent stop, if it can be asked."""
        if running.reading.sending and not self._closing:
            asking = self._session.background.begin(f"a2a let go {running.task.task_id}", self._ask_once(running))
            self._letting_go.add(asking)
            asking.add_done_callback(self._letting_go.discard)

    async def _ask_once(self, running: Running) -> None:
        asked = await ask_its_agent(self._session, running)
        _log.info("%s was let go: %s", running.task.task_id, asked.words)

    async def until_let_go(self, seconds: float) -> None:
        """Before the tools are closed: give the agents of calls that were let go so long to be told."""
        with suppress(TimeoutError):
            await within(self._session.clock, seconds, _all_of(self._letting_go))

    def _end(self, running: Running, ending: Ending) -> None:
        if self._running.get(running.task.task_id) is not running:
            return
        self._endings.take(self._finished(running, ending), running.on_result)
        self._drop(running)

    def _finished(self, running: Running, ending: Ending) -> DirectTask:
        task, reading = running.task, running.reading
        asks = ending.state is State.INPUT_REQUIRED
        self._asking[task.url, task.session_id] = reading.remote_task_id if asks else None
        self._asking.move_to_end((task.url, task.session_id))
        if len(self._asking) > _SESSIONS:
            self._asking.popitem(last=False)
        if ending.state is State.FAILED:
            self._agents.forget(task.url)
        return replace(
            task,
            state=ending.state,
            text=ending.text,
            error=ending.error,
            percent=reading.percent,
            heard_at=reading.heard_at,
            sending=reading.sending,
            remote_task_id=reading.remote_task_id,
            finished_at=self._session.clock.now_ms(),
        )

    def _drop(self, running: Running) -> None:
        self._running.pop(running.task.task_id, None)
        running.ended.set()

    async def _forget(self, task_id: str) -> None:
        await self._session.journal.run(partial(table.forget, task_id=task_id))

    def _require_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise NotTaken(
                "these tools belong to another event loop; nothing was done; call them there, or open tools with a "
                "journal of their own here"
            )

    def _require_place(self) -> None:
        self._require_loop()
        if self._closing:
            raise NotTaken("the tools are being closed; nothing was sent")
        if self.count >= self._settings.task_limit:
            raise NotTaken(
                f"{self.count} tasks are running, which is the most at once; nothing was sent; wait until one has "
                "ended, cancel one with a2a_cancel_task, or raise A2A_TASK_LIMIT"
            )

    def _begin_sweeping(self) -> None:
        sweeping = self._session.background.begin("a2a sweep", self._sweep_for_ever())
        sweeping.add_done_callback(lambda _: None if self._closing else self._begin_sweeping())

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._session.clock.sleep(self._settings.sweep_every)
            try:
                await self.sweep()
            except JournalUnavailable as error:
                _log.warning("a sweep could not write: %s", error)

    async def sweep(self) -> None:
        """End what is silent or too old, write what could not be written, forget what was kept long enough."""
        now = self._session.clock.now_ms()
        for running in list(self._running.values()):
            if (reason := overdue(running, now, self._settings)) is not None:
                self.stop(running, Stop(State.FAILED, reason))
        self._endings.retry()
        heard = [(one.reading.heard_at, task_id) for task_id, one in self._running.items()]
        before = now - round(self._settings.keep_finished * 1_000)

        def write(db: sqlite3.Connection) -> None:
            table.mark_heard(db, heard)
            table.evict(db, before=before, keep=self._settings.kept_finished)

        await self._session.journal.run(write)


async def _all_of(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _overdue(seconds: float) -> str:
    return (
        f"the agent did not finish within {seconds:g} s, and was told to cancel; it may still be working; use "
        "a2a_send_async for work that takes longer"
    )


def _in_use(task_id: str) -> NotTaken:
    return NotTaken(
        f"the task id {quoted(task_id)} is in use; nothing was sent; give another one, or none to have one made"
    )
