"""Exit codes, and how a failure is told: what happened, what was not changed, what to do next.

Without Typer, which the usual board does without.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NoReturn

from headway.cli.lean import staying

if TYPE_CHECKING:
    from headway.config.errors import ConfigError


class ExitCode(IntEnum):
    """What a script can tell a run by (spec: dashboard, "Around it")."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_REACHABLE = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5


EXIT_CODES = "Exit codes: " + ", ".join(
    f"{code.value} {words}"
    for code, words in (
        (ExitCode.OK, "ok"),
        (ExitCode.FAILED, "failed"),
        (ExitCode.USAGE, "usage"),
        (ExitCode.NOT_REACHABLE, "not reachable"),
        (ExitCode.NOT_ALLOWED, "not allowed"),
        (ExitCode.NOT_FOUND, "not found or conflict"),
    )
)
"""Said below the help of `headway`."""
INTERRUPTED = 130
"""Ended by ctrl+c, as shells count it."""


def fail(message: str, code: int = ExitCode.FAILED) -> NoReturn:
    """Say what went wrong on stderr and end with `code`."""
    sys.stderr.write(f"headway: {message}\n")
    raise SystemExit(code)


def refuse(error: ConfigError, unchanged: str = "Nothing was started.") -> NoReturn:
    """End the command: the configuration cannot be used. A line for each problem."""
    fail("\n".join([*error.problems, unchanged]), ExitCode.USAGE)


def run(work: Coroutine[Any, Any, int]) -> NoReturn:
    """Run a command to its end and exit with the code it returns; a connector's error becomes its exit code."""
    from headway.connectors.errors import ConnectorError, NotAllowed

    try:
        code = asyncio.run(staying(work))
    except NotAllowed as error:
        fail(
            f"{error} Give a token of this platform in HEADWAY_TOKEN, or as the token_file of a context; the one in a "
            "data folder is sent to the platform that runs on that folder, and to no other.",
            error.exit_code,
        )
    except ConnectorError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise SystemExit(code)
