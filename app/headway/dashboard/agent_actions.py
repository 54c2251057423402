"""The actions of the agents screen that no other screen has."""

from __future__ import annotations

from typing import Final

from headway.dashboard.action import Action, Moment, Section, Where

_ON: Final = frozenset({Where.AGENTS})


def _chosen(moment: Moment) -> bool:
    return moment.agent is not None


AGENT_ACTIONS: Final = (
    Action(
        "agent_delegations",
        ("enter",),
        "Delegations",
        "The board, filtered by this agent",
        Section.AGENTS,
        available=_chosen,
        in_footer=True,
        on=_ON,
        yields=True,
    ),
    Action(
        "add_agent",
        ("n",),
        "Add",
        "Register an agent by its address",
        Section.AGENTS,
        available=lambda moment: moment.capabilities.add_agents,
        acts=True,
        in_footer=True,
        on=_ON,
    ),
    Action(
        "drop_stale",
        ("Q",),
        "Drop stale",
        "Fail what has waited too long, after a question",
        Section.AGENTS,
        available=lambda moment: moment.capabilities.drop_stale and moment.agent is not None,
        acts=True,
        in_footer=True,
        shed=3,
        on=_ON,
    ),
    Action(
        "remove_agent",
        ("x", "delete"),
        "Remove",
        "Take this agent away, after a question",
        Section.AGENTS,
        available=lambda moment: moment.capabilities.remove_agents and moment.agent is not None,
        acts=True,
        in_footer=True,
        shed=3,
        on=_ON,
    ),
)
"""In the order that footer and help show them."""
