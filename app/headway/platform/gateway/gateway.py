"""The gateway as routes see it: who calls whom, and the answer to a call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from headway.a2a.errors import INVALID_REQUEST, AgentError
from headway.core.api import OPERATOR, Workspace
from headway.core.clock import Clock
from headway.ledger.ledger import Ledger
from headway.platform.agents import Agents
from headway.platform.auth import Principal
from headway.platform.dispatcher import Dispatcher
from headway.platform.errors import AgentFailed, Forbidden, Missing
from headway.platform.gateway.asked import read_asked
from headway.platform.gateway.card import gateway_card
from headway.platform.gateway.faults import Fault
from headway.platform.gateway.flights import Flights
from headway.platform.gateway.passage import NO_URL, Errand, Means, Passage
from headway.platform.registry import Registry
from headway.platform.settings import Settings
from headway.platform.slots import Slots

MAX_SILENCE: Final = 86_400.0
EXTENSIONS: Final = ("a2a-extensions", "x-a2a-extensions")
"""What v1.0 and v0.3 call the same header: the agent reads the one of its own version."""
PASSED_ON: Final = ("traceparent", "tracestate", *EXTENSIONS)
"""Headers of a call that are for the agent; the token and everything else are ours."""


class Gateway:
    """Stands between callers and agents: it knows who may talk to whom and which messages are in hand."""

    def __init__(
        self,
        ledger: Ledger,
        registry: Registry,
        agents: Agents,
        slots: Slots,
        dispatcher: Dispatcher,
        clock: Clock,
        settings: Settings,
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._registry = registry
        self._agents = agents
        self._new_id = new_id
        self._means = Means(ledger, agents, slots, dispatcher, Flights(), clock, settings)

    async def call(
        self, caller: Workspace, target: Workspace, body: bytes, headers: Mapping[str, str], traceparent: str | None
    ) -> Passage:
        """The answer to a call, to be run as an ASGI application. Raises Fault for what cannot be asked."""
        asked = read_asked(body, self._new_id)
        silence = _silence(headers.get("x-timeout"), target)
        passed_on = {name: headers[name] for name in PASSED_ON if name in headers}
        if wanted := next((headers[name] for name in EXTENSIONS if name in headers), None):
            passed_on = {**dict.fromkeys(EXTENSIONS, wanted), **passed_on}
        if asked.sends:
            traceparent = traceparent or asked.traceparent
        return Passage(self._means, Errand(asked, caller, target, silence, passed_on, traceparent))

    async def card(self, target: Workspace, url: str) -> dict[str, Any]:
        """The card of the target's agent, reached at `url`. Raises Missing and AgentFailed."""
        client = self._agents.of(target)
        if client is None:
            raise Missing(NO_URL)
        try:
            return gateway_card(await client.raw_card(), url)
        except AgentError as error:
            raise AgentFailed(f"the agent's card could not be read: {error}") from error

    async def caller(self, principal: Principal, named: str | None, operator: Callable[[], Any]) -> Workspace:
        """Who calls: the workspace that X-Workspace-ID names, else the token's, else the operator.

        Raises Forbidden where the token is not for it.
        """
        if named is None and principal.workspace_id is None:
            principal.require_admin()
        if named == OPERATOR or (named is None and principal.workspace_id is None):
            found: Workspace | None = await operator()
        else:
            found = await self._ledger.workspace(named or principal.workspace_id or "")
        if found is None:
            raise Forbidden("the calling workspace is not known here; nothing was sent")
        principal.require_write(found.id)
        return found

    async def target(self, workspace_id: str) -> Workspace:
        """The workspace that is called. Raises Missing."""
        found = await self._ledger.workspace(workspace_id)
        if found is None:
            raise Missing("no such workspace; nothing was sent")
        return found

    async def require_may_talk(self, caller: Workspace, target: Workspace) -> None:
        """Raises Forbidden where the two may not talk (spec: platform-api, "Workspaces and registry")."""
        if not await self._registry.may_talk(caller.id, target.id):
            raise Forbidden(f"workspace {caller.id} may not talk to workspace {target.id}; nothing was sent")


def _silence(header: str | None, target: Workspace) -> float | None:
    """How many seconds the agent may be silent: what the caller says, else what its heartbeat says, else the usual."""
    if header is not None:
        try:
            seconds = float(header)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            text = "X-Timeout must be a number of seconds above 0; nothing was sent"
            raise Fault(INVALID_REQUEST, text, HTTPStatus.BAD_REQUEST)
        return min(seconds, MAX_SILENCE)
    said = (target.runtime_metadata or {}).get("idle_timeout_seconds")
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 < said < math.inf:
        return None
    return min(float(said), MAX_SILENCE)
