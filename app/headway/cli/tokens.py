"""`headway token new`, `headway token ls` and `headway token rm`."""

from __future__ import annotations

from typing import Annotated

import typer

from headway.cli.exits import ExitCode, fail, run
from headway.cli.options import Data, Json, Url, place_of
from headway.cli.place import Place
from headway.core.naming import quoted
from headway.core.scopes import is_scope

token_app = typer.Typer(
    help="The tokens that open the platform; these commands need the admin's.", no_args_is_help=True
)


@token_app.command()
def new(
    context: typer.Context,
    scope: Annotated[str, typer.Option(help="read (sees everything), admin, or workspace:ID.")],
    label: Annotated[str | None, typer.Option(help="What it is for, to know it again.")] = None,
    json: Json = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Make a token and print it, this once: what the platform keeps is a hash."""
    if not is_scope(scope):
        fail(f"--scope is read, admin or workspace:ID, not {quoted(scope)}. No token was made.", ExitCode.USAGE)
    run(_new(place_of(context, url, data), scope, label, json))


async def _new(place: Place, scope: str, label: str | None, json: bool) -> int:
    async with place.connect() as connector:
        made = await connector.make_token(scope, label=label)
    # Alone on its line and alone on stdout, so that it can go into a file without passing a screen.
    typer.echo(made.model_dump_json(indent=2) if json else made.token)
    if not json:
        typer.echo(f"headway: token {made.id} opens {made.scope}; it is not shown again", err=True)
    return ExitCode.OK


@token_app.command()
def ls(context: typer.Context, json: Json = False, url: Url = None, data: Data = None) -> None:
    """List the tokens, without what opens the platform."""
    run(_ls(place_of(context, url, data), json))


async def _ls(place: Place, json: bool) -> int:
    from headway.cli.render import print_array, print_table
    from headway.core.timestamps import to_rfc3339

    async with place.connect() as connector:
        tokens = await connector.tokens()
    if json:
        print_array(tokens)
    else:
        rows = [(one.id, to_rfc3339(one.created_at)[:19] + "Z", one.scope, one.label or "") for one in tokens]
        print_table(("ID", "CREATED", "SCOPE", "LABEL"), rows)
    return ExitCode.OK


@token_app.command()
def rm(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `headway token ls` shows it.")],
    url: Url = None,
    data: Data = None,
) -> None:
    """Remove a token: it opens nothing from now on, and what it streams ends."""
    run(_rm(place_of(context, url, data), token_id))


async def _rm(place: Place, token_id: str) -> int:
    async with place.connect() as connector:
        await connector.remove_token(token_id)
    typer.echo(f"token {token_id} opens nothing any more")
    return ExitCode.OK
