"""Which commands there are: a table, so that a run imports the one command that it is told to run and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from headway.cli.flags import add_flags


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is and what `headway --help` says of it: the first paragraph of its own help."""

    module: str
    """In `headway.cli`."""
    attribute: str
    """A function, or the Typer app of a group."""
    help: str
    hidden: bool = False


COMMANDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "board": Entry(
            "board",
            "board",
            "Open the board; with no platform configured or running, one is started for this account.",
        ),
        "demo": Entry(
            "demo",
            "demo",
            "Show Headway with simulated agents; it needs nothing else and leaves nothing behind.",
        ),
        "dispatch": Entry("delegations", "dispatch", "Hand a task to an agent."),
        "ls": Entry("delegations", "ls", "List delegations, the newest first."),
        "show": Entry("delegations", "show", "Print one delegation in full."),
        "watch": Entry(
            "delegations",
            "watch",
            "Follow one delegation until it ends; its progress goes to stdout, or with --json to stderr.",
        ),
        "cancel": Entry(
            "delegations", "cancel", "Cancel a delegation; a running one is canceled once its agent has answered."
        ),
        "poll": Entry("delegations", "poll", "Ask the agent now how a delegation stands, and print it."),
        "reply": Entry(
            "answering", "reply", "Answer a delegation that needs input; its agent goes on with the same task."
        ),
        "retry": Entry(
            "answering",
            "retry",
            "Hand over again what failed or was canceled, as a new delegation; prints its id.",
        ),
        "events": Entry(
            "events",
            "events",
            "Print what has happened on the platform, the oldest first; with --json a line each.",
        ),
        "export": Entry("export", "export", "Write every delegation that is kept, the newest first."),
        "record": Entry("recording", "record", "Record everything that happens on the platform, until ctrl+c."),
        "replay": Entry(
            "recording",
            "replay",
            "Play a recording on the board; with --json print its events. Nothing can be acted on.",
        ),
        "doctor": Entry(
            "doctor", "doctor", "Look at everything that Headway needs, and say what to do about what is not well."
        ),
        "serve": Entry("serve", "serve", "Run the delegation platform until SIGTERM or ctrl+c."),
        "agent": Entry(
            "agent",
            "agent",
            "Run a simulated A2A agent until SIGTERM or ctrl+c; it speaks v1.0, v0.3, v0.1 and OpenFang's REST.",
        ),
        "mcp": Entry(
            "mcp",
            "mcp",
            "Offer the tools of an agent over MCP: talk to other agents, and delegate through a platform.",
        ),
        "demo-fleet": Entry(
            "demo", "demo_fleet", "The agents of a demo and their load, until SIGTERM.", hidden=True
        ),
        "agents": Entry("agents", "agents_app", "The agents that tasks can be handed to."),
        "token": Entry(
            "tokens", "token_app", "The tokens that open the platform; these commands need the admin's."
        ),
        "ctx": Entry(
            "ctx",
            "ctx_app",
            "Platforms by name. `headway ctx NAME` switches to one, for every later command.",
        ),
        "config": Entry("configuration", "config_app", "What is set, to what, and where from."),
    }
)  # fmt: skip
"""Every command, in the order of the help."""


@cache
def loaded(name: str) -> Any:
    """The command itself, its module imported. Raises KeyError for a name that is not in the table."""
    entry = COMMANDS[name]
    found = getattr(import_module(f"headway.cli.{entry.module}"), entry.attribute)
    holder = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
        add_flags(holder)
        group = get_command(holder)
        assert isinstance(group, TyperGroup)
        return group.commands[name]
    holder.command(name, hidden=entry.hidden)(found)
    add_flags(holder)
    return get_command(holder)


class Commands(TyperGroup):
    """The group of all commands: it lists them by the table, and imports the one that is run or completed."""

    def __init__(self, **settings: Any) -> None:
        listed = {name: TyperCommand(name, help=entry.help, hidden=entry.hidden) for name, entry in COMMANDS.items()}
        super().__init__(**{**settings, "commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, loaded(name) if name and command else command, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _in_words(error.message)
            raise


def _in_words(message: str) -> str:
    """What is wrong with a value, without the words of the library that has checked it."""
    return message.removeprefix("Value error, ").partition(", unable to parse")[0]
