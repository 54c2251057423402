"""Serving a platform: the socket, uvicorn, signals, and the address left in the data folder."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import uuid4

import uvicorn

from headway.core.clock import Clock
from headway.net.addresses import LOOPBACK
from headway.net.clock import SystemClock
from headway.net.guard import Guard
from headway.net.sockets import is_local, url_of
from headway.platform.app import create_app
from headway.platform.connection import Connection
from headway.platform.edge import Edge, Hosts
from headway.platform.express import Express
from headway.platform.folder import DataFolder, Running
from headway.platform.platform import Platform
from headway.platform.settings import Settings
from headway.platform.start import check_bind

_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GRACE_SECONDS: Final = 3

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: `serve` has its own, which end event streams first."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_on(
    listener: socket.socket,
    folder: DataFolder,
    *,
    ready: Callable[[str], None],
    stop: asyncio.Event,
    settings: Settings | None = None,
    clock: Clock | None = None,
    new_id: Callable[[], str] = lambda: str(uuid4()),
    admin_token: str | None = None,
) -> None:
    """Run a platform on `folder` until `stop` is set or SIGTERM, SIGINT or SIGHUP comes; `ready` is told its URL.

    `admin_token` takes the place of the one in the folder's file, and is kept there.

    Raises `start.StartRefused`, `ledger.errors.LedgerLocked`, `ledger.errors.LedgerUnavailable` and OSError before
    `ready`.
    """
    chosen = settings or Settings()
    check_bind(listener, folder, chosen, admin_token)
    folder.create()
    opening = Platform.open(
        folder,
        clock=clock or SystemClock(),
        new_id=new_id,
        rng=random.Random(),  # noqa: S311 - jitter
        settings=chosen,
        guard=_guard(listener, chosen),
        admin_token=admin_token,
    )
    url = url_of(listener)
    async with opening as platform:
        server = _Server(_config(platform, listener))
        serving = asyncio.create_task(server.serve([listener]))
        with _signals(stop):
            await server.up.wait()
            unannounced = _announce(folder, url)
            try:
                if unannounced is None:
                    ready(url)
                    await stop.wait()
            finally:
                folder.retract()
                platform.ring.close()
                server.should_exit = True
                await serving
    if unannounced is not None:
        raise unannounced


def _announce(folder: DataFolder, url: str) -> OSError | None:
    """Leave the address in the data folder; what stood in the way is raised once all is closed, and not in a group."""
    try:
        folder.announce(Running(url, os.getpid()))
    except OSError as error:
        return error
    return None


def _guard(listener: socket.socket, settings: Settings) -> Guard:
    """A platform that only this machine reaches may dial this machine; others dial what their operator allows."""
    loopback = LOOPBACK if is_local(listener) and not settings.deny_loopback else ()
    return Guard((*loopback, *settings.allow))


def _config(platform: Platform, listener: socket.socket) -> uvicorn.Config:
    return uvicorn.Config(
        Edge(Express(create_app(platform), platform), Hosts.of(listener, platform.settings.public_hosts)),
        # The program's own logging, whose lines are cleaned: a traceback may quote what came from outside.
        log_config=None,
        http=partial(Connection, head_timeout=platform.settings.head_timeout),  # type: ignore[arg-type]
        log_level="warning",
        # Who asks is who has connected: a header that says otherwise is not believed.
        proxy_headers=False,
        ws="none",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def take_over(descriptor: int) -> socket.socket:
    """The listening socket that the parent process has opened."""
    return socket.socket(fileno=descriptor)


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    # What is ignored already stays so: `nohup headway serve` outlives its terminal.
    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
