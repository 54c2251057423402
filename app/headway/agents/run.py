"""Running one agent as a process: what `headway agent` and `python -m headway.agents` do."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from headway.agents.fleet import AgentFleet, AgentSpec
from headway.agents.task import EVERY_DIALECT, Dialect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headway.agents.behaviors import BehaviorName


def run_agent(
    name: str,
    behavior: BehaviorName,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int = 0,
    slots: int | None = None,
    speaks: Iterable[Dialect] = EVERY_DIALECT,
    log: Path | None = None,
) -> None:
    """Serve an agent until SIGTERM or SIGINT; prints `listening on http://HOST:PORT` when it can be reached.

    Raises OSError when the port is taken or the log cannot be opened.
    """
    asyncio.run(_serve(AgentSpec(name, behavior, port, seed, slots, frozenset(speaks)), host, log))


async def _serve(spec: AgentSpec, host: str, log: Path | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with AgentFleet([spec], host=host, log=log) as fleet:
        sys.stdout.write(f"listening on {fleet[spec.name].url}\n")
        sys.stdout.flush()
        await ended.wait()
