"""`headway` and `headway board`: the board on the configured platform, or on one of this account's own."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import typer

from headway.cli.exits import ExitCode, run
from headway.cli.options import Data, Place, Url

if TYPE_CHECKING:
    from headway.connectors.connector import Connector


def board(context: typer.Context, url: Url = None, data: Data = None) -> None:
    """Open the board; with no platform configured or running, one is started for this account."""
    place = Place.of(context, url, data)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from headway.cli.delegations import list_delegations

        run(list_delegations(place, None, 50, json=False))
    run(_board(place))


async def _board(place: Place) -> int:
    from headway.cli.embedded import embedded_platform
    from headway.cli.options import open_connector

    async with AsyncExitStack() as stack:
        url = place.running_url()
        if url is None:
            url = await stack.enter_async_context(embedded_platform(place.folder()))
        return await run_board(open_connector(url, place.token()), title="")


async def run_board(connector: Connector, *, title: str) -> int:
    """Run the board until the person quits, and close its connector."""
    import asyncio
    import signal

    from headway.dashboard.app import HeadwayApp
    from headway.net.clock import SystemClock

    app = HeadwayApp(connector, clock=SystemClock(), title=title)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        # A window that is closed is a way to quit: what was started is stopped then too.
        loop.add_signal_handler(number, app.exit)
    try:
        await app.run_async()
        return app.return_code or ExitCode.OK
    finally:
        await connector.aclose()
