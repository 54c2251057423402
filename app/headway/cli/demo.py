"""`headway demo`: a platform, agents and a load of its own, and the board on them; all of it gone at the end."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from headway.cli.ending import EndWithParent, set_when_stdin_closes
from headway.cli.exits import ExitCode, fail, run
from headway.cli.flags import settings_of
from headway.cli.manner import Manner, manner_of
from headway.cli.terminal import can_draw

DEMO_STUCK_AFTER = 25
"""Seconds of silence after which the demo calls a delegation stuck, so that one can be seen in the first minute."""

Seed = Annotated[int, typer.Option(help="What the agents do follows from it.")]
Agents = Annotated[int, typer.Option(min=1, max=200, help="How many agents.")]
Rate = Annotated[float, typer.Option(min=0.01, max=10_000, help="Delegations a second.")]


def demo(context: typer.Context, seed: Seed = 7, agents: Agents = 8, rate: Rate = 0.5) -> None:
    """Show Headway with simulated agents; it needs nothing else and leaves nothing behind."""
    manner = manner_of(settings_of(context))
    if not can_draw():
        said = "the demo needs a terminal that can move its cursor. For scripts there is `headway serve`."
        fail(said, ExitCode.USAGE)
    read_only = settings_of(context).value("read_only")
    run(_demo(seed, agents, rate, manner, read_only))


async def _demo(seed: int, agents: int, rate: float, manner: Manner, read_only: bool) -> int:
    from headway.cli import children
    from headway.cli.boarding import run_board
    from headway.cli.embedded import embedded_platform
    from headway.cli.place import open_connector
    from headway.platform.folder import DataFolder

    async with AsyncExitStack() as stack:
        folder = DataFolder(Path(stack.enter_context(TemporaryDirectory(prefix="headway-demo-"))))
        options = (children.END_WITH_PARENT, "--stuck-after", str(DEMO_STUCK_AFTER))
        platform = await stack.enter_async_context(embedded_platform(folder, *options))
        load = ["--seed", str(seed), "--agents", str(agents), "--rate", str(rate)]
        arguments = ["demo-fleet", "--url", platform.url, "--data", str(folder.path), children.END_WITH_PARENT, *load]
        fleet = children.start(arguments, log=folder.path / "agents.log")
        stack.push_async_callback(children.stop, fleet)
        connector = open_connector(platform.url, folder.token(), read_only=read_only)
        return await run_board(connector, title="demo", manner=manner)


def demo_fleet(
    url: Annotated[str, typer.Option(help="The demo's platform.")],
    data: Annotated[Path, typer.Option(help="Its data folder.")],
    seed: Seed = 7,
    agents: Agents = 8,
    rate: Rate = 0.5,
    end_with_parent: EndWithParent = False,
) -> None:
    """The agents of a demo and their load, until SIGTERM."""
    run(_fleet(url, data, seed, agents, rate, end_with_parent))


async def _fleet(url: str, data: Path, seed: int, agents: int, rate: float, end_with_parent: bool) -> int:
    import signal

    from headway.demo.fleet import DemoPlan, run_fleet
    from headway.net.clock import SystemClock
    from headway.platform.folder import DataFolder

    token = os.environ.get("HEADWAY_TOKEN") or DataFolder(data).token()
    if token is None:
        fail(f"no token: {data} holds none and HEADWAY_TOKEN is not set", ExitCode.NOT_ALLOWED)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if end_with_parent:
        set_when_stdin_closes(stop)
    plan = DemoPlan(agents=agents, rate=rate, seed=seed)
    loading = asyncio.create_task(run_fleet(url, token, plan, SystemClock()))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if loading.done():
        loading.result()
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)
    return ExitCode.OK
