"""Running the MCP server on a transport, from the environment's settings, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final, cast

import uvicorn
from mcp.server.stdio import stdio_server

from headway.net.clock import SystemClock
from headway.net.sockets import url_of
from headway.tools.errors import JournalLocked
from headway.tools.mcp.checked import Checked
from headway.tools.mcp.edge import Access, access_app
from headway.tools.mcp.pipes import Lines, Output, standard_streams
from headway.tools.mcp.server import VerbServer
from headway.tools.settings import ToolSettings
from headway.tools.tools import Tools, open_tools

PATH: Final = "/mcp"
"""Where HTTP is served."""
LOCK_PATIENCE: Final = 5.0
"""Seconds for which the journal may be locked: a client that starts its server anew may be faster than the old one."""
GRACE: Final = 1.5
"""Seconds for telling agents that nobody waits for them any more; the SDK's client kills a server after 2."""
_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SHUTDOWN: Final = 1
"""Seconds for requests that are under way when the server is told to end."""

_log = logging.getLogger(__name__)


async def serve_stdio(settings: ToolSettings) -> None:
    """Serve the client at stdin and stdout until it closes stdin, or SIGTERM, SIGINT or SIGHUP comes.

    What runs goes on at its agents and is taken up by the next server of the workspace; a call that somebody waited for
    is canceled at its agent. Raises as `open_tools` does.
    """
    async with _opened(settings) as tools:
        with standard_streams() as (stdin, stdout):
            lines = Lines(stdin)
            protocol = VerbServer(tools).protocol()
            try:
                output = Output(stdout)
                # The SDK asks no more of the two than to be read by line and to be written.
                streams = stdio_server(cast("Any", Checked(lines, output)), cast("Any", output))
                with _signals(lines.end):
                    async with streams as (reading, writing):
                        await protocol.run(reading, writing, protocol.create_initialization_options())
            except* OSError as gone:
                _log.info("the client is gone: %s", gone.exceptions[0])
        await tools.direct.until_let_go(GRACE)


async def serve_http(
    settings: ToolSettings, listener: socket.socket, access: Access, *, ready: Callable[[str], None]
) -> None:
    """Serve streamable HTTP on a socket until SIGTERM, SIGINT or SIGHUP comes; `ready` is told the URL.

    Raises as `open_tools` does, before `ready`.
    """
    async with _opened(settings) as tools:
        server = _HttpServer(
            access_app(VerbServer(tools).protocol(), access, PATH), partial(ready, url_of(listener) + PATH)
        )
        with _signals(server.stop):
            await server.serve([listener])
        await tools.direct.until_let_go(GRACE)


@asynccontextmanager
async def _opened(settings: ToolSettings) -> AsyncIterator[Tools]:
    """The tools; while another process is about to close them, they are waited for."""
    clock = SystemClock()
    give_up_at = clock.monotonic() + LOCK_PATIENCE
    async with AsyncExitStack() as stack:
        while True:
            try:
                tools = await stack.enter_async_context(open_tools(settings))
            except JournalLocked:
                if clock.monotonic() >= give_up_at:
                    raise
                await clock.sleep(0.1)
            else:
                break
        yield tools


@contextmanager
def _signals(end: Callable[[], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)


class _HttpServer(uvicorn.Server):
    """Uvicorn without its signal handlers, which tells when it is ready."""

    def __init__(self, app: Any, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            # Who asks is who has connected: a header that says otherwise is not believed.
            proxy_headers=False,
            ws="none",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN,
        )
        super().__init__(config)
        self._ready = ready

    def stop(self) -> None:
        """Take no more requests, end those that are under way, and return from `serve`."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
