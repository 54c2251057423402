"""The agents behind the workspaces: one client each, kept for what it has learned of its agent."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

import httpx

from headway.a2a.card import AgentCard
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect
from headway.a2a.follow import FollowPolicy
from headway.a2a.rpc import RpcLimits
from headway.core.api import Workspace
from headway.core.clock import Clock

_FACTS: Final = frozenset(field.name for field in fields(AgentCard))

LONGEST_SILENCE: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class _Known:
    url: str
    idle_timeout: float | None
    client: AgentClient


class Agents:
    """Clients by workspace; a new one is made when a workspace's URL changes."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        rng: random.Random,
        *,
        idle_timeout: float,
        policy: FollowPolicy | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._rng = rng
        self._policy = policy
        self._limits = RpcLimits(idle_timeout=idle_timeout)
        self._known: dict[str, _Known] = {}

    def at(self, url: str, *, dialect: Dialect | None = None, idle_timeout: float | None = None) -> AgentClient:
        """A client for an agent, whatever its workspace; `idle_timeout` (seconds) in place of the usual one."""
        limits = self._limits if idle_timeout is None else replace(self._limits, idle_timeout=idle_timeout)
        return AgentClient(
            url,
            http=self._http,
            clock=self._clock,
            rng=self._rng,
            dialect=dialect,
            limits=limits,
            policy=self._policy,
        )

    def of(self, workspace: Workspace) -> AgentClient | None:
        """The client of a workspace's agent; None where the workspace has no URL."""
        if workspace.url is None:
            return None
        known = self._known.get(workspace.id)
        idle_timeout = idle_timeout_of(workspace)
        if known is None or (known.url, known.idle_timeout) != (workspace.url, idle_timeout):
            # Another limit leaves the agent what it was; another URL may be another agent.
            dialect = known.client.dialect if known is not None and known.url == workspace.url else None
            client = self.at(workspace.url, dialect=dialect, idle_timeout=idle_timeout)
            known = self._known[workspace.id] = _Known(workspace.url, idle_timeout, client)
        return known.client

    def forget(self, workspace_id: str) -> None:
        """Drop the client of a workspace that was removed."""
        self._known.pop(workspace_id, None)


def idle_timeout_of(workspace: Workspace) -> float | None:
    """Seconds that the workspace's heartbeat asks for, which its agent may be silent for; None is the usual.

    `runtime_metadata.idle_timeout_seconds` (spec: platform-api, "The A2A gateway and the queue").
    """
    seconds = (workspace.runtime_metadata or {}).get("idle_timeout_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        return None
    return min(float(seconds), LONGEST_SILENCE)


def card_facts(card: AgentCard) -> dict[str, Any]:
    """What is kept of a card: the facts that were understood, cleaned, whatever else it said."""
    facts = asdict(card)
    return {**facts, "dialect": card.dialect.value if card.dialect else None, "skills": list(card.skills)}


def was_asked_for(card: Mapping[str, Any] | None) -> bool:
    """Whether a kept card is what the agent answered, or none; a card that its runtime gave is left as it is."""
    return card is None or ("dialect" in card and card.keys() <= _FACTS)
