"""The command line: `headway …`, the headless twin of the board (spec: dashboard, "Around it").

Every command imports what it needs when it runs: `headway ls` loads neither the server nor the board.
"""

from __future__ import annotations


def main() -> None:
    """The `headway` command."""
    from headway.cli.lean import start_lean

    start_lean()
    from headway.cli.app import app

    app()
