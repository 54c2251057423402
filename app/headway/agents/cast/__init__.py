"""The cast: who the simulated agents are, by name. Their texts are the first thing people see of Headway."""

from __future__ import annotations

from typing import Final

from headway.agents.cast.archivist import ARCHIVIST
from headway.agents.cast.assistant import ASSISTANT
from headway.agents.cast.coder import CODER
from headway.agents.cast.deployer import DEPLOYER
from headway.agents.cast.planner import PLANNER
from headway.agents.cast.researcher import RESEARCHER
from headway.agents.cast.reviewer import REVIEWER
from headway.agents.cast.scraper import SCRAPER
from headway.agents.script import Persona

CAST: Final[dict[str, Persona]] = {
    "archivist": ARCHIVIST,
    "coder": CODER,
    "deployer": DEPLOYER,
    "planner": PLANNER,
    "researcher": RESEARCHER,
    "reviewer": REVIEWER,
    "scraper": SCRAPER,
}


def role_of(name: str) -> str:
    """The member of the cast that an agent plays: "coder", also as "coder-2"."""
    return name.partition("-")[0]


def persona_for(name: str) -> Persona:
    """The persona a name stands for; a general assistant for one that is not in the cast."""
    return CAST.get(role_of(name), ASSISTANT)
