"""One delegation between its platform and its agent: record, discover, send, take up again, stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from headway.a2a.card import URL_LIMIT
from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.errors import TASK_NOT_FOUND, AgentError, NotCancelable, UnknownTask
from headway.a2a.follow import FollowPolicy
from headway.a2a.rpc import RpcLimits
from headway.a2a.states import TaskState
from headway.a2a.updates import AgentUpdate
from headway.core.delegation import Status
from headway.core.text import ERROR_LIMIT, clean, clean_line
from headway.core.urls import http_url
from headway.net.timing import within
from headway.tools.asking import NEVER_NAMED
from headway.tools.book import Book
from headway.tools.delegation import Kept
from headway.tools.platform_api import PlatformAnswered, PlatformApi, PlatformError
from headway.tools.records import outcome_of, waits
from headway.tools.replies import REPLIED, Replies, Reply
from headway.tools.reporting import Reporter
from headway.tools.sending import INTERRUPTED, Ended, Handed, Listener, Outgoing, Sending, Waits, ended_by
from headway.tools.session import Session

NO_URL: Final = "No URL for workspace"
NEVER_SENT: Final = "canceled before it was sent to the agent"
CONFIRMED: Final = "the agent confirmed the cancel"
REQUEST_SECONDS: Final = 30.0
"""What a short question to an agent may take; less where the whole attempt has less."""
CANCEL_PAUSE: Final = 1.0
"""Seconds between two requests to cancel."""

_STATUSES: Final = {
    TaskState.WORKING: Status.IN_PROGRESS,
    TaskState.INPUT_REQUIRED: Status.INPUT_REQUIRED,
    TaskState.AUTH_REQUIRED: Status.INPUT_REQUIRED,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What came of a cancel; `confirmed` is whether the agent has said so."""

    ended: Ended
    confirmed: bool


