"""The demo's other process: it serves the agents, registers them, and keeps them busy over HTTP like any client."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from headway.agents.fleet import AgentFleet
from headway.connectors.address import tls_for
from headway.core.clock import Clock
from headway.demo.load import Handover, fleet_of, handovers, slots_of

OPENING_PAUSE: Final = 0.15
"""Seconds between the first tasks, one for each agent."""
_TIMEOUT: Final = httpx.Timeout(30.0)


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How big the demo is: agents, and delegations a second once each agent has had its first."""

    agents: int = 8
    rate: float = 0.5
    seed: int = 7

    @property
    def backlog(self) -> int:
        """How many may wait for one agent before it is left alone for a while."""
        return max(3, round(self.rate * 20))


async def run_fleet(url: str, token: str, plan: DemoPlan, clock: Clock) -> None:
    """Serve, register and load the demo's agents until canceled. Raises httpx.HTTPError where the platform is gone."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        AgentFleet(fleet_of(plan.agents, plan.seed)) as fleet,
        httpx.AsyncClient(
            base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=False, verify=tls_for(url)
        ) as http,
    ):
        ids = {name: await _register(http, name, agent_url) for name, agent_url in fleet.urls.items()}
        rng = random.Random(plan.seed)  # noqa: S311 - a script, not a secret
        await _keep_busy(http, ids, handovers(list(ids), rng), plan, clock, rng)


async def _register(http: httpx.AsyncClient, name: str, agent_url: str) -> str:
    body = {"name": name, "url": agent_url, "max_concurrent_tasks": slots_of(name)}
    answer = await _post(http, "/workspaces", body)
    return str(answer["id"])


async def _keep_busy(
    http: httpx.AsyncClient,
    ids: dict[str, str],
    script: Iterator[Handover],
    plan: DemoPlan,
    clock: Clock,
    rng: random.Random,
) -> None:
    for number, handover in enumerate(script):
        if number >= len(ids) and await _waiting(http, ids[handover.target]) >= plan.backlog:
            await clock.sleep(1 / plan.rate)
            continue
        source = ids.get(handover.source, handover.source)
        body = {"target_id": ids[handover.target], "task": handover.task, "priority": handover.priority}
        await _post(http, f"/workspaces/{source}/delegate", body)
        await clock.sleep(OPENING_PAUSE if number < len(ids) else rng.uniform(0.5, 1.5) / plan.rate)


async def _waiting(http: httpx.AsyncClient, workspace_id: str) -> int:
    answer = await http.get(f"/workspaces/{workspace_id}")
    answer.raise_for_status()
    return int(answer.json()["queue_depth"])


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    answer.raise_for_status()
    answered: dict[str, Any] = answer.json()
    return answered
