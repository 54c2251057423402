"""A connection of uvicorn's with bounds: its application can cut it, and its heads are neither endless nor slow.

To cut it is how a reader that takes nothing is given up.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABORT: Final = "headway.abort"
"""The ASGI extension under which an application finds what cuts the connection of its request."""
WHOLE: Final = "headway.whole"
"""The ASGI extension of a request that has come to its end."""
NO_HTTP: Final = "this is not an HTTP request that can be read; nothing was changed"
MOST_HEAD: Final = 65_536
"""Bytes of a head that is not whole."""
MOST_HEADERS: Final = 256
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, its transport within reach. A request's head has `head_timeout` seconds to come.

    To close a transport is to wait until its reader has taken what was written, which may be never; an application that
    has waited long enough cuts it instead, with `abort`.
    """

    def __init__(self, *args: Any, head_timeout: float, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head_timeout = head_timeout
        self._head_due: asyncio.TimerHandle | None = None
        self._head_since: float | None = None
        self._in_head = True
        self._head_bytes = 0
        self._abort: Callable[[], None]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._abort = partial(_cut, transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MOST_HEAD:
            self.send_400_response(NO_HTTP)
        elif self._is_between:
            self._await_head()
        else:
            self._stop_awaiting()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"cut": self._abort}}

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise _NotHttp

    def on_headers_complete(self) -> None:
        hosts = sum(name == b"host" for name, _ in self.headers)
        # RFC 9112, section 3.2: one in HTTP/1.1, and never two.
        if hosts > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            raise _NotHttp
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self.scope["extensions"][WHOLE] = {}
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting()
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say in JSON, as everywhere else, that this is no HTTP; uvicorn's own answer is a line of text."""
        body = json.dumps({"error": NO_HTTP}).encode()
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self.transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body))
        self.transport.close()

    @property
    def _is_between(self) -> bool:
        """Whether no request is under way: the head of the next has not come whole."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        # Uvicorn's own limit holds between requests; this one begins with the first byte, and no later one moves it.
        if self._head_since is None:
            self._head_since = self.loop.time()
        if self._head_due is None:
            self._head_due = self.loop.call_later(self._head_timeout, self._look_at_head)

    def _stop_awaiting(self) -> None:
        # The timer goes on: to stop and start one for each request would cost more than to look in vain now and then.
        self._head_since = None

    def _look_at_head(self) -> None:
        self._head_due = None
        if self._head_since is None:
            return
        left = self._head_since + self._head_timeout - self.loop.time()
        if left > 0:
            self._head_due = self.loop.call_later(left, self._look_at_head)
        elif self._is_between:
            self.transport.close()


class _NotHttp(Exception):
    """A fault in a head that the parser overlooks; it answers as to those that it finds."""


def abort(scope: Scope) -> None:
    """Cut the connection of a request, where the server lets us; what was not taken yet is dropped."""
    offered = scope.get("extensions", {}).get(ABORT)
    if offered is not None:
        offered["cut"]()


def is_whole(scope: Scope) -> bool:
    """Whether all of a request's body is here; False also where the server does not say."""
    return WHOLE in scope.get("extensions", ())


def _cut(transport: asyncio.Transport) -> None:
    # Without this the kernel would go on offering what it has buffered, for minutes.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
