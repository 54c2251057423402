"""`headway agents`, `headway agents add` and `headway agents remove`."""

from __future__ import annotations

from typing import Annotated

import typer

from headway.cli.exits import ExitCode, run
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place
from headway.core.api import OFFLINE, OPERATOR

agents_app = typer.Typer(help="The agents that tasks can be handed to.", invoke_without_command=True)


@agents_app.callback()
def agents(context: typer.Context, json: Json = False, url: Url = None, data: Data = None) -> None:
    """List the agents."""
    place = place_of(context, url, data)
    if context.invoked_subcommand is not None:
        return
    run(_list(place, json))


async def _list(place: Place, json: bool) -> int:
    from headway.cli.render import print_agents, print_array

    async with place.connect() as connector:
        workspaces = [workspace for workspace in await connector.agents() if workspace.role != OPERATOR]
    if json:
        print_array(workspaces)
    else:
        print_agents(workspaces)
    return ExitCode.OK


@agents_app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it here.")],
    agent_url: Annotated[str, typer.Argument(metavar="URL", help="Where its A2A endpoint or its card is.")],
    slots: Annotated[int, typer.Option(min=1, max=10_000, help="How many tasks it may be given at once.")] = 1,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Register an A2A agent by its card."""
    run(_add(place_of(context, url, data), name, agent_url, slots, json))


async def _add(place: Place, name: str, agent_url: str, slots: int, json: bool) -> int:
    from headway.connectors.errors import Conflict

    async with place.connect() as connector:
        if any(workspace.name == name for workspace in await connector.agents()):
            raise Conflict(f"An agent is called {name} already.", next_step="Choose another name.")
        workspace_id = await connector.add_agent(agent_url, name=name, slots=slots)
        added = next(workspace for workspace in await connector.agents() if workspace.id == workspace_id)
    if json:
        typer.echo(added.model_dump_json(indent=2))
    else:
        why = f": {added.last_sample_error}" if added.status == OFFLINE and added.last_sample_error else ""
        typer.echo(f"{added.name} is {added.status} ({added.id}){why}")
    return ExitCode.OK


@agents_app.command()
def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The agent's name or id.")],
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Take an agent away; what waits for it or runs there fails."""
    run(_remove(place_of(context, url, data), name, json))


async def _remove(place: Place, name: str, json: bool) -> int:
    from headway.cli.targets import find_target
    from headway.connectors.errors import Conflict

    async with place.connect() as connector:
        workspace = await find_target(connector, name)
        if workspace.role == OPERATOR:
            raise Conflict("That is your own workspace, not an agent.", next_step="Name an agent: headway agents.")
        await connector.remove_agent(workspace.id)
    if json:
        typer.echo(workspace.model_dump_json(indent=2))
    else:
        typer.echo(f"{workspace.name} is removed ({workspace.id})")
    return ExitCode.OK
