"""A connection of uvicorn's that its application can cut: what a reader that takes nothing is given up by."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

ABORT: Final = "headway.abort"
"""The ASGI extension under which an application finds what cuts the connection of its request."""
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Connection(H11Protocol):
    """Uvicorn's protocol, its transport within reach.

    To close a transport is to wait until its reader has taken what was written, which may be never; an application that
    has waited long enough cuts it instead, with `abort`.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _Abortable(self.app, partial(_cut, transport))


class _Abortable:
    """An application whose scope says how to cut the connection."""

    def __init__(self, app: ASGIApp, abort: Callable[[], None]) -> None:
        self._app = app
        self._abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[ABORT] = self._abort
        await self._app(scope, receive, send)


def abort(scope: Scope) -> None:
    """Cut the connection of a request, where the server lets us; what was not taken yet is dropped."""
    cut = scope.get("extensions", {}).get(ABORT)
    if cut is not None:
        cut()


def _cut(transport: asyncio.Transport) -> None:
    # Without this the kernel would go on offering what it has buffered, for minutes.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
