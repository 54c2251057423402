"""`Tools`: every verb of one workspace, open as long as its agent runs."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from headway.core.clock import Clock
from headway.tools.a2a_verbs import A2AVerbs
from headway.tools.agents import Agents
from headway.tools.delegation_verbs import DelegationVerbs, open_delegations
from headway.tools.delegations import Delegations
from headway.tools.direct import DirectTasks
from headway.tools.running import OnResult
from headway.tools.session import Session, new_id, open_session
from headway.tools.settings import ToolSettings


class Tools(A2AVerbs, DelegationVerbs):
    """Made by `open_tools`."""

    def __init__(self, session: Session, direct: DirectTasks, agents: Agents, delegations: Delegations | None) -> None:
        A2AVerbs.__init__(self, session, direct, agents)
        DelegationVerbs.__init__(self, session, delegations)
        self.session = session
        self.direct = direct


@asynccontextmanager
async def open_tools(
    settings: ToolSettings | None = None,
    *,
    journal: Path | None = None,
    agents: Mapping[str, str] | None = None,
    on_result: OnResult | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    ids: Callable[[], str] = new_id,
) -> AsyncIterator[Tools]:
    """The tools of the workspace that `settings` (those of the environment, unless given) name.

    Tasks and delegations that an earlier process left running are taken up again. `journal` is its file, when not the
    usual one; `agents` has URLs by name; `on_result` is told of every task that has no callback of its own. After the
    block nothing runs any more: what had not ended goes on at its agent, and is taken up when the tools are opened
    again.

    Raises SettingsError, JournalLocked where another process has this workspace's tools open, JournalUnavailable.
    """
    given = settings or ToolSettings.from_environment()
    async with open_session(given, journal=journal, clock=clock, rng=rng, ids=ids) as session:
        known = Agents(session, agents)
        direct = DirectTasks(session, known, on_result)
        try:
            await direct.start()
            yield Tools(session, direct, known, await open_delegations(session))
        finally:
            direct.close()
