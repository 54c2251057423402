"""Several simulated agents in one process, each on its own port."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headway.agents.agent import SimulatedAgent
from headway.agents.behaviors import BehaviorName
from headway.agents.journal import Journal
from headway.agents.running import Running
from headway.agents.server import AgentServer
from headway.agents.task import EVERY_DIALECT, Dialect
from headway.net.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from headway.core.clock import Clock


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent to serve; port 0 takes a free one, `slots` None is the behavior's own number.

    `speaks` are the dialects that it answers.
    """

    name: str
    behavior: BehaviorName = BehaviorName.STREAM
    port: int = 0
    seed: int = 0
    slots: int | None = None
    speaks: frozenset[Dialect] = EVERY_DIALECT


DEMO_FLEET: Final = (
    AgentSpec("coder", BehaviorName.STREAM),
    AgentSpec("researcher", BehaviorName.SLOW),
    AgentSpec("planner", BehaviorName.ASKING),
    AgentSpec("scraper", BehaviorName.BUSY),
    AgentSpec("reviewer", BehaviorName.FAST),
    AgentSpec("archivist", BehaviorName.HANGING),
    AgentSpec("deployer", BehaviorName.FAILING),
    AgentSpec("stranger", BehaviorName.HOSTILE),
)
"""One agent of each kind that the first minute shows (spec: dashboard); `CAST[name].prompts` are tasks they fit."""


class AgentFleet(Running):
    """Serves agents between `async with` and its end; they share one journal.

    Raises ValueError for two agents of one name, OSError when a port is taken or the log cannot be opened; what was
    started before that is stopped.
    """

    def __init__(
        self,
        specs: Iterable[AgentSpec],
        *,
        host: str = "127.0.0.1",
        clock: Clock | None = None,
        log: Path | None = None,
    ) -> None:
        self._specs = tuple(specs)
        if len({spec.name for spec in self._specs}) < len(self._specs):
            raise ValueError("two agents of a fleet have one name")
        self._host = host
        self._clock = clock or SystemClock()
        self._log = log
        self._exit = AsyncExitStack()
        self._servers: dict[str, AgentServer] = {}
        self.journal = Journal(self._clock)

    def __getitem__(self, name: str) -> AgentServer:
        return self._servers[name]

    @property
    def urls(self) -> dict[str, str]:
        """Where each agent is, by its name."""
        return {name: server.url for name, server in self._servers.items()}

    async def start(self) -> None:
        """Return when all of them can be reached."""
        async with AsyncExitStack() as stack:
            self.journal = Journal(self._clock, self._log)
            stack.callback(self.journal.close)
            stack.push_async_callback(self._stop_servers)
            for spec in self._specs:
                agent = SimulatedAgent(
                    spec.name,
                    spec.behavior,
                    clock=self._clock,
                    journal=self.journal,
                    seed=spec.seed,
                    slots=spec.slots,
                    speaks=spec.speaks,
                )
                server = self._servers[spec.name] = AgentServer(agent, host=self._host, port=spec.port)
                await server.start()
            self._exit = stack.pop_all()

    async def stop(self) -> None:
        """Stop all of them; to stop twice does nothing."""
        await self._exit.aclose()

    async def _stop_servers(self) -> None:
        async with asyncio.TaskGroup() as group:
            for server in self._servers.values():
                group.create_task(server.stop())


@asynccontextmanager
async def serve_agent(
    name: str = "agent",
    behavior: BehaviorName = BehaviorName.STREAM,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    slots: int | None = None,
    speaks: Iterable[Dialect] = EVERY_DIALECT,
    clock: Clock | None = None,
    log: Path | None = None,
) -> AsyncIterator[AgentServer]:
    """One agent: `async with serve_agent("coder") as server: … server.url`.

    What it was asked stays readable in `server.agent.journal`. Raises OSError when the port is taken or the log cannot
    be opened.
    """
    spec = AgentSpec(name, behavior, port, seed, slots, frozenset(speaks))
    async with AgentFleet([spec], host=host, clock=clock, log=log) as fleet:
        yield fleet[name]
