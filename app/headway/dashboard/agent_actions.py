"""The actions of the agents screen that no other screen has."""

from __future__ import annotations

from functools import partial
from typing import Final

from headway.dashboard.action import Action, Moment, Section, Where

_HERE: Final = partial(Action, section=Section.AGENTS, on=frozenset({Where.AGENTS}), in_footer=True)
_ACTING: Final = partial(_HERE, acts=True)


def _chosen(moment: Moment) -> bool:
    return moment.agent is not None


AGENT_ACTIONS: Final[tuple[Action, ...]] = (
    _HERE(
        "agent_delegations",
        ("enter",),
        "Delegations",
        "The board, filtered by this agent",
        available=_chosen,
        yields=True,
    ),
    _ACTING(
        "add_agent",
        ("n",),
        "Add",
        "Register an agent by its address",
        available=lambda moment: moment.capabilities.add_agents,
    ),
    _ACTING(
        "drop_stale",
        ("Q",),
        "Drop stale",
        "Fail what has waited too long, after a question",
        available=lambda moment: moment.capabilities.drop_stale and _chosen(moment),
        shed=3,
    ),
    _ACTING(
        "remove_agent",
        ("x", "delete"),
        "Remove",
        "Take this agent away, after a question",
        available=lambda moment: moment.capabilities.remove_agents and _chosen(moment),
        shed=3,
    ),
)
"""In the order that footer and help show them."""
