"""What the demo's agents hand to each other: an endless, seeded script. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from headway.agents.cast import persona_for, role_of
from headway.agents.fleet import DEMO_FLEET, AgentSpec
from headway.core.api import OPERATOR

PRIORITIES: Final = (100, 50, 50, 50, 10)
_WEIGHTS: Final = {"coder": 6, "reviewer": 6, "researcher": 5, "scraper": 5, "deployer": 2}
_SLOTS: Final = {"coder": 2, "researcher": 2, "scraper": 2}
"""The scraper itself has one slot only, so it says that it is busy when it is given a second task."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One task that an agent, or the operator, hands to another agent."""

    source: str
    target: str
    task: str
    priority: int


def fleet_of(count: int, seed: int) -> list[AgentSpec]:
    """The first `count` agents of the demo's cast, over and over where that is more than there are."""
    specs = []
    for number in range(count):
        lap, place = divmod(number, len(DEMO_FLEET))
        spec = DEMO_FLEET[place]
        name = f"{spec.name}-{lap + 1}" if lap else spec.name
        specs.append(AgentSpec(name, spec.behavior, seed=seed + number, slots=spec.slots))
    return specs


def slots_of(name: str) -> int:
    """How many tasks the platform may give an agent at once."""
    return _SLOTS.get(role_of(name), 1)


def handovers(names: Sequence[str], rng: random.Random) -> Iterator[Handover]:
    """First one task for each agent, so that every table fills; then a mix in which busy agents stay busy."""
    for name in names:
        yield _handover(name, names, rng)
    weights = [_WEIGHTS.get(role_of(name), 1) for name in names]
    while True:
        yield _handover(rng.choices(names, weights)[0], names, rng)


def _handover(target: str, names: Sequence[str], rng: random.Random) -> Handover:
    sources = [name for name in names if name != target] or [OPERATOR]
    return Handover(rng.choice(sources), target, rng.choice(persona_for(target).prompts), rng.choice(PRIORITIES))
