"""Flags that every command takes: they are added to each, so that no command repeats them.

They may stand before the command's name or after it: `headway -c work ls` is `headway ls -c work`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from headway.cli.exits import refuse

if TYPE_CHECKING:
    from headway.config.settings import Flags, Settings

_NOTED: Final = "headway.flags"
_LOADED: Final = "headway.settings"
_BOARDS: Final = ("root", "board", "demo", "replay")
"""The functions of the commands that open a board."""


def note(context: typer.Context, /, **given: Any) -> None:
    """Remember flags for this run; what is None was not given."""
    noted = context.meta.setdefault(_NOTED, {})
    for name, value in given.items():
        if value is not None and noted.get(name) != value:
            noted[name] = value
            context.meta.pop(_LOADED, None)


def flags_of(context: typer.Context) -> Flags:
    """All flags so far."""
    from headway.config.settings import Flags

    return Flags(**context.meta.get(_NOTED, {}))


def settings_of(context: typer.Context) -> Settings:
    """What flags, environment and file come to; ends the command where they cannot be used."""
    if _LOADED not in context.meta:
        from headway.config.errors import ConfigError
        from headway.config.settings import load

        try:
            context.meta[_LOADED] = load(flags_of(context))
        except ConfigError as error:
            refuse(error)
    settings: Settings = context.meta[_LOADED]
    return settings


def _noting(name: str) -> Callable[[typer.Context, Any], Any]:
    def noted(context: typer.Context, value: Any) -> Any:
        note(context, **{name: value})
        return value

    return noted


_option = typer.Option


def _flag(type_: Any, *names: str, named: str, help: str) -> Any:  # noqa: A002
    return Annotated[type_, _option(*names, callback=_noting(named), help=help)]


EVERYWHERE: Final = {
    "flag_context": _flag(str | None, "--context", "-c", named="context", help="The platform of this context."),
    "flag_config": _flag(
        Path | None, "--config", named="config", help="The configuration; else HEADWAY_CONFIG, else this account's."
    ),
    "flag_read_only": _flag(
        bool | None, "--read-only/--no-read-only", named="read_only", help="Never change anything."
    ),
}
ON_BOARDS: Final = {
    "flag_theme": _flag(str | None, "--theme", named="theme", help="One of those that `t` on the board shows."),
    "flag_color": _flag(bool | None, "--color/--no-color", named="color", help="Use colors."),
    "flag_ascii": _flag(bool | None, "--ascii/--no-ascii", named="ascii", help="Draw with ASCII only."),
    "flag_animations": _flag(bool | None, "--animations/--no-animations", named="animations", help="Move smoothly."),
    "flag_link": _flag(str | None, "--link", named="link", help="auto, thin (changed cells, 40 kB a second), or wide."),
}


def with_flags(command: Callable[..., Any], *groups: dict[str, Any]) -> Callable[..., Any]:
    """The command, taking the flags of `groups` as well; it finds them with `settings_of`."""
    added = {name: kind for group in groups for name, kind in group.items()}
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def noted(**given: Any) -> Any:
        return command(**{name: value for name, value in given.items() if name not in added})

    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in added.items()
    ]
    own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in signature.parameters.values()]
    noted.__signature__ = signature.replace(parameters=[*own, *parameters])  # type: ignore[attr-defined]
    noted.__annotations__ = {one.name: one.annotation for one in [*own, *parameters]}
    del noted.__wrapped__
    return noted


def add_flags(app: typer.Typer) -> None:
    """Give every command of the app, and of the apps in it, the flags that go everywhere; boards get theirs too."""
    for info in (app.registered_callback, *app.registered_commands):
        if info is not None and info.callback is not None:
            opens_board = info.callback.__name__ in _BOARDS
            info.callback = with_flags(info.callback, EVERYWHERE, ON_BOARDS if opens_board else {})
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_flags(group.typer_instance)
