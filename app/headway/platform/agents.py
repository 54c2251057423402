"""The agents behind the workspaces: one client each, kept for what it has learned of its agent."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import httpx

from headway.a2a.card import AgentCard
from headway.a2a.client import AgentClient
from headway.a2a.rpc import RpcLimits
from headway.core.api import Workspace
from headway.core.clock import Clock

_FACTS: Final = frozenset(field.name for field in fields(AgentCard))


@dataclass(frozen=True, slots=True)
class _Known:
    url: str
    client: AgentClient


class Agents:
    """Clients by workspace; a new one is made when a workspace's URL changes."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock, rng: random.Random, *, idle_timeout: float) -> None:
        self._http = http
        self._clock = clock
        self._rng = rng
        self._limits = RpcLimits(idle_timeout=idle_timeout)
        self._known: dict[str, _Known] = {}

    def at(self, url: str) -> AgentClient:
        """A client for an agent that has no workspace yet."""
        return AgentClient(url, http=self._http, clock=self._clock, rng=self._rng, limits=self._limits)

    def of(self, workspace: Workspace) -> AgentClient | None:
        """The client of a workspace's agent; None where the workspace has no URL."""
        if workspace.url is None:
            return None
        known = self._known.get(workspace.id)
        if known is None or known.url != workspace.url:
            known = self._known[workspace.id] = _Known(workspace.url, self.at(workspace.url))
        return known.client

    def forget(self, workspace_id: str) -> None:
        """Drop the client of a workspace that was removed."""
        self._known.pop(workspace_id, None)


def card_facts(card: AgentCard) -> dict[str, Any]:
    """What is kept of a card: the facts that were understood, cleaned, whatever else it said."""
    facts = asdict(card)
    return {**facts, "dialect": card.dialect.value if card.dialect else None, "skills": list(card.skills)}


def was_asked_for(card: Mapping[str, Any] | None) -> bool:
    """Whether a kept card is what the agent answered, or none; a card that its runtime gave is left as it is."""
    return card is None or card.keys() == _FACTS
