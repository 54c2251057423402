"""`headway agent`: one simulated A2A agent in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headway.agents.behaviors import BehaviorName
from headway.agents.task import EVERY_DIALECT, Dialect
from headway.cli.exits import fail


def agent(
    name: Annotated[str, typer.Option(help="What its card says.")] = "agent",
    behavior: Annotated[BehaviorName, typer.Option(help="How it behaves, or misbehaves.")] = BehaviorName.STREAM,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="What its pauses and choices follow from.")] = 0,
    slots: Annotated[int | None, typer.Option(min=1, help="How many tasks it does at once.")] = None,
    dialect: Annotated[list[Dialect] | None, typer.Option(help="Speak only this; repeat it for more.")] = None,
    log: Annotated[Path | None, typer.Option(help="Write every call that it gets to this file, as JSON lines.")] = None,
) -> None:
    """Run a simulated A2A agent until SIGTERM or ctrl+c; it speaks v1.0, v0.3, v0.1 and OpenFang's REST."""
    from headway.agents.run import run_agent

    try:
        run_agent(
            name, behavior, host=host, port=port, seed=seed, slots=slots, speaks=dialect or EVERY_DIALECT, log=log
        )
    except OSError as error:
        fail(f"the agent was not started: {error}")
