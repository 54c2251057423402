"""The verbs that delegate through a platform: arguments checked, answers as plain data (spec: agent-tools).

A verb answers what went wrong, with `error`; it raises only for a fault in its caller's code.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from headway.core.delegation import Status
from headway.core.text import BODY_LIMIT, ERROR_LIMIT, clean, clean_line
from headway.tools import answers, permissions, tracing
from headway.tools.audit import Audit
from headway.tools.book import Book
from headway.tools.delegation import Kept
from headway.tools.delegation_store import DelegationStore
from headway.tools.delegations import Delegations
from headway.tools.errors import JournalUnavailable
from headway.tools.platform_api import PlatformApi, PlatformError
from headway.tools.session import Session
from headway.tools.settings import ToolSettings

AT_ONCE: Final = 8
"""Records asked for at the same time where all delegations are checked."""
NO_PLATFORM: Final = "no platform to delegate through: set PLATFORM_URL and WORKSPACE_ID; nothing was sent"

Answer = dict[str, Any]


async def open_delegations(session: Session) -> Delegations | None:
    """The delegations of a session's workspace, those of an earlier run taken up; None where no platform is set.

    Raises JournalUnavailable.
    """
    platform = PlatformApi.of(session)
    if platform is None:
        return None
    book = Book(DelegationStore(session.journal), session.settings.kept_delegations)
    opened = Delegations(session, platform, book, Audit(platform.workspace_id, session.clock))
    await opened.start()
    return opened


class DelegationVerbs:
    """Safe to call from many tasks at once; `Tools` says what each of them does."""

    def __init__(self, session: Session, delegations: Delegations | None) -> None:
        self._session = session
        self._delegations = delegations

    async def delegate_to_workspace(self, workspace_id: str, task: str) -> Answer:
        settings = self._session.settings
        task_id = self._session.new_id()
        span = tracing.begin(
            {
                "source_workspace_id": settings.workspace_id or "",
                "target_workspace_id": clean_line(workspace_id),
                "task_id": task_id,
            },
            self._session.rng,
        )
        error = self._refusal(workspace_id, task, span.context.trace_id)
        if error is None and self._delegations is None:
            error = NO_PLATFORM
        if error is not None or self._delegations is None:
            span.end(error)
            return answers.refused(error or NO_PLATFORM)
        now = self._session.clock.now_ms()
        kept = Kept(task_id, workspace_id, task, str(span.context), created_at=now, heard_at=now)
        try:
            await self._delegations.begin(kept, span)
        except JournalUnavailable as failure:
            span.end(str(failure))
            return answers.refused(f"{failure}; nothing was sent")
        return answers.delegated(kept)

    async def check_delegation_status(self, task_id: str = "") -> Answer:
        if not task_id:
            return answers.several(await self._all(), self._session.clock.now_ms())
        kept = self._delegations.get(task_id) if self._delegations is not None else None
        if kept is None or self._delegations is None:
            return answers.unknown(task_id)
        return answers.one(await self._delegations.refreshed(kept), self._session.clock.now_ms())

    async def cancel_delegation(self, task_id: str, reason: str = "") -> Answer:
        kept = self._delegations.get(task_id) if self._delegations is not None else None
        if kept is None or self._delegations is None:
            return {"success": False, **answers.unknown(task_id)}
        if kept.ended:
            return answers.not_canceled(kept, f"the delegation has ended already: {kept.status}; nothing was changed")
        try:
            after = await self._delegations.cancel(kept, clean(reason, limit=ERROR_LIMIT).strip() or None)
        except PlatformError as error:
            return answers.not_canceled(kept, f"the platform holds it and could not be told: {error}; it goes on")
        if after.status not in (Status.CANCELED, Status.CANCELING):
            return answers.not_canceled(after, f"it had ended before the cancel reached it: {after.status}")
        return answers.canceled(after)

    async def _all(self) -> list[Kept]:
        """Every delegation, newest first; those that the platform holds as they stand now."""
        delegations = self._delegations
        if delegations is None:
            return []
        places = asyncio.Semaphore(AT_ONCE)

        async def refreshed(kept: Kept) -> Kept:
            async with places:
                return await delegations.refreshed(kept)

        return list(await asyncio.gather(*map(refreshed, reversed(list(delegations)))))

    def _refusal(self, workspace_id: str, task: str, trace_id: str) -> str | None:
        """Why a task is not handed over."""
        settings = self._session.settings
        if (denied := self._denied(settings, workspace_id, task, trace_id)) is not None:
            return denied
        if not workspace_id or clean_line(workspace_id) != workspace_id:
            return "workspace_id must be the id of a workspace, in one line; nothing was sent"
        if workspace_id == settings.workspace_id:
            return "self-delegation not permitted; nothing was sent"
        if not task.strip() or len(task) > BODY_LIMIT:
            return f"a task has 1 to {BODY_LIMIT:,} characters; nothing was sent"
        return None

    def _denied(self, settings: ToolSettings, workspace_id: str, task: str, trace_id: str) -> str | None:
        roles = settings.workspace_roles
        if permissions.may(permissions.DELEGATE, roles, settings.workspace_permissions):
            return None
        reason = permissions.refusal(permissions.DELEGATE, roles)
        audit = Audit(settings.workspace_id or "", self._session.clock)
        audit.denied(permissions.DELEGATE, clean_line(workspace_id), roles, trace_id=trace_id, task=task, reason=reason)
        return reason
