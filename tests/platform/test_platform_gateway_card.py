"""The gateway's card as the SDK reads it, whatever the agent's own looks like."""

from __future__ import annotations

from typing import Any

import pytest
from a2a.client.card_resolver import parse_agent_card
from a2a.compat.v0_3 import types as v03_types
from headway.platform.gateway.card import gateway_card

URL = "http://127.0.0.1:1/workspaces/x/a2a"
SKILL = {"id": "s", "name": "S", "description": "d", "tags": ["t"], "examples": ["e"]}


@pytest.mark.parametrize(
    ("card", "name", "skills"),
    [
        # protobuf leaves out what is empty.
        ({"name": "bare", "supportedInterfaces": [{"url": "http://a"}], "skills": [{"id": "s"}]}, "bare", ["s"]),
        # pydantic says null for what is absent.
        (
            {"name": "old", "url": "http://a", "provider": None, "skills": [SKILL], "security": [{"k": []}]},
            "old",
            ["s"],
        ),
        ({"name": 5, "url": "http://a", "skills": "many", "capabilities": [], "defaultInputModes": None}, "", []),
        ({"name": "mixed", "url": "http://a", "skills": [7, {**SKILL, "tags": None, "security": []}]}, "mixed", ["s"]),
    ],
)
def test_clients_of_either_version_read_it(card: dict[str, Any], name: str, skills: list[str]) -> None:
    document = gateway_card(card, URL)
    old = v03_types.AgentCard.model_validate(document)
    assert (old.name, old.url, [skill.id for skill in old.skills]) == (name, URL, skills)
    assert old.security is None
    new = parse_agent_card(document)
    assert (new.name, [skill.id for skill in new.skills]) == (name, skills)
    assert [(one.url, one.protocol_version) for one in new.supported_interfaces] == [(URL, "1.0"), (URL, "0.3")]
    assert not new.capabilities.push_notifications
