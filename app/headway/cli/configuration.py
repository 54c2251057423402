"""`headway config`: what is set, to what, and where from; the JSON Schema and the reference of the file."""

from __future__ import annotations

import json as json_
from typing import TYPE_CHECKING, Any

import typer

from headway.cli.flags import settings_of
from headway.cli.options import Json

if TYPE_CHECKING:
    from headway.config.settings import Setting, Settings

config_app = typer.Typer(help="What is set, to what, and where from.", invoke_without_command=True)


@config_app.callback()
def config(context: typer.Context, json: Json = False) -> None:
    """Print every setting with its value and where that comes from; tokens are never printed."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(context)
    rows = effective(settings)
    if json:
        file = {"path": str(settings.file.path), "exists": settings.file.exists, "from": origin(settings.file_origin)}
        values = {name: {"value": value, "from": place} for name, value, place in rows}
        typer.echo(json_.dumps({"file": file, "settings": values}, indent=2))
        return
    from headway.cli.render import print_table

    there = "" if settings.file.exists else " (not there; everything is as it comes)"
    typer.echo(f"{_shown(settings.file.path)}{there}\n")
    print_table(("SETTING", "VALUE", "FROM"), [(name, _cell(value), place) for name, value, place in rows])


@config_app.command()
def schema() -> None:
    """Print the JSON Schema of config.toml, for editors."""
    from headway.config.reference import json_schema

    typer.echo(json_.dumps(json_schema(_action_ids()), indent=2))


@config_app.command(hidden=True)
def reference() -> None:
    """Print docs/config.md."""
    from headway.config.reference import markdown
    from headway.dashboard.actions import ACTIONS

    actions = [(action.id, action.key_names, action.description) for action in ACTIONS]
    typer.echo(markdown(actions), nl=False)


def effective(settings: Settings) -> list[tuple[str, Any, str]]:
    """Each setting: its name, its value, where that comes from."""
    from headway.cli.place import default_data_folder
    from headway.config.environment import TOKEN

    chosen = settings.context_origin
    rows = [
        ("context", chosen.value if chosen else None, origin(chosen) if chosen else "default"),
        ("url", settings.url.value if settings.url else None, origin(settings.url) if settings.url else "default"),
    ]
    used = settings.contexts.get(chosen.value) if chosen else None
    if used is not None:
        rows[1] = ("url", used.entry.url, used.place)
        rows.append(("token_file", str(used.token_path) if used.token_path else None, used.place))
    if settings.environ.get(TOKEN):
        rows.append(("token", "(set)", TOKEN))
    for name, value in settings.values.items():
        rows.append((name, value.value, origin(value)))
        if name == "data" and value.value is None:
            rows[-1] = (name, str(default_data_folder()), origin(value))
        if name == "read_only" and not value.value and used is not None and used.entry.read_only:
            rows[-1] = (name, True, used.place)
    rows += [
        (f"contexts.{one.name}", {"url": one.entry.url, "read_only": one.entry.read_only}, one.place)
        for one in settings.contexts.values()
    ]
    rows += [
        (
            f"board.{name}",
            value,
            settings.file.place("board", name) if name in settings.config.board.model_fields_set else "default",
        )
        for name, value in settings.config.board
    ]
    rows += [(f"keys.{name}", keys, settings.file.place("keys", name)) for name, keys in settings.config.keys.items()]
    return rows


def origin(setting: Setting) -> str:
    """Where a value comes from, in words."""
    return setting.place or setting.layer.value


def _action_ids() -> list[str]:
    from headway.dashboard.actions import ACTIONS

    return [action.id for action in ACTIONS]


def _cell(value: Any) -> str:
    from headway.core.text import clean_line

    if value is None:
        return "-"
    if isinstance(value, dict):
        return clean_line(str(value["url"]), limit=80) + (" (read-only)" if value["read_only"] else "")
    if isinstance(value, list):
        return clean_line(", ".join(map(str, value)))
    return str(value).lower() if isinstance(value, bool) else clean_line(str(value), limit=100)


def _shown(path: Any) -> str:
    from headway.config.file import shown_path

    return shown_path(path)
