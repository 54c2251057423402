"""`python -m headway.agents`: one simulated agent as a process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from headway.agents.behaviors import BEHAVIORS, BehaviorName
from headway.agents.run import run_agent
from headway.agents.task import EVERY_DIALECT, Dialect


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 after SIGTERM, 1 when the agent could not start; argparse itself exits with 2."""
    given = _parser().parse_args(arguments)
    try:
        run_agent(
            given.name,
            BehaviorName(given.behavior),
            host=given.host,
            port=given.port,
            seed=given.seed,
            slots=given.slots,
            speaks=[Dialect(name) for name in given.dialect] or EVERY_DIALECT,
            log=given.log,
        )
    except OSError as error:
        sys.stderr.write(f"the agent was not started: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    behaviors = "\n".join(f"  {name:<22} {behavior.summary}" for name, behavior in BEHAVIORS.items())
    parser = argparse.ArgumentParser(
        prog="python -m headway.agents",
        description="Serve one simulated A2A agent until SIGTERM.",
        epilog=f"behaviors:\n{behaviors}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--name", default="agent")
    parser.add_argument("--behavior", default=BehaviorName.STREAM, choices=list(BehaviorName), metavar="NAME")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--seed", type=int, default=0, help="chooses scripts and jitter")
    parser.add_argument("--slots", type=int, help="tasks worked on at once, then 503 busy (default: the behavior's)")
    parser.add_argument(
        "--dialect",
        action="append",
        default=[],
        choices=list(Dialect),
        metavar="NAME",
        help="speak only this; repeatable",
    )
    parser.add_argument("--log", type=Path, help="append what was asked and done to this file, as JSON lines")
    return parser


if __name__ == "__main__":
    sys.exit(main())
