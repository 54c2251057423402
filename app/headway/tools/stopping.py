"""How a task that runs is ended before its agent ends it: when that is due, and what is done and said then."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from headway.tools import direct_table as table
from headway.tools.asking import Asked, ask_to_cancel
from headway.tools.direct_table import Stop
from headway.tools.errors import JournalUnavailable
from headway.tools.outcome import Ending
from headway.tools.reader import ending_of
from headway.tools.running import Running
from headway.tools.session import Session
from headway.tools.settings import ToolSettings

_log = logging.getLogger(__name__)


def overdue(running: Running, now_ms: int, settings: ToolSettings) -> str | None:
    """Why a task is to be ended now; age alone never ends one that lives, unless that was asked for."""
    silent, age = now_ms - running.reading.heard_at, now_ms - running.task.created_at
    if silent > settings.silence_limit * 1_000:
        return f"the agent was silent for more than {settings.silence_limit:,g} s"
    if settings.max_age is not None and age > settings.max_age * 1_000:
        return f"the task took more than {settings.max_age:,g} s"
    return None


async def stop_reading(session: Session, running: Running, stop: Stop) -> None:
    """Write down that it is stopped, and end our reading of it, once its agent has named the task or its time is up."""
    reading = running.reading
    try:
        await session.journal.run(partial(table.mark_stopped, task_id=reading.task_id, stop=stop))
    except JournalUnavailable as error:
        _log.warning("that %s is stopped is not durable: %s", reading.task_id, error)
    if running.worker is not None:
        if reading.sending:
            await _until_named(session, running, running.worker)
        running.worker.cancel()
        await asyncio.wait({running.worker})


async def ask_its_agent(session: Session, running: Running) -> Asked:
    """Ask the agent to cancel it; what it said to that."""
    return await ask_to_cancel(running.client, running.reader.find, session.clock, session.settings.cancel_seconds)


def stopped_as(running: Running, stop: Stop, asked: Asked) -> Ending:
    """How a task has ended that was stopped; an agent that had ended it meanwhile is believed."""
    if asked.ended is not None:
        return ending_of(asked.ended, running.reading)
    return Ending(stop.state, running.reading.text, f"{stop.reason}; {asked.words}")


async def _until_named(session: Session, running: Running, worker: asyncio.Task[None]) -> None:
    """Wait for the agent to name its task, without which it cannot be asked to cancel it."""
    named = asyncio.ensure_future(running.reading.known.wait())
    limit = asyncio.ensure_future(session.clock.sleep(session.settings.cancel_seconds))
    try:
        await asyncio.wait({named, limit, worker}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        named.cancel()
        limit.cancel()
