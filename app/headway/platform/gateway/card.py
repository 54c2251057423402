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


def gateway_card(card: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The card with every endpoint replaced by `url`, for v1.0 clients (supportedInterfaces) and v0.3 ones (url).

    Skills and streaming stay; push notifications, which would go around the gateway, are not offered.
    """
    kept = {name: value for name, value in clean_json(dict(card)).items() if name not in _OF_THE_AGENT}
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
