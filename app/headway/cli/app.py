"""The `headway` command; its subcommands are in the table of `commands`."""

from __future__ import annotations

from typing import Annotated

import typer

import headway
from headway.cli.commands import Commands
from headway.cli.exits import EXIT_CODES
from headway.cli.flags import add_flags, note
from headway.cli.options import Data, Url

app = typer.Typer(
    name="headway",
    cls=Commands,
    help="Mission control for agent delegations, in the terminal. Without a command: the board.",
    epilog=EXIT_CODES,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"headway {headway.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    url: Url = None,
    data: Data = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Find the place that every command starts from; without a command, open the board."""
    note(context, url=url, data=data)
    if context.invoked_subcommand is None:
        from headway.cli.board import board

        board(context)


add_flags(app)
