"""The board on the configured platform, or on one of this account's own.

Without Typer, so that bare `headway` parses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from headway.cli.exits import ExitCode, refuse, run
from headway.cli.manner import Manner, manner_of, usual_manner
from headway.cli.place import Place, open_connector
from headway.cli.terminal import can_draw

if TYPE_CHECKING:
    from headway.cli.embedded import Embedded
    from headway.connectors.connector import Connector
    from headway.connectors.playback import Playback
    from headway.dashboard.app import HeadwayApp

ROWS_WITHIN: Final = 0.25
"""Seconds that the first paint waits for the first snapshot, so that it need not paint an empty board before."""


def open_usual_board() -> NoReturn:
    """`headway` without an argument: as environment and file say."""
    from headway.config.usual import nothing_is_set

    if nothing_is_set():
        open_board(Place(), usual_manner())
    from headway.config.errors import ConfigError
    from headway.config.settings import Flags, load

    try:
        settings = load(Flags())
    except ConfigError as error:
        refuse(error)
    open_board(Place.of(settings), manner_of(settings))


def open_board(place: Place, manner: Manner) -> NoReturn:
    """The board, or its three tables where there is no terminal."""
    if not can_draw():
        run(_print_tables(place))
    run(_board(place, manner))


async def _board(place: Place, manner: Manner) -> int:
    url = place.running_url()
    if url is not None:
        from headway.connectors.first_look import FirstLook

        token = place.token()
        first = FirstLook(url, token)
        connector = open_connector(url, token, read_only=place.read_only, find=place.running_url, first=first)
        return await run_board(connector, title=place.name, manner=manner, wait_for_rows=ROWS_WITHIN)
    from headway.cli.embedded import embedded_platform

    async with embedded_platform(place.folder()) as platform:
        connector = open_connector(platform.url, place.token(), read_only=place.read_only)
        return await run_board(connector, title="", manner=manner, on_quit=partial(_leave, platform))


async def _print_tables(place: Place) -> int:
    """Without a terminal: the three tables as they are now, and no more."""
    from headway.cli.tables import SHOWN, print_groups
    from headway.dashboard.store import Store
    from headway.net.clock import SystemClock

    async with place.connect() as connector:
        store = Store()
        store.load(await connector.snapshot(finished=SHOWN))
    print_groups(store, SystemClock().now_ms())
    return ExitCode.OK


async def _leave(platform: Embedded, app: HeadwayApp) -> bool:
    """Ask once what becomes of the platform, where delegations are under way; False is to stay on the board."""
    from headway.dashboard.screens.leave import LeaveScreen, Leaving

    active = app.session.store.active
    leaving = await app.push_screen_wait(LeaveScreen(active)) if active else Leaving.STOP
    platform.keep_running = leaving is Leaving.KEEP
    return leaving is not Leaving.STAY


def _kept(manner: Manner, theme: str) -> str:
    """Keep a theme; what went wrong, in words."""
    from headway.config.errors import ConfigError

    try:
        manner.keep_theme(theme)
    except ConfigError as error:
        return str(error)
    return ""


async def run_board(
    connector: Connector,
    *,
    title: str,
    manner: Manner,
    on_quit: Callable[[HeadwayApp], Awaitable[bool]] | None = None,
    playback: Playback | None = None,
    wait_for_rows: float = 0.0,
) -> int:
    """Run the board until the person quits, and close its connector; `on_quit` may keep them.

    `playback` is the clock where the connector is that of a recording; `wait_for_rows` is for the first paint.
    """
    import asyncio
    import signal

    from headway.dashboard.app import HeadwayApp
    from headway.net.clock import SystemClock

    app = HeadwayApp(
        connector, clock=playback or SystemClock(), title=title, on_quit=on_quit, actions=manner.actions,
        look=manner.look, playback=playback, keep_theme=partial(_kept, manner),
        cancel_grace=manner.cancel_grace, wait_for_rows=wait_for_rows, finished_kept=manner.finished_kept,
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        # A window that is closed is a way to quit: what was started is stopped then too.
        loop.add_signal_handler(number, app.exit)
    try:
        await app.run_async()
        return app.return_code or ExitCode.OK
    finally:
        await connector.aclose()
