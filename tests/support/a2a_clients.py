"""A client of one agent as tests use it: quick to try again, and what it was told put together."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from headway.a2a.client import AgentClient
from headway.a2a.dialects import OutgoingMessage
from headway.a2a.follow import FollowPolicy
from headway.a2a.updates import AgentUpdate
from headway.net.backoff import Backoff
from headway.net.clock import SystemClock

FAST = FollowPolicy(pauses=Backoff(first=0.01, most=0.05), failures_allowed=2)


def client_of(url: str, http: Any, **settings: Any) -> AgentClient:
    given = {"http": http, "clock": SystemClock(), "rng": random.Random(1), "policy": FAST, **settings}
    return AgentClient(url, **given)


async def follow(client: AgentClient, text: str) -> list[AgentUpdate]:
    """All that is heard of a task from sending it to its end."""
    return [update async for update in client.stream(OutgoingMessage(text, "m1", "c1"))]


def shown(updates: Iterable[AgentUpdate], text: str = "") -> str:
    """The output that these updates make of `text`."""
    for update in updates:
        if update.splice is not None:
            text = text[: update.splice.offset] + update.splice.text
    return text
