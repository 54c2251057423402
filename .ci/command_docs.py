"""docs/commands.md: every command with its arguments and options, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer.main
from headway.cli.app import app
from headway.cli.commands import COMMANDS, loaded
from headway.cli.exits import EXIT_CODES
from headway.cli.flags import EVERYWHERE, ON_BOARDS
from typer.core import TyperArgument, TyperGroup, TyperOption

HEAD = """# Commands

What `headway --help` says, on one page; made by `make docs`. The commands for scripts take `--json`.

{exits}. A command that is ended by ctrl+c ends with 130.
"""
VALUES: Final[dict[Any, str]] = {int: "NUMBER", float: "NUMBER", Path: "PATH"}


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    lines = [HEAD.format(exits=EXIT_CODES), "## Options of every command", "", *common(root), ""]
    for name in COMMANDS:
        for path, command in commands(name, loaded(name), "headway"):
            lines += section(path, command)
    return "\n".join(lines).rstrip() + "\n"


def commands(name: str, command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """A command that people call, and after a group those in it."""
    if command.hidden:
        return
    yield f"{path} {name}", command
    if isinstance(command, TyperGroup):
        for inner, one in command.commands.items():
            yield from commands(inner, one, f"{path} {name}")


def common(root: TyperGroup) -> Iterator[str]:
    """The options that need to be told once; those of boards are said to be so."""
    for option in root.params:
        if isinstance(option, TyperOption) and is_common(option) and option.name not in ("help", "version"):
            on_boards = " (commands with a board)" if option.name in ON_BOARDS else ""
            yield f"- {spelled(option)}: {option.help}{on_boards}"


def is_common(option: Any) -> bool:
    return option.name in EVERYWHERE or option.name in ON_BOARDS or option.name in ("url", "data", "help")


def section(name: str, command: Any) -> Iterator[str]:
    """One command."""
    arguments = " ".join(shown(one) for one in command.params if isinstance(one, TyperArgument))
    yield f"## `{' '.join(filter(None, (name, arguments)))}`"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    told = [one for one in command.params if not is_common(one) and not getattr(one, "hidden", False)]
    for one in told:
        if words := getattr(one, "help", None):
            yield f"- {spelled(one)}: {words}"
    if told:
        yield ""


def shown(argument: TyperArgument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    return name if argument.required else f"[{name.strip('[]')}]"


def spelled(one: Any) -> str:
    """A parameter as it is written, with its value's name and its default."""
    if isinstance(one, TyperArgument):
        return f"`{shown(one)}`"
    names = ", ".join(f"`{'/'.join(filter(None, pair))}`" for pair in [(*one.opts, *one.secondary_opts)])
    if one.is_flag:
        return names
    kind = one.type_descriptor
    choices = [str(choice) for choice in (kind.choices or ())] if kind.is_choice else []
    value = one.metavar or "|".join(choices) or VALUES.get(kind.annotation, "TEXT")
    default = f" = {one.default}" if one.default not in (None, False, ()) and not callable(one.default) else ""
    return f"{names} `{value}{default}`"
