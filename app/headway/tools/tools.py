"""`Tools`: every verb of one workspace, open as long as its agent runs.

Loading this module loads none of what the verbs need to work, which costs more than all the rest: `open_tools` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from headway.tools.descriptions import (
    A2A_CANCEL_TASK,
    A2A_CHECK_TASK,
    A2A_SEND,
    A2A_SEND_ASYNC,
    CANCEL_DELEGATION,
    CHECK_DELEGATION_STATUS,
    DELEGATE_TO_WORKSPACE,
    REPLY_TO_TASK,
    described,
)
from headway.tools.wanted import Wanted

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from headway.core.clock import Clock
    from headway.tools.a2a_verbs import A2AVerbs
    from headway.tools.delegation_verbs import DelegationVerbs
    from headway.tools.direct import DirectTasks
    from headway.tools.reply_verb import ReplyVerb
    from headway.tools.running import OnProgress, OnResult
    from headway.tools.session import Session
    from headway.tools.settings import ToolSettings
else:
    # So that the hints of the verbs can be read without loading what only a call needs.
    OnResult = OnProgress = Callable[[Any], Any]

_CONTEXT: Final = "`context` is any JSON object of the caller's; it comes back with the result, as it was at the call."
Answer = dict[str, Any]


class Tools:
    """Made by `open_tools`. Its verbs can be called from many tasks at once."""

    def __init__(
        self,
        session: Session,
        direct: DirectTasks,
        asking: A2AVerbs,
        delegating: DelegationVerbs,
        replying: ReplyVerb,
    ) -> None:
        self.session = session
        self.direct = direct
        self._asking = asking
        self._delegating = delegating
        self._replying = replying

    @described(A2A_SEND, _CONTEXT + " `on_progress` is called with each `Progress` while the agent works.")
    async def a2a_send(
        self,
        agent_url: str,
        message: str,
        *,
        session_id: str | None = None,
        context: Mapping[str, Any] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        wanted = Wanted(message, agent_url, session_id=session_id, context=context)
        return await self._asking.a2a_send(wanted, on_progress)

    @described(
        A2A_SEND_ASYNC,
        _CONTEXT + " `on_result` is called with the `Outcome` (and awaited), at least once, in place of the session's.",
    )
    async def a2a_send_async(
        self,
        agent_url: str | None = None,
        message: str = "",
        *,
        agent_name: str | None = None,
        task_id: str | None = None,
        session_id: str | None = None,
        context: Mapping[str, Any] | None = None,
        on_result: OnResult | None = None,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        wanted = Wanted(message, agent_url, agent_name, task_id, session_id, context)
        return await self._asking.a2a_send_async(wanted, on_result, on_progress)

    @described(A2A_CHECK_TASK)
    async def a2a_check_task(self, task_id: str) -> Answer:
        return await self._asking.a2a_check_task(task_id)

    @described(A2A_CANCEL_TASK)
    async def a2a_cancel_task(self, task_id: str) -> Answer:
        return await self._asking.a2a_cancel_task(task_id)

    @described(DELEGATE_TO_WORKSPACE)
    async def delegate_to_workspace(self, workspace_id: str, task: str) -> Answer:
        return await self._delegating.delegate_to_workspace(workspace_id, task)

    @described(CHECK_DELEGATION_STATUS)
    async def check_delegation_status(self, task_id: str = "") -> Answer:
        return await self._delegating.check_delegation_status(task_id)

    @described(CANCEL_DELEGATION)
    async def cancel_delegation(self, task_id: str, reason: str = "") -> Answer:
        return await self._delegating.cancel_delegation(task_id, reason)

    @described(REPLY_TO_TASK)
    async def reply_to_task(self, task_id: str, message: str) -> Answer:
        return await self._replying.reply_to_task(task_id, message)


@asynccontextmanager
async def open_tools(
    settings: ToolSettings | None = None,
    *,
    journal: Path | None = None,
    agents: Mapping[str, str] | None = None,
    on_result: OnResult | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    ids: Callable[[], str] | None = None,
) -> AsyncIterator[Tools]:
    """The tools of the workspace that `settings` (those of the environment, unless given) name.

    Tasks and delegations that an earlier process left running are taken up again. `journal` is its file, when not the
    usual one; `agents` has URLs by name; `on_result` is told of every task that has no callback of its own. After the
    block nothing runs any more: what had not ended goes on at its agent, and is taken up when the tools are opened
    again.

    Raises SettingsError, JournalLocked where another process has this workspace's tools open, JournalUnavailable.
    """
    from headway.tools.a2a_verbs import A2AVerbs
    from headway.tools.agents import Agents
    from headway.tools.delegation_verbs import DelegationVerbs, open_delegations
    from headway.tools.direct import DirectTasks
    from headway.tools.reply_verb import ReplyVerb
    from headway.tools.session import new_id, open_session
    from headway.tools.settings import ToolSettings

    given = settings or ToolSettings.from_environment()
    async with open_session(given, journal=journal, clock=clock, rng=rng, ids=ids or new_id) as session:
        known = Agents(session, agents)
        direct = DirectTasks(session, known, on_result)
        try:
            await direct.start()
            delegations = await open_delegations(session)
            yield Tools(
                session,
                direct,
                A2AVerbs(session, direct, known),
                DelegationVerbs(session, delegations),
                ReplyVerb(session, direct, delegations),
            )
        finally:
            direct.close()
