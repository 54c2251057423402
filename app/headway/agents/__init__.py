"""Simulated A2A agents: what the demo, the tests and the benchmarks run against (spec: a2a, last section)."""

from __future__ import annotations

from headway.agents.behaviours import BEHAVIOURS, BehaviourName
from headway.agents.cast import CAST
from headway.agents.fleet import DEMO_FLEET, AgentFleet, AgentSpec, serve_agent
from headway.agents.journal import Entry, Kind, read_journal
from headway.agents.run import run_agent
from headway.agents.server import AgentServer

__all__ = [
    "BEHAVIOURS",
    "CAST",
    "DEMO_FLEET",
    "AgentFleet",
    "AgentServer",
    "AgentSpec",
    "BehaviourName",
    "Entry",
    "Kind",
    "read_journal",
    "run_agent",
    "serve_agent",
]
