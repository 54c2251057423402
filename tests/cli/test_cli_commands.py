"""The table of commands, and that a run of one imports what it needs and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from headway.cli.app import app
from headway.cli.commands import COMMANDS, loaded
from support.processes import Cli, platform
from typer.testing import CliRunner

TABLED = {f"headway.cli.{entry.module}" for entry in COMMANDS.values()}
HEAVY = {"alembic", "fastapi", "sqlalchemy", "starlette", "textual", "uvicorn"}


def imported(*arguments: str, to: Path) -> set[str]:
    """The modules that a run of `headway` has imported at its end."""
    program = (
        "import atexit, os, sys\n"
        "atexit.register(lambda: open(os.environ['MODULES'], 'w').write(' '.join(sys.modules)))\n"
        "from headway.cli import main\n"
        "main()\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "MODULES": str(to)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return set(to.read_text().split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says_of_itself(name: str) -> None:
    command = loaded(name)
    first = " ".join((command.help or "").split("\n\n")[0].split())
    assert (command.name, command.hidden, first) == (name, COMMANDS[name].hidden, COMMANDS[name].help)


def test_help_lists_every_command_and_imports_none(tmp_path: Path) -> None:
    said = " ".join(CliRunner().invoke(app, ["--help"]).stdout.replace("│", " ").split())
    assert [name for name, entry in COMMANDS.items() if entry.hidden is (f"{name} {entry.help}" in said)] == []
    modules = imported("--help", to=tmp_path / "modules")
    assert {entry.module for entry in COMMANDS.values()} & {
        name.removeprefix("headway.cli.") for name in modules
    } == set()


def test_a_name_that_nobody_knows_is_answered_with_the_nearest() -> None:
    ran = CliRunner().invoke(app, ["lss"])
    assert (ran.exit_code, "Did you mean 'ls'?" in ran.stderr) == (2, True)


def test_completion_knows_commands_and_their_options() -> None:
    def complete(words: str) -> str:
        environment = {
            "_HEADWAY_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        return CliRunner().invoke(app, [], env=environment, prog_name="headway").stdout

    assert "dispatch" in complete("headway disp").split()
    assert "--status" in complete("headway ls --st").split()
    assert "remove" in complete("headway agents rem").split()


def test_ls_imports_one_command_and_no_framework(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with platform(data):
        Cli(data)("ls")
        modules = imported("ls", "--data", str(data), to=tmp_path / "modules")
    assert HEAVY & modules == set()
    assert modules & TABLED == {"headway.cli.delegations"}
    assert {name for name in modules if name.startswith("headway.core.api.")} == {
        f"headway.core.api.{name}" for name in ("body", "service", "workspace")
    }
    assert {"headway.core.events", "headway.net.sse", "rich.console"} & modules == set()
