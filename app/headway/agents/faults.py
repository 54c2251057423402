"""What no well-behaved response does: broken JSON, and a TCP reset."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

from headway.net.asgi import disconnected

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

MALFORMED: Final = b'{"jsonrpc":"2.0","id":"1","result":{"status":{"state":"work'
"""JSON cut off in the middle of a string."""

RESET_EXTENSION: Final = "headway.reset"
"""The ASGI extension that holds a function which resets the connection; AgentServer provides it."""


class ConnectionReset(Exception):
    """Raised by a stream where its connection is to be reset."""


class ResetOnDemand:
    """A response that resets the connection when its stream says so."""

    def __init__(self, response: ASGIApp) -> None:
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        except ConnectionReset:
            await reset_connection(scope, receive, send)


async def reset_connection(scope: Scope, receive: Receive, send: Send) -> None:
    """Reset the client's connection. Raises ConnectionResetError under a server that cannot."""
    reset = scope.get("extensions", {}).get(RESET_EXTENSION)
    if reset is None:
        raise ConnectionResetError("this server cannot reset a connection")
    reset()
    await disconnected(receive)


def reset(transport: asyncio.Transport) -> None:
    """Close at once with a TCP RST: lingering for zero seconds does that (POSIX, SO_LINGER)."""
    tcp: socket.socket | None = transport.get_extra_info("socket")
    if tcp is not None:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