class Courier:
    """Sees one delegation through; what it learns it writes into the book."""

    def __init__(
        self,
        task_id: str,
        session: Session,
        platform: PlatformApi,
        book: Book,
        contradicted: Callable[[str], Awaitable[None]],
    ) -> None:
        """`contradicted` is told where the platform refuses to hear of the work: it may know of another end."""
        self._task_id = task_id
        self._session = session
        self._platform = platform
        self._book = book
        self._contradicted = contradicted
        self._reporter = Reporter(platform, task_id, session.clock)

    async def hand_over(self, replies: Replies) -> Handed:
        """Hand the task to its agent and follow it to its end; one that an earlier run has sent is only followed.

        What the agent asks on the way is answered with `replies`.
        Raises JournalUnavailable where it cannot be kept that it is being sent; then it was not sent.
        """
        reporting = asyncio.create_task(self._reporter.run(self._not_told), name="reporting")
        try:
            return await (self._begin(replies) if self._kept.attempt == 0 else self._take_up(replies))
        finally:
            reporting.cancel()
            await asyncio.wait({reporting})

    async def stop(self) -> Stopped:
        """Ask the agent to stop its work, for `cancel_seconds`; an agent that finished first says so."""
        kept = self._kept
        if kept.attempt == 0 or kept.url is None:
            return Stopped(Ended(Status.CANCELED, NEVER_SENT), confirmed=False)
        seconds = self._session.settings.cancel_seconds
        try:
            return await within(self._session.clock, seconds, self._ask_to_stop(self._client(kept.url)))
        except TimeoutError:
            words = f"the agent did not confirm the cancel within {seconds:g} s; it may still be working"
        except UnknownTask:
            words = "the agent knows no such task"
        return Stopped(Ended(Status.CANCELED, words), confirmed=False)

    @property
    def _kept(self) -> Kept:
        kept = self._book.get(self._task_id)
        if kept is None:
            raise AssertionError(f"{self._task_id} runs and is not kept")
        return kept

    async def _begin(self, replies: Replies) -> Handed:
        kept = self._kept
        try:
            await self._platform.record(kept.task_id, kept.workspace_id, kept.task, kept.traceparent)
        except PlatformError as error:
            await self._book.warn(kept.task_id, f"record: {error}")
        try:
            url = await self._platform.discover(kept.workspace_id)
        except PlatformAnswered as error:
            return Ended(Status.FAILED, f"Discovery failed: HTTP {error.status}")
        except PlatformError as error:
            return Ended(Status.FAILED, f"Discovery failed: {error}")
        if url is None:
            return Ended(Status.FAILED, NO_URL)
        if not _usable(url):
            return Ended(Status.FAILED, "Discovery failed: the URL of the workspace cannot be used")
        await self._book.note(kept.task_id, url=url)
        return await self._sending(url, replies).deliver()

    async def _take_up(self, replies: Replies) -> Handed:
        """The platform may have it in its queue, or know its end; else the agent is asked."""
        kept = self._kept
        try:
            record = await self._platform.get(kept.name_there)
        except PlatformError as error:
            _log.info("delegation %s: the platform could not be asked: %s", kept.task_id, error)
        else:
            if (ended := outcome_of(record)) is not None:
                return await self._ended_there(ended, sent_here=not waits(record))
            if waits(record):
                return Waits(None)
        if kept.url is None:
            return Ended(Status.FAILED, INTERRUPTED)
        return await self._sending(kept.url, replies).take_up()

    async def _ended_there(self, ended: Ended, *, sent_here: bool) -> Ended:
        """It ended on the platform while nobody was here; what was canceled there is stopped at its agent."""
        if ended.status is not Status.CANCELED or not sent_here:
            return ended
        return Ended(Status.CANCELED, f"{ended.text}; {(await self.stop()).ended.text}")

    def _sending(self, url: str, replies: Replies) -> Sending:
        listener = Listener(self._before_send, self._saw, self._not_taken)
        outgoing = Outgoing(self._message, self._reply)
        return Sending(self._kept, self._client(url), self._session, listener, outgoing, replies)

    def _client(self, url: str) -> AgentClient:
        # The session's client adds the token where the URL is the platform's own gateway, and nowhere else.
        limit = self._session.settings.delegation_timeout
        return AgentClient(
            url,
            http=self._session.client_for(url),
            clock=self._session.clock,
            rng=self._session.rng,
            headers=self._platform.identity,
            # `Sending` looks at how long there was no news; a limit for bytes comes after it.
            limits=RpcLimits(request_timeout=min(REQUEST_SECONDS, limit), idle_timeout=2 * limit),
            # How long a lost agent is asked is for `Sending` to say.
            policy=FollowPolicy(failures_allowed=0),
        )

    def _message(self, attempt: int) -> OutgoingMessage:
        kept = self._kept
        return OutgoingMessage(
            text=kept.task,
            message_id=f"msg-{kept.task_id}",
            context_id=kept.task_id,
            params_metadata=self._metadata(kept),
            request_id=f"delegation-{kept.task_id}-{attempt}",
            headers=self._headers(kept),
        )

    def _reply(self, reply: Reply, context_id: str | None) -> OutgoingMessage:
        """A reply is a message of its own to the same task. Agents that name the context themselves go by theirs."""
        self._reporter.saw(AgentUpdate(None, None, message=REPLIED))
        kept, message_id = self._kept, f"msg-{self._session.new_id()}"
        return OutgoingMessage(
            text=reply.text,
            message_id=message_id,
            context_id=context_id or kept.task_id,
            task_id=kept.remote_task_id,
            params_metadata=self._metadata(kept),
            headers=self._headers(kept),
        )

    def _metadata(self, kept: Kept) -> dict[str, str]:
        return {
            "parent_task_id": kept.task_id,
            "source_workspace_id": self._platform.workspace_id,
            "traceparent": kept.traceparent,
        }

    def _headers(self, kept: Kept) -> dict[str, str]:
        return {"traceparent": kept.traceparent, "X-Timeout": f"{self._session.settings.delegation_timeout:g}"}

    async def _before_send(self, attempt: int) -> None:
        """Durable before the first byte leaves: what may have been sent is never taken for unsent."""
        await self._book.change(self._task_id, attempt=attempt, status=Status.DISPATCHED)

    async def _saw(self, update: AgentUpdate) -> None:
        kept = self._kept
        status = _STATUSES.get(update.state) if update.state is not None else None
        works = update.splice is not None or update.percent is not None
        if status is None and works and not update.terminal:
            status = Status.IN_PROGRESS
        changes: dict[str, Any] = {}
        if status is not None and status is not kept.status:
            # What the agent asked is answered when it goes on.
            changes |= {"status": status, "message": None}
        if update.message is not None and not update.terminal:
            changes["message"] = update.message
        if update.percent is not None:
            changes["percent"] = update.percent
        if changes or works:
            changes["heard_at"] = self._session.clock.now_ms()
        if update.task_id not in (None, kept.remote_task_id):
            changes["remote_task_id"] = update.task_id
        if changes:
            durable = not changes.keys().isdisjoint(("status", "remote_task_id"))
            await self._book.note(kept.task_id, durable=durable, **changes)
        if status is not None or works:
            self._reporter.saw(update)

    async def _not_taken(self, reply: Reply, why: str) -> None:
        asked = f"; it had asked: {reply.question}" if reply.question else ""
        message = clean(f"{why}{asked}", limit=ERROR_LIMIT)
        await self._book.note(self._task_id, status=Status.INPUT_REQUIRED, message=message)
        self._reporter.saw(AgentUpdate(None, None, message=message))

    async def _not_told(self, error: PlatformError) -> None:
        await self._book.warn(self._task_id, f"progress: {error}", durable=False)
        if isinstance(error, PlatformAnswered):
            await self._contradicted(self._task_id)

    async def _ask_to_stop(self, client: AgentClient) -> Stopped:
        task_id = self._kept.remote_task_id
        while True:
            try:
                task_id = task_id or await client.find_task(self._task_id, message_id=f"msg-{self._task_id}")
                if task_id is None:
                    if not client.lists_tasks:
                        # That it finds nothing says nothing: it may well be at work.
                        return Stopped(Ended(Status.CANCELED, NEVER_NAMED), confirmed=False)
                    raise UnknownTask(TASK_NOT_FOUND, "")
                update = await _canceled(client, task_id)
                if update.terminal:
                    confirmed = update.state is TaskState.CANCELED
                    return Stopped(Ended(Status.CANCELED, CONFIRMED) if confirmed else ended_by(update), confirmed)
            except UnknownTask:
                raise
            except AgentError as error:
                _log.info("delegation %s: the agent could not be asked to cancel: %s", self._task_id, error)
            await self._session.clock.sleep(CANCEL_PAUSE)


async def _canceled(client: AgentClient, task_id: str) -> AgentUpdate:
    """What the agent says when it is asked to cancel; where that is not the end of it, how the task stands."""
    with suppress(NotCancelable):
        update = await client.cancel(task_id)
        if update.terminal:
            return update
    return await client.get(task_id)


def _usable(url: str) -> bool:
    parts = http_url(url)
    if parts is None or "@" in parts.netloc:
        return False
    return len(url) <= URL_LIMIT and clean_line(url, limit=URL_LIMIT) == url
