"""`headway ctx`: platforms by name, and which of them is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from headway.cli.exits import ExitCode, fail, refuse
from headway.cli.flags import settings_of
from headway.cli.options import Json

if TYPE_CHECKING:
    from headway.config.contexts import Kept
    from headway.config.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="The context's name.")]


class _Switching(TyperGroup):
    """`headway ctx NAME` is `headway ctx use NAME`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["use", *args])


ctx_app = typer.Typer(
    help="Platforms by name. `headway ctx NAME` switches to one, for every later command.",
    cls=_Switching,
    invoke_without_command=True,
    subcommand_metavar="[NAME]",
)


@ctx_app.callback()
def ctx(context: typer.Context, json: Json = False) -> None:
    """List the contexts and mark the one that is used; with NAME, switch to it."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(context)
    if json:
        import json as json_

        typer.echo(json_.dumps(_listed(settings), indent=2))
        return
    if not settings.contexts:
        typer.echo("no contexts yet; `headway ctx add NAME URL` adds one")
    else:
        _print(settings)
    _say_what_counts(settings)


@ctx_app.command(hidden=True)
def use(context: typer.Context, name: Name) -> None:
    """Switch to a context, or with `-` back to what holds without a switch."""
    from headway.core.naming import nearest, quoted

    settings = settings_of(context)
    if name != "-" and name not in settings.contexts:
        known = ", ".join(settings.contexts) or "none yet"
        near = nearest(name, settings.contexts)
        fail(f"there is no context {quoted(name)}{near} (known: {known}). Nothing was changed.", ExitCode.NOT_FOUND)
    _keep(settings, current=None if name == "-" else name)
    if name == "-":
        typer.echo(f"switched back to {settings.config.context or 'the platform of this account'}")
    else:
        typer.echo(f"switched to {name}")
    _say_what_counts(settings, err=True)


@ctx_app.command()
def add(
    context: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="The platform's address.")],
    token_file: Annotated[Path | None, typer.Option("--token-file", help="The file that holds its token.")] = None,
) -> None:
    """Keep a platform under a name; with --read-only, nothing is ever changed there."""
    from pydantic import ValidationError

    from headway.config.contexts import Kept
    from headway.config.errors import ConfigError
    from headway.config.model import ContextEntry
    from headway.config.words import problems_of

    settings = settings_of(context)
    if name in settings.contexts:
        fail(f"there is a context {name} already. Nothing was changed; remove it first.", ExitCode.NOT_FOUND)
    entry: dict[str, Any] = {"url": url, "read_only": settings.value("read_only")}
    if token_file is not None:
        entry["token_file"] = str(token_file.expanduser().absolute())
    try:
        checked = Kept.model_validate({"contexts": {name: ContextEntry.model_validate(entry)}})
    except ValidationError as error:
        refuse(ConfigError([words for _, words in problems_of(error)]), "Nothing was changed.")
    _keep(settings, contexts={**settings.contexts_file.read().contexts, **checked.contexts})
    typer.echo(f"added {name}; `headway ctx {name}` switches to it")


@ctx_app.command()
def rm(context: typer.Context, name: Name) -> None:
    """Forget a context that `headway ctx add` made; its token file stays."""
    from headway.core.naming import nearest, quoted

    settings = settings_of(context)
    found = settings.contexts.get(name)
    if found is None:
        near = nearest(name, settings.contexts)
        fail(f"there is no context {quoted(name)}{near}. Nothing was changed.", ExitCode.NOT_FOUND)
    if not found.kept:
        fail(f"{name} is set in {found.place}. Nothing was changed; take it out there.", ExitCode.NOT_FOUND)
    kept = settings.contexts_file.read()
    others = {one: entry for one, entry in kept.contexts.items() if one != name}
    _keep(settings, contexts=others, current=None if kept.current == name else kept.current)
    typer.echo(f"removed {name}")


def _keep(settings: Settings, **changed: Any) -> None:
    from headway.config.errors import ConfigError

    try:
        kept: Kept = settings.contexts_file.read().model_copy(update=changed)
        settings.contexts_file.write(kept)
    except ConfigError as error:
        refuse(error, "Nothing was changed.")


def _chosen(settings: Settings) -> str | None:
    return settings.context_origin.value if settings.context_origin else None


def _listed(settings: Settings) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "current": one.name == _chosen(settings),
            "url": one.entry.url,
            "token_file": str(one.token_path) if one.token_path else None,
            "read_only": one.entry.read_only,
            "from": one.place,
        }
        for one in settings.contexts.values()
    ]


def _print(settings: Settings) -> None:
    from headway.cli.render import print_table
    from headway.core.text import clean_line

    rows = [
        (
            "*" if one.name == _chosen(settings) else "",
            one.name,
            clean_line(one.entry.url, limit=80),
            " ".join(filter(None, ("token" if one.token_path else "", "read-only" if one.entry.read_only else ""))),
            one.place,
        )
        for one in settings.contexts.values()
    ]
    print_table(("", "NAME", "URL", "WITH", "FROM"), rows)


def _say_what_counts(settings: Settings, *, err: bool = False) -> None:
    """Where something else comes before the switch, say what."""
    from headway.config.settings import Layer

    stronger = settings.url or settings.values["data"]
    if settings.context_origin is not None and settings.context_origin.layer in (Layer.FLAG, Layer.ENVIRONMENT):
        stronger = settings.context_origin
    if stronger.layer in (Layer.FLAG, Layer.ENVIRONMENT):
        typer.echo(f"{stronger.place} is set and comes before the context that was switched to", err=err)
