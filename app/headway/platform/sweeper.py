"""What happens with time: silence, deadlines, expiries, eviction, and whether agents are still there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from headway.a2a.errors import AgentError
from headway.core.api import OFFLINE, ONLINE, Workspace
from headway.core.clock import Clock
from headway.ledger.errors import LedgerUnavailable, NotFound
from headway.ledger.ledger import Ledger
from headway.platform.agents import Agents, card_facts, was_asked_for
from headway.platform.dispatcher import Dispatcher
from headway.platform.registry import Registry
from headway.platform.settings import Settings

_log = logging.getLogger(__name__)


class Sweeper:
    """Looks at the ledger every so often; each look is one bounded transaction."""

    def __init__(
        self,
        ledger: Ledger,
        dispatcher: Dispatcher,
        agents: Agents,
        registry: Registry,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._agents = agents
        self._registry = registry
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """Sweep until canceled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(self._settings.sweep_every, self.sweep))
            # At once: a start may keep less than the one before.
            group.create_task(self._every(self._settings.evict_every, self._evict, at_once=True))
            group.create_task(self._every(self._settings.probe_every, self._probe_all))

    async def sweep(self) -> None:
        """Mark what has been silent too long as stuck or offline, fail what is past its deadline or expiry, and let
        searches find what has ended."""
        await self._registry.mark_silent()
        silent_since = self._clock.now_ms() - round(self._settings.stuck_after * 1000)
        await self._ledger.mark_stuck(silent_since)
        for row in await self._ledger.fail_overdue():
            self._dispatcher.drop(row.delegation_id)
        await self._ledger.index_texts()

    async def probe(self, workspace: Workspace) -> None:
        """Fetch the agent's card, and write whether the agent is there, and the card where it changed."""
        client = self._agents.of(workspace)
        if client is None:
            return
        changes: dict[str, object] = {}
        try:
            card = await client.card()
        except AgentError as error:
            status = OFFLINE
            changes["last_sample_error"] = str(error)
        else:
            status = ONLINE
            facts = card_facts(card)
            if facts != workspace.agent_card and was_asked_for(workspace.agent_card):
                changes["agent_card"] = facts
        if status == workspace.status and "agent_card" not in changes:
            return
        try:
            await self._ledger.update_workspace(workspace.id, {"status": status, **changes})
        except NotFound:
            _log.info("workspace %s was removed while it was probed", workspace.id)

    async def _probe_all(self) -> None:
        """Ask after the agents that send no heartbeat (spec: platform-api, "Workspaces and registry")."""
        silent = [
            workspace
            for workspace in await self._ledger.workspaces()
            if workspace.url and not workspace.last_heartbeat_at
        ]
        await asyncio.gather(*(self.probe(workspace) for workspace in silent))

    async def _evict(self) -> None:
        await self._ledger.evict(self._settings.retention)

    async def _every(self, seconds: float, look: Callable[[], Awaitable[None]], *, at_once: bool = False) -> None:
        while True:
            await self._clock.sleep(0 if at_once else seconds)
            at_once = False
            try:
                await look()
            except LedgerUnavailable as error:
                _log.warning("the ledger cannot be written: %s; looking again in %g s", error, seconds)
