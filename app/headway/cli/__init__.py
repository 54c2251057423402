"""The command line: `headway …`, the headless twin of the board (spec: dashboard, "Around it").

Every command imports what it needs when it runs: `headway ls` loads neither the server nor the board.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The `headway` command."""
    from headway.cli.lean import start_lean

    start_lean()
    # A shell that completes a command asks for it by a variable, without an argument.
    if len(sys.argv) == 1 and "_HEADWAY_COMPLETE" not in os.environ:
        _open_usual_board()
    from headway.cli.app import app

    app()


def _open_usual_board() -> None:
    from headway.cli.boarding import open_usual_board
    from headway.cli.exits import INTERRUPTED, ExitCode

    try:
        open_usual_board()
    except BrokenPipeError:
        # As Typer has it for the other commands: nobody reads on, and what is left to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
