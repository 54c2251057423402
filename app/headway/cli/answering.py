"""`headway reply | retry`: what a person does about one that asks, or that came to nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from headway.cli.delegations import Id, print_delegation_of, see_through
from headway.cli.exits import ExitCode, fail, run
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place

Wait = Annotated[bool, typer.Option("--wait", help="Stream progress to stderr and print the result.")]


def reply(
    context: typer.Context,
    delegation_id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The answer to what the agent asks.")],
    wait: Wait = False,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Answer a delegation that needs input; its agent goes on with the same task."""
    if not text.strip():
        fail("the reply is empty. Nothing was sent; say what the agent is to know.", ExitCode.USAGE)
    run(_reply(place_of(context, url, data), delegation_id, text, wait, json))


async def _reply(place: Place, delegation_id: str, text: str, wait: bool, json: bool) -> int:
    async with place.connect() as connector:
        delegation = await connector.delegation(delegation_id)
        status = await connector.reply(delegation, text)
        if wait:
            return await see_through(connector, delegation.delegation_id, json)
        if json:
            await print_delegation_of(connector, await connector.delegation(delegation.delegation_id), json)
        else:
            typer.echo(status.value)
    return ExitCode.OK


def retry(
    context: typer.Context,
    delegation_id: Id,
    wait: Wait = False,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Hand over again what failed or was canceled, as a new delegation; prints its id."""
    run(_retry(place_of(context, url, data), delegation_id, wait, json))


async def _retry(place: Place, delegation_id: str, wait: bool, json: bool) -> int:
    async with place.connect() as connector:
        retried = await connector.retry(await connector.delegation(delegation_id))
        if retried.repeated:
            typer.echo("headway: its retry still runs, so no other was made.", err=True)
        if wait:
            return await see_through(connector, retried.delegation_id, json)
        if json:
            await print_delegation_of(connector, await connector.delegation(retried.delegation_id), json)
        else:
            typer.echo(retried.delegation_id)
    return ExitCode.OK
