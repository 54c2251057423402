"""The agent card: who an agent is, where it listens and which dialect it speaks."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from headway.a2a.dialects import Dialect
from headway.core.text import ERROR_LIMIT, clean, clean_line

WELL_KNOWN: Final = (".well-known/agent-card.json", ".well-known/agent.json")
URL_LIMIT: Final = 2_048


@dataclass(frozen=True, slots=True)
class AgentCard:
    """What a card says, cleaned. `dialect`, `streaming` and `pushes` are None where it does not say.

    `url` is the JSON-RPC endpoint; None when the card names none that we can talk to.
    """

    name: str
    description: str
    version: str
    url: str | None
    dialect: Dialect | None
    streaming: bool | None
    pushes: bool | None
    skills: tuple[str, ...]


_FACTS: Final = frozenset(field.name for field in fields(AgentCard))


def card_urls(agent_url: str) -> tuple[str, ...]:
    """Where the card may be, likeliest first: both well-known paths under the agent's URL, then at its host's root."""
    if "/.well-known/" in urlsplit(agent_url).path:
        return (agent_url,)
    base = agent_url if agent_url.endswith("/") else agent_url + "/"
    urls = [urljoin(base, path) for path in WELL_KNOWN] + [urljoin(base, "/" + path) for path in WELL_KNOWN]
    return tuple(dict.fromkeys(urls))


def read_card(card: object, card_url: str) -> AgentCard | None:
    """Read a card of any version by its shape; None when it is no card. A relative endpoint is resolved."""
    if not isinstance(card, dict) or not any(key in card for key in ("name", "url", "supportedInterfaces")):
        return None
    url, dialect = _endpoint(card)
    said = card.get("capabilities")
    capabilities = said if isinstance(said, dict) else {}
    streaming, pushes = (capabilities.get(name) for name in ("streaming", "pushNotifications"))
    # protobuf leaves a false out, so a v1.0 card that lists capabilities without it means no.
    if streaming is None and isinstance(said, dict) and "supportedInterfaces" in card:
        streaming = False
    skills = card.get("skills")
    return AgentCard(
        name=_line(card.get("name")),
        description=clean(text, limit=ERROR_LIMIT) if isinstance(text := card.get("description"), str) else "",
        version=_line(card.get("version")),
        url=_usable(url, card_url),
        dialect=dialect,
        streaming=streaming if isinstance(streaming, bool) else None,
        pushes=pushes if isinstance(pushes, bool) else None,
        skills=tuple(
            _line(skill.get("name") or skill.get("id"))
            for skill in (skills if isinstance(skills, list) else [])[:100]
            if isinstance(skill, dict)
        ),
    )


def read_facts(facts: object) -> AgentCard | None:
    """Read a card as a platform of ours keeps it: its facts, by the names of `AgentCard`; None for any other shape.

    A platform of another version may keep fewer of them.
    """
    if not isinstance(facts, dict) or "dialect" not in facts or not facts.keys() <= _FACTS:
        return None
    card = read_card({**facts, "skills": []}, "")
    skills = facts.get("skills")
    known: dict[str, Any] = {
        name: value for name in ("streaming", "pushes") if isinstance(value := facts.get(name), bool)
    }
    return card and replace(
        card,
        dialect={dialect.value: dialect for dialect in Dialect}.get(str(facts["dialect"])),
        skills=tuple(_line(skill) for skill in (skills if isinstance(skills, list) else [])[:100]),
        **known,
    )


def _endpoint(card: dict[str, Any]) -> tuple[object, Dialect | None]:
    """The best JSON-RPC interface: v1.0 before 0.3, then the top-level URL of older cards."""
    interfaces = card.get("supportedInterfaces")
    found: dict[Dialect, object] = {}
    for item in interfaces if isinstance(interfaces, list) else []:
        if isinstance(item, dict) and str(item.get("protocolBinding", "JSONRPC")).upper() == "JSONRPC":
            dialect = _dialect(item.get("protocolVersion", "1.0"))
            if dialect is not None:
                found.setdefault(dialect, item.get("url"))
    for dialect in Dialect:
        if dialect in found:
            return found[dialect], dialect
    if str(card.get("preferredTransport", "JSONRPC")).upper() == "JSONRPC":
        return card.get("url"), _dialect(card.get("protocolVersion"))
    for item in also if isinstance(also := card.get("additionalInterfaces"), list) else []:
        if isinstance(item, dict) and str(item.get("transport", "")).upper() == "JSONRPC":
            return item.get("url"), _dialect(card.get("protocolVersion"))
    return None, None


def _dialect(version: object) -> Dialect | None:
    if not isinstance(version, str):
        return None
    if version.startswith("1."):
        return Dialect.V1_0
    return Dialect.V0_3 if version.startswith(("0.2", "0.3")) else None


def _usable(url: object, card_url: str) -> str | None:
    """Resolve the endpoint against the card's own address; 0.0.0.0 and [::] stand for the host that was asked."""
    if not isinstance(url, str) or not url or len(url) > URL_LIMIT or clean_line(url, limit=URL_LIMIT) != url:
        return None
    try:
        parts = urlsplit(urljoin(card_url, url))
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    if _unspecified(host):
        asked = urlsplit(card_url).hostname or ""
        name = f"[{asked}]" if ":" in asked else asked
        parts = parts._replace(netloc=name if port is None else f"{name}:{port}")
    return urlunsplit(parts)


def _unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _line(value: object) -> str:
    return clean_line(value) if isinstance(value, str) else ""
