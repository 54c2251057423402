"""The delegations of one workspace: each kept durably, run in the background, and seen through to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any, Final

from headway.core import trace
from headway.core.delegation import Status
from headway.core.text import clean_line, preview
from headway.tools.audit import Audit, Outcome
from headway.tools.book import Book
from headway.tools.courier import Courier
from headway.tools.delegation import Kept
from headway.tools.errors import JournalUnavailable
from headway.tools.platform_api import PlatformAnswered, PlatformApi, PlatformError
from headway.tools.records import outcome_of, seen_of
from headway.tools.replies import NotAsked, Replies, Reply
from headway.tools.sending import Ended, Waits
from headway.tools.session import Session
from headway.tools.tracing import DelegationSpan

PREVIEW: Final = 500
"""Characters of a result that the platform is told (spec: agent-tools)."""
WATCH_EVERY: Final = 5.0
"""Seconds between two looks at what somebody has canceled on the platform: one question for all that run."""

_AUDITED: Final = {
    Status.COMPLETED: Outcome.SUCCESS,
    Status.FAILED: Outcome.FAILURE,
    Status.CANCELED: Outcome.CANCELED,
}
_log = logging.getLogger(__name__)


class Delegations:
    """All that runs belongs to `Session.background` and ends with it; the next start takes it up again."""

    def __init__(self, session: Session, platform: PlatformApi, book: Book, audit: Audit) -> None:
        self._session = session
        self._platform = platform
        self._book = book
        self._audit = audit
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._replies: dict[str, Replies] = {}

    async def start(self) -> None:
        """Take up what an earlier run has left, and watch the platform. Raises JournalUnavailable."""
        for kept in await self._book.load():
            if kept.ended and not kept.told:
                self._beside(f"tell {kept.task_id}", self._tell(kept))
            elif kept.status is Status.CANCELING and not kept.held:
                self._beside(f"cancel {kept.task_id}", self._cancel(kept.task_id))
            elif not kept.ended and not kept.held:
                self._run(kept.task_id, None)
        self._beside("watch the platform", self._watch())

    async def begin(self, kept: Kept, span: DelegationSpan) -> None:
        """Keep a new one durably and see it through beside. Raises JournalUnavailable: then there is none."""
        await self._book.add(kept)
        self._audited(kept, Outcome.DISPATCHED)
        self._run(kept.task_id, span)

    def __iter__(self) -> Iterator[Kept]:
        """Oldest first."""
        return iter(self._book)

    def get(self, task_id: str) -> Kept | None:
        return self._book.get(task_id)

    async def refreshed(self, kept: Kept) -> Kept:
        """How one stands; of one that the platform holds, the whole record is asked for.

        Whatever goes wrong there leaves it as it was.
        """
        if kept.ended or not kept.held:
            return kept
        try:
            record = await self._platform.get(kept.name_there)
        except PlatformError as error:
            _log.info("delegation %s: not refreshed: %s", kept.task_id, error)
            return self._now(kept)
        if (ended := outcome_of(record)) is not None:
            settled = await self._end(kept.task_id, ended)
            if settled is not None:
                self._beside(f"tell {kept.task_id}", self._notified(settled))
        elif (seen := seen_of(record)) is not None:
            await self._book.change(
                kept.task_id, durable=False, status=seen.status, message=seen.message, percent=seen.percent
            )
        return self._now(kept)

    async def cancel(self, kept: Kept, reason: str | None) -> Kept:
        """Stop one that has not ended, at the agent and on the platform; returns how it stands then.

        Raises PlatformError where the platform holds it and could not be told; then it goes on.
        """
        if not kept.held and kept.status is not Status.CANCELING:
            await self._stop(kept.task_id)
            kept = self._now(kept)
        if kept.held:
            return await self._cancel_there(kept, reason)
        if not kept.ended and kept.status is not Status.CANCELING:
            await self._book.note(kept.task_id, status=Status.CANCELING, cancel_reason=reason)
            # Whoever asked may go away; what was begun is brought to its end.
            await asyncio.shield(self._beside(f"cancel {kept.task_id}", self._cancel(kept.task_id)))
        return self._now(kept)

    async def reply(self, kept: Kept, text: str) -> None:
        """Answer what the agent of one asks; the reply goes to the same task, here or from the platform.

        Raises NotAsked where it asks for nothing (any more), and PlatformError where the platform holds it and did not
        take the reply; then nothing was sent.
        """
        kept = await self.refreshed(kept)
        if kept.status is not Status.INPUT_REQUIRED:
            raise NotAsked(f"the delegation asks for nothing: it is {kept.status}; nothing was sent")
        if kept.held:
            await self._platform.reply(kept.name_there, text)
            await self._book.note(kept.task_id, durable=False, status=Status.IN_PROGRESS, message=None)
            return
        if (replies := self._replies.get(kept.task_id)) is None:
            raise NotAsked("the delegation has just ended; nothing was sent")
        replies.give(Reply(text, kept.message))
        # From here on a second reply finds that nothing is asked.
        await self._book.note(kept.task_id, status=Status.IN_PROGRESS, message=None)

    def _run(self, task_id: str, span: DelegationSpan | None) -> None:
        replies = self._replies[task_id] = Replies(self._session.clock)
        run = self._runs[task_id] = self._beside(f"delegation {task_id}", self._see_through(task_id, span, replies))
        run.add_done_callback(lambda _: self._forget_run(task_id))

    def _forget_run(self, task_id: str) -> None:
        self._runs.pop(task_id, None)
        self._replies.pop(task_id, None)

    async def _see_through(self, task_id: str, span: DelegationSpan | None, replies: Replies) -> None:
        try:
            handed = await self._courier(task_id).hand_over(replies)
        except JournalUnavailable as error:
            handed = Ended(Status.FAILED, f"{error}; it was not sent")
        if isinstance(handed, Waits):
            await self._wait_there(task_id, handed, span)
            return
        settled = await self._end(task_id, handed, span)
        if settled is not None:
            await self._tell(settled)

    def _courier(self, task_id: str) -> Courier:
        return Courier(task_id, self._session, self._platform, self._book, self._contradicted)

    async def _wait_there(self, task_id: str, waits: Waits, span: DelegationSpan | None) -> None:
        """The target is busy, and the platform keeps the message for it."""
        named = waits.delegation_id if waits.delegation_id != task_id else None
        kept = await self._book.note(task_id, status=Status.QUEUED, held=True, platform_id=named)
        if kept is None:
            return
        self._audited(kept, Outcome.QUEUED)
        if span is not None:
            span.end()
        with suppress(PlatformError):
            # What the gateway has queued it has noted already; another platform may want to be told.
            await self._platform.update(kept.name_there, Status.QUEUED)
        await self._warned(task_id, "notify", self._platform.notify(task_id, kept.workspace_id, Status.QUEUED))

    async def _end(
        self, task_id: str, ended: Ended, span: DelegationSpan | None = None, *, confirmed: bool = False
    ) -> Kept | None:
        """Keep how one has ended; None where it has ended before, or is no longer kept."""
        before = self._book.get(task_id)
        if before is None or before.ended:
            return None
        told = {Status.COMPLETED: "result", Status.FAILED: "error"}.get(ended.status, "message")
        now = self._session.clock.now_ms()
        times = {"heard_at": now, "finished_at": now}
        # First, since whoever sees the end may close the tools at once; said twice is better than not at all.
        self._audited(before, _AUDITED[ended.status], None if ended.status is Status.COMPLETED else ended.text)
        if span is not None:
            span.end(ended.text if ended.status is Status.FAILED else None)
        return await self._book.note(
            task_id, **{"status": ended.status, "confirmed": confirmed, "message": None, **times, told: ended.text}
        )

    async def _tell(self, kept: Kept) -> None:
        """Settle one on the platform, once and as far as it listens."""
        if kept.status is Status.CANCELED:
            await self._warned(kept.task_id, "cancel", self._tell_canceled(kept))
        else:
            update = self._platform.update(
                kept.name_there,
                kept.status,
                error=kept.error,
                response_preview=None if kept.result is None else preview(kept.result, PREVIEW),
            )
            await self._warned(kept.task_id, "update", update)
        await self._notified(kept)

    async def _tell_canceled(self, kept: Kept) -> None:
        try:
            await self._platform.cancel(
                kept.name_there, kept.cancel_reason, confirmed=kept.confirmed, message=clean_line(kept.message or "")
            )
        except PlatformAnswered as error:
            if error.status == 409 and (await self._platform.get(kept.name_there)).get("status") == Status.CANCELED:
                return
            if error.status not in (404, 405):
                raise
            # A platform that cannot cancel knows of failures.
            await self._platform.update(kept.name_there, Status.FAILED, error=_canceled_words(kept))

    async def _notified(self, kept: Kept) -> None:
        notice = self._platform.notify(kept.task_id, kept.workspace_id, kept.status)
        await self._warned(kept.task_id, "notify", notice)
        await self._book.note(kept.task_id, told=True)

    async def _cancel(self, task_id: str) -> None:
        """Stop one at its agent, then settle it everywhere; an agent that has finished first is believed."""
        stopped = await self._courier(task_id).stop()
        settled = await self._end(task_id, stopped.ended, confirmed=stopped.confirmed)
        if settled is not None:
            await self._tell(settled)

    async def _cancel_there(self, kept: Kept, reason: str | None) -> Kept:
        try:
            status = await self._platform.cancel(kept.name_there, reason)
        except PlatformAnswered as error:
            if error.status != 409:
                raise
            # It has ended meanwhile.
            return await self.refreshed(kept)
        if status == Status.CANCELED:
            words = f"canceled: {reason}" if reason else "canceled"
            settled = await self._end(kept.task_id, Ended(Status.CANCELED, words))
            if settled is not None:
                self._beside(f"tell {kept.task_id}", self._notified(settled))
        else:
            await self._book.note(kept.task_id, status=Status.CANCELING, cancel_reason=reason)
        return self._now(kept)

    async def _stop(self, task_id: str) -> None:
        run = self._runs.get(task_id)
        if run is not None:
            run.cancel()
            await asyncio.wait({run})

    async def _watch(self) -> None:
        """Somebody may cancel on the platform what was sent from here: only we can stop it at its agent."""
        while True:
            await self._session.clock.sleep(WATCH_EVERY)
            if not self._runs:
                continue
            try:
                listed = await self._platform.list(Status.CANCELED)
            except PlatformError as error:
                _log.info("the platform could not be asked what was canceled: %s", error)
                continue
            for item in listed:
                named = item.get("delegation_id")
                if item.get("status") == Status.CANCELED and isinstance(named, str) and named in self._runs:
                    self._beside("cancel", self._canceled_there(named))

    async def _contradicted(self, task_id: str) -> None:
        """The platform does not want to hear how one goes on: perhaps because it was canceled there."""
        self._beside("look", self._look(task_id))

    async def _look(self, task_id: str) -> None:
        with suppress(PlatformError):
            if (await self._platform.get(task_id)).get("status") == Status.CANCELED:
                await self._canceled_there(task_id)

    async def _canceled_there(self, task_id: str) -> None:
        kept = self._book.get(task_id)
        if kept is None or kept.ended or kept.status is Status.CANCELING:
            return
        await self._stop(task_id)
        with suppress(PlatformError):
            record = await self._platform.get(task_id)
            reason = record.get("cancel_reason")
            await self._book.note(task_id, cancel_reason=reason if isinstance(reason, str) else None)
        await self._book.note(task_id, status=Status.CANCELING)
        stopped = await self._courier(task_id).stop()
        words = f"canceled on the platform; {stopped.ended.text}"
        await self._end(task_id, Ended(Status.CANCELED, words), confirmed=stopped.confirmed)
        await self._book.note(task_id, told=True)

    async def _warned(self, task_id: str, what: str, call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except PlatformError as error:
            await self._book.warn(task_id, f"{what}: {error}")

    def _beside(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._session.background.begin(name, work)

    def _now(self, kept: Kept) -> Kept:
        return self._book.get(kept.task_id) or kept

    def _audited(self, kept: Kept, outcome: Outcome, reason: str | None = None) -> None:
        context = trace.read(kept.traceparent)
        self._audit.delegation(
            outcome,
            kept.workspace_id,
            task_id=kept.task_id,
            trace_id=context.trace_id if context is not None else "",
            task=kept.task,
            attempt=kept.attempt,
            reason=reason,
        )


def _canceled_words(kept: Kept) -> str:
    return f"canceled: {kept.cancel_reason}" if kept.cancel_reason else "canceled by its source"
