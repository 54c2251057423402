"""The `headway` command and its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

import headway
from headway.cli import agent, answering, board, delegations, demo, doctor, events, export, mcp, recording, serve
from headway.cli.agents import agents_app
from headway.cli.configuration import config_app
from headway.cli.ctx import ctx_app
from headway.cli.exits import EXIT_CODES
from headway.cli.flags import add_flags, note
from headway.cli.options import Data, Url
from headway.cli.tokens import token_app

app = typer.Typer(
    name="headway",
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
        board.board(context)


app.command()(board.board)
app.command()(demo.demo)
app.command()(delegations.dispatch)
app.command()(delegations.ls)
app.command()(delegations.show)
app.command()(delegations.watch)
app.command()(delegations.cancel)
app.command()(delegations.poll)
app.command()(answering.reply)
app.command()(answering.retry)
app.add_typer(agents_app, name="agents")
app.command()(events.events)
app.command()(export.export)
app.command()(recording.record)
app.command()(recording.replay)
app.add_typer(token_app, name="token")
app.add_typer(ctx_app, name="ctx")
app.add_typer(config_app, name="config")
app.command()(doctor.doctor)
app.command()(serve.serve)
app.command()(agent.agent)
app.command()(mcp.mcp)
app.command(name="demo-fleet", hidden=True)(demo.demo_fleet)
add_flags(app)
