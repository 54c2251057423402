"""Which agent is meant: by its URL, or by a name that the caller's mapping or the platform's registry knows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from headway.a2a.card import URL_LIMIT
from headway.a2a.client import AgentClient
from headway.a2a.dialects import Dialect
from headway.a2a.follow import FollowPolicy
from headway.a2a.rpc import RpcLimits
from headway.connectors.errors import ConnectorError
from headway.connectors.http import Exchange
from headway.core.naming import nearest, quoted
from headway.core.text import clean_line
from headway.core.urls import http_url
from headway.tools.errors import ToolError
from headway.tools.session import Session

KEPT_CLIENTS: Final = 256
"""Agents whose dialect and card are remembered."""


class UnknownAgent(ToolError):
    """No agent is known by this name, or the URL is none."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who is talked to: a name for people, and where."""

    name: str
    url: str


class Agents:
    """Finds agents and the clients that talk to them."""

    def __init__(self, session: Session, known: Mapping[str, str] | None = None) -> None:
        """`known` has URLs by name, and goes before the platform's registry."""
        self._session = session
        self._known = dict(known or {})
        self._clients: OrderedDict[str, AgentClient] = OrderedDict()

    async def find(self, url: str | None, name: str | None) -> Agent:
        """The agent that a caller means. Raises UnknownAgent, which says what to do."""
        if url is not None:
            return Agent(clean_line(name) if name else _host_of(url), url)
        if name is None:
            raise UnknownAgent("no agent was named; nothing was sent; give agent_url or agent_name")
        if (found := self._known.get(name)) is not None:
            _host_of(found)
            return Agent(clean_line(name), found)
        if self._session.settings.platform_url is None:
            known = nearest(name, self._known)
            raise UnknownAgent(
                f"no agent is known as {quoted(name)}{known}; nothing was sent; give agent_url, or set PLATFORM_URL to "
                "look names up"
            )
        return await self._registered(name)

    def client_of(self, url: str, dialect: str | None = None) -> AgentClient:
        """The client for an agent; what it has learned is used again, and what an earlier process learned."""
        client = self._clients.get(url)
        if client is None:
            settings, session = self._session.settings, self._session
            # The sweep ends what is silent, with its reason: a time limit of the client's would come before it.
            limits = RpcLimits(idle_timeout=settings.silence_limit + 2 * settings.sweep_every)
            client = self._clients[url] = AgentClient(
                url,
                http=session.client_for(url),
                clock=session.clock,
                rng=session.rng,
                dialect=Dialect(dialect) if dialect is not None else None,
                limits=limits,
                policy=FollowPolicy(failures_allowed=0),
            )
            if len(self._clients) > KEPT_CLIENTS:
                self._clients.popitem(last=False)
        self._clients.move_to_end(url)
        return client

    def forget(self, url: str) -> None:
        """Read the agent's card anew at the next task: what was learned may be wrong by now."""
        self._clients.pop(url, None)

    async def _registered(self, name: str) -> Agent:
        settings = self._session.settings
        if settings.workspace_id is None or settings.platform_url is None:
            raise UnknownAgent(
                f"{quoted(name)} cannot be looked up: WORKSPACE_ID is not set; nothing was sent; set it, or give "
                "agent_url"
            )
        exchange = Exchange(self._session.http, settings.platform_url, {}, self._session.clock)
        try:
            peers = await exchange.call("GET", f"/registry/{quote(settings.workspace_id, safe='')}/peers")
        except ConnectorError as error:
            raise UnknownAgent(f"{quoted(name)} could not be looked up: {error.what} Nothing was sent.") from error
        return _named(name, peers if isinstance(peers, list) else [])


def _named(name: str, peers: list[Any]) -> Agent:
    usable = [peer for peer in peers if isinstance(peer, dict) and isinstance(peer.get("id"), str)]
    found = [peer for peer in usable if peer["id"] == name] or [peer for peer in usable if peer.get("name") == name]
    if not found:
        names = [str(peer.get("name") or peer["id"]) for peer in usable]
        raise UnknownAgent(
            f"the platform knows no agent {quoted(name)} that this workspace may talk to{nearest(name, names)}; "
            "nothing was sent; check the name, or give agent_url"
        )
    if len(found) > 1:
        ids = ", ".join(peer["id"] for peer in found[:5])
        raise UnknownAgent(f"several agents are called {quoted(name)}; nothing was sent; give the id of one: {ids}")
    url = found[0].get("url")
    if not isinstance(url, str):
        raise UnknownAgent(f"the platform knows no URL of {quoted(name)}; nothing was sent; give agent_url")
    _host_of(url)
    return Agent(clean_line(str(found[0].get("name") or name)), url)


def _host_of(url: str) -> str:
    """The host and port of a URL, for people. Raises UnknownAgent where it is none that can be used."""
    parts = http_url(url)
    if parts is None or "@" in parts.netloc or len(url) > URL_LIMIT or clean_line(url, limit=URL_LIMIT) != url:
        raise UnknownAgent(
            f"{quoted(url)} is no URL of an agent; nothing was sent; give http:// or https://, a host and a port, and "
            "no user or password"
        )
    return clean_line(parts.netloc)
