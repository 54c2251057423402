"""A task that runs: what the journal holds of it, what is heard of it now, and who works on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.tools import direct_table as table
from headway.tools.asking import Asked
from headway.tools.direct_table import DirectTask
from headway.tools.errors import JournalUnavailable
from headway.tools.outcome import Outcome, Progress
from headway.tools.reader import Hooks, Reader
from headway.tools.reading import Reading
from headway.tools.session import Session

_log = logging.getLogger(__name__)

OnResult = Callable[[Outcome], Awaitable[None] | None]
"""Is told what came of a task; may be a coroutine function."""
OnProgress = Callable[[Progress], None]
"""Is told what an agent says while it works. Must return at once."""


@dataclass(slots=True, eq=False)
class Running:
    """One of them. It is in the registry from before it is journaled until it has ended."""

    task: DirectTask
    reading: Reading
    client: AgentClient
    reader: Reader
    on_result: OnResult | None = None
    worker: asyncio.Task[None] | None = field(default=None)
    stopping: asyncio.Task[None] | None = field(default=None)
    asked: Asked | None = field(default=None)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


def begin_running(
    session: Session,
    client: AgentClient,
    task: DirectTask,
    *,
    durable: bool,
    on_result: OnResult | None = None,
    on_progress: OnProgress | None = None,
) -> Running:
    """A task to be sent or resumed; nothing runs yet. One that is not `durable` is in no journal."""
    reading = Reading(
        task.task_id, task.heard_at, sending=task.sending, remote_task_id=task.remote_task_id or task.reply_to
    )
    hooks = (Journaled if durable else Told)(session, client, task.task_id, on_progress)
    message = OutgoingMessage(
        text=task.message,
        message_id=f"msg-{task.task_id}",
        context_id=task.session_id,
        task_id=task.reply_to,
    )
    return Running(task, reading, client, Reader(session, client, message, reading, hooks), on_result)


class Told(Hooks):
    """Tells the caller of a task that nobody has to remember."""

    def __init__(
        self, session: Session, client: AgentClient, task_id: str, on_progress: OnProgress | None = None
    ) -> None:
        self._journal = session.journal
        self._client = client
        self._task_id = task_id
        self._on_progress = on_progress

    def progress(self, progress: Progress) -> None:
        if self._on_progress is None:
            return
        try:
            self._on_progress(progress)
        except Exception:  # noqa: BLE001 - the caller's own code; the task is read to its end all the same
            self._on_progress = None
            _log.exception("on_progress raised for %s; it is not called again for this task", self._task_id)


class Journaled(Told):
    """Also writes down each step that a restart must know of, before the next one is made."""

    async def sending(self) -> None:
        await self._journal.run(lambda db: table.mark_sending(db, self._task_id))

    async def known(self, remote_task_id: str) -> None:
        dialect = self._client.dialect
        try:
            await self._journal.run(lambda db: table.mark_known(db, self._task_id, remote_task_id, dialect))
        except JournalUnavailable as error:
            # After a restart the agent is asked for it; that is no reason to stop reading now.
            _log.warning("what the agent calls %s is not durable: %s", self._task_id, error)

    async def is_anothers(self, remote_task_id: str) -> bool:
        try:
            return await self._journal.run(lambda db: table.is_anothers(db, self._task_id, remote_task_id))
        except JournalUnavailable as error:
            # Better no answer than that of another task.
            _log.warning("whose the agent's task is for %s cannot be told: %s", self._task_id, error)
            return True
