"""The agent card: one document that v1.0, v0.3 and v0.1 clients all read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headway import __version__
from headway.agents.hostile import HOSTILE_TEXTS
from headway.agents.task import JSON_RPC, Dialect

if TYPE_CHECKING:
    from headway.agents.agent import SimulatedAgent

OLD_PATH: Final = "/.well-known/agent.json"
CARD_PATHS: Final = ("/.well-known/agent-card.json", OLD_PATH)
_NEWER: Final = (Dialect.V1_0, Dialect.V0_3)


def card_paths(agent: SimulatedAgent) -> tuple[str, ...]:
    """Where the agent's card is: those of v0.1 have one place."""
    return (OLD_PATH,) if agent.speaks.isdisjoint(_NEWER) else CARD_PATHS


def agent_card(agent: SimulatedAgent, url: str) -> dict[str, Any]:
    """The card of an agent that is reached at `url`: `supportedInterfaces` for v1.0, top-level `url`,
    `protocolVersion` and `preferredTransport` for v0.3, `url` for v0.1. It names what the agent speaks only."""
    persona = agent.persona
    description = HOSTILE_TEXTS[0] if agent.behavior.hostile else persona.description
    streaming = agent.behavior.streaming and not agent.speaks.isdisjoint(JSON_RPC)
    return {
        "name": agent.name,
        "description": description,
        "version": __version__,
        "url": url,
        **_spoken(agent.speaks, url),
        "capabilities": {"streaming": streaming, "pushNotifications": False},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain", "text/markdown"],
        "skills": [
            {
                "id": persona.skill,
                "name": persona.skill.capitalize(),
                "description": description,
                "tags": [persona.skill, "simulated"],
                "examples": list(persona.prompts),
            }
        ],
    }


def _spoken(speaks: frozenset[Dialect], url: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if Dialect.V0_3 in speaks:
        told = {"protocolVersion": "0.3.0", "preferredTransport": "JSONRPC"}
    if Dialect.V1_0 in speaks:
        told["supportedInterfaces"] = [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": version.value}
            for version in _NEWER
            if version in speaks
        ]
    return told
