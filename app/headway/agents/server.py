"""Serving simulated agents on sockets of their own, inside an asyncio program."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from headway.agents.app import AgentApp
from headway.agents.faults import RESET_EXTENSION, reset
from headway.agents.running import Running
from headway.net.sockets import listen, url_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from headway.agents.agent import SimulatedAgent

SHUTDOWN_SECONDS: Final = 3
"""How long requests under way may take to end after the agent has closed."""
DATE_SECONDS: Final = 1.0

# uvicorn logs a connection that is reset on purpose as a fault of the application, so its log goes nowhere.
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


class AgentServer(Running):
    """One agent on one port; port 0 takes a free one. Use it as an async context manager, or start() and stop()."""

    def __init__(self, agent: SimulatedAgent, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.agent = agent
        self._host = host
        self._port = port
        self._url = ""
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that is really used, once started."""
        return self._port

    @property
    def url(self) -> str:
        """Where the agent is reached, once started."""
        return self._url

    async def start(self) -> None:
        """Return when the agent can be reached. Raises PortTaken when the address is taken or not ours."""
        listener = listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        self._url = url_of(listener)
        self._server = _Server(AgentApp(self.agent))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name=f"serve {self.agent.name}")
        await self._server.ready.wait()

    async def stop(self) -> None:
        """Stop the work, end the streams and close the port; to stop twice, or before the start, does nothing."""
        await self.agent.aclose()
        if self._server is not None and self._serving is not None:
            self._server.stop()
            await self._serving
            self._server = self._serving = None


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers and its ten ticks a second; says when it is ready."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._stopping.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter += 10
            try:
                await asyncio.wait_for(self._stopping.wait(), DATE_SECONDS)
            except TimeoutError:
                continue

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which an application can also reset."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        self._inner: ASGIApp = self.app
        self.app = self._with_reset

    async def _with_reset(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[RESET_EXTENSION] = lambda: reset(self.transport)
        await self._inner(scope, receive, send)
