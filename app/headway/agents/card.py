"""The agent card: one document that v1.0, v0.3 and v0.1 clients all read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headway import __version__
from headway.agents.hostile import HOSTILE_TEXTS

if TYPE_CHECKING:
    from headway.agents.agent import SimulatedAgent

CARD_PATHS: Final = ("/.well-known/agent-card.json", "/.well-known/agent.json")


def agent_card(agent: SimulatedAgent, url: str) -> dict[str, Any]:
    """The card of an agent that is reached at `url`: `supportedInterfaces` for v1.0, top-level `url`,
    `protocolVersion` and `preferredTransport` for v0.3, `url` for v0.1."""
    persona = agent.persona
    description = HOSTILE_TEXTS[0] if agent.behaviour.hostile else persona.description
    return {
        "name": agent.name,
        "description": description,
        "version": __version__,
        "url": url,
        "protocolVersion": "0.3.0",
        "preferredTransport": "JSONRPC",
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "0.3"},
        ],
        "capabilities": {"streaming": agent.behaviour.streaming, "pushNotifications": False},
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
