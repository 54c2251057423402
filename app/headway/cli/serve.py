"""`headway serve`: the platform in the foreground."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from headway.cli.exits import ExitCode, fail
from headway.cli.options import Data, Place

DEFAULT_PORT = 8765

EndWithParent = Annotated[bool, typer.Option("--end-with-parent", hidden=True, help="End when stdin is closed.")]


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    end_with_parent: EndWithParent = False,
    data: Data = None,
) -> None:
    """Run the delegation platform until SIGTERM or ctrl+c."""
    import logging

    from headway.ledger.errors import LedgerError
    from headway.platform.server import PortTaken
    from headway.platform.server import serve as serve_platform

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    folder = Place.of(context, None, data).folder()

    async def run() -> None:
        stop = asyncio.Event()
        if end_with_parent:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _set_at_end, stop)
        await serve_platform(folder, host=host, port=port, ready=announce, stop=stop)

    try:
        asyncio.run(run())
    except PortTaken as error:
        fail(f"{error.strerror}. Nothing was started; choose another with --port.", ExitCode.NOT_FOUND)
    except LedgerError as error:
        fail(f"{error}. Nothing was started.", ExitCode.FAILED)
    except OSError as error:
        fail(f"the data folder {folder.path} cannot be used: {error.strerror}. Nothing was started.")


def announce(url: str) -> None:
    """The line by which scripts know that a server is ready."""
    typer.echo(f"listening on {url}")
    sys.stdout.flush()


def _set_at_end(stop: asyncio.Event) -> None:
    if not sys.stdin.buffer.raw.read(4096):  # type: ignore[attr-defined]
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
