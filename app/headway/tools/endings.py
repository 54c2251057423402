"""What has ended: written down first, then told to whoever asked for it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from dataclasses import dataclass

from headway.tools import direct_table as table
from headway.tools.direct_table import DirectTask
from headway.tools.errors import JournalUnavailable
from headway.tools.running import OnResult
from headway.tools.session import Session

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Ended:
    task: DirectTask
    on_result: OnResult | None
    saved: bool
    told: bool
    """Whether nobody has to be told any more, or somebody is being told."""
    heard: bool = False
    """Whether somebody was told by this process."""
    worker: asyncio.Task[None] | None = None


class Endings:
    """Tasks between their end and the moment when that is durable and told. Told at least once: after a crash in
    between, the next process tells it again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, _Ended] = {}

    def find(self, task_id: str) -> DirectTask | None:
        """One that is not durable yet."""
        ended = self._open.get(task_id)
        return ended.task if ended is not None else None

    def take(self, task: DirectTask, on_result: OnResult | None, *, saved: bool = False) -> None:
        """Write down and tell an ending, in the background; `saved` is one that is in the journal already."""
        ended = self._open[task.task_id] = _Ended(task, on_result, saved, told=task.delivered or on_result is None)
        while len(self._open) > self._session.settings.kept_finished:
            lost = next(iter(self._open))
            _log.error("the result of %s is forgotten: the journal has taken none for too long", lost)
            del self._open[lost]
        self._begin(ended)

    def retry(self) -> None:
        """Try again what could not be written."""
        for ended in self._open.values():
            if ended.worker is None or ended.worker.done():
                self._begin(ended)

    def _begin(self, ended: _Ended) -> None:
        ended.worker = self._session.background.begin(f"a2a ending {ended.task.task_id}", self._see_through(ended))

    async def _see_through(self, ended: _Ended) -> None:
        task_id = ended.task.task_id
        await self._save(ended)
        if ended.saved and self._open.get(task_id) is ended:
            # From here on it is found in the journal, however long its caller takes to hear of it.
            del self._open[task_id]
        if not ended.told and ended.on_result is not None:
            ended.told = True
            await self._tell(ended.task, ended.on_result)
            ended.heard = True
        if ended.saved and ended.heard:
            await self._delivered(task_id)

    async def _save(self, ended: _Ended) -> None:
        if ended.saved:
            return
        try:
            await self._session.journal.run(lambda db: table.finish(db, ended.task))
        except JournalUnavailable as error:
            _log.warning("how %s ended is not durable yet: %s", ended.task.task_id, error)
        else:
            ended.saved = True

    async def _delivered(self, task_id: str) -> None:
        try:
            await self._session.journal.run(lambda db: table.mark_delivered(db, task_id))
        except JournalUnavailable as error:
            _log.warning("that the result of %s was told is not durable; it may be told again: %s", task_id, error)

    async def _tell(self, task: DirectTask, on_result: OnResult) -> None:
        try:
            told = on_result(task.outcome())
            if inspect.isawaitable(told):
                await told
        except Exception:  # noqa: BLE001 - the caller's own code; what it raises is its own to mend
            _log.exception("on_result raised for %s; its outcome can still be checked", task.task_id)
