"""The card of an agent behind the gateway: its own, reached at the gateway's address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from headway.core.text import clean_json

VERSIONS: Final = ("1.0", "0.3")
_OF_THE_AGENT: Final = (
    # How the agent itself is reached and opened, and what vouches for the card as it was.
    "additionalInterfaces",
    "security",
    "securityRequirements",
    "securitySchemes",
    "signatures",
    "supportsAuthenticatedExtendedCard",
)
_NOT_HERE: Final = ("pushNotifications", "extendedAgentCard")
# v0.3 requires these, and protobuf leaves out what is empty.
_REQUIRED: Final[Mapping[str, Any]] = {
    "name": "",
    "description": "",
    "version": "",
    "defaultInputModes": [],
    "defaultOutputModes": [],
    "skills": [],
}
_REQUIRED_OF_SKILLS: Final[Mapping[str, Any]] = {"id": "", "name": "", "description": "", "tags": []}


def gateway_card(card: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The card with every endpoint replaced by `url`, for v1.0 clients (supportedInterfaces) and v0.3 ones (url).

    Skills and streaming stay; push notifications, which would go around the gateway, are not offered.
    """
    kept = _filled(clean_json(dict(card)), _REQUIRED)
    kept["skills"] = [_filled(skill, _REQUIRED_OF_SKILLS) for skill in kept["skills"] if isinstance(skill, dict)]
    said = kept.get("capabilities")
    capabilities = (
        {name: value for name, value in said.items() if name not in _NOT_HERE} if isinstance(said, dict) else {}
    )
    return {
        **kept,
        "url": url,
        "protocolVersion": "0.3.0",
        "preferredTransport": "JSONRPC",
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": version} for version in VERSIONS
        ],
        "capabilities": {**capabilities, "pushNotifications": False},
    }


def _filled(said: Mapping[str, Any], required: Mapping[str, Any]) -> dict[str, Any]:
    """What is said, with what is required put in where it is missing or of another type."""
    kept = {name: value for name, value in said.items() if name not in _OF_THE_AGENT and value is not None}
    return {
        **kept,
        **{name: value for name, value in required.items() if not isinstance(kept.get(name), type(value))},
    }
