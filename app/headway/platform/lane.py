"""The fast lane: a plain `POST /workspaces/:id/delegate` that came whole, without a state machine of HTTP around it.

Parsing and writing with h11 costs more than everything else that is done for an accepted delegation. What is read here
is the plainest form of one request only, by one strict pattern; whatever differs in anything is left to h11, which
decides what is HTTP and what is not. The application is the same, called through ASGI with the same scope.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.types import ASGIApp, Message

WHOLE: Final = "headway.whole"
"""The ASGI extension that holds the body of a request that came whole."""
MOST_BYTES: Final = 65_536
"""Of a request, head and body; longer ones take the time that they take."""

_HEAD: Final = re.compile(
    rb"POST (/workspaces/[0-9A-Za-z-]{1,64}/delegate) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z][A-Za-z-]{0,63}: [!-~](?:[ -~]{0,4095}[!-~])?\r\n){1,64})\r\n"
)
_LENGTH: Final = re.compile(rb"[0-9]{1,6}")
_OTHERWISE: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"keep-alive"})
"""Headers that say how the message is framed, or how the connection goes on."""
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plain:
    """A request that was read: its target, its headers with names in lower case, and its body as far as it has come."""

    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    length: int

    @property
    def is_whole(self) -> bool:
        return len(self.body) == self.length


def read(data: bytes) -> Plain | None:
    """The one request that `data` begins, where it is plain and nothing comes behind it; None for anything else."""
    found = _HEAD.match(data) if len(data) <= MOST_BYTES else None
    if found is None:
        return None
    headers: list[tuple[bytes, bytes]] = []
    length, hosts = -1, 0
    for line in found[2].split(b"\r\n")[:-1]:
        name, _, value = line.partition(b": ")
        name = name.lower()
        if name == b"content-length":
            if length >= 0 or not _LENGTH.fullmatch(value):
                return None
            length = int(value)
        elif name == b"host":
            hosts += 1
        elif name in _OTHERWISE or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        headers.append((name, value))
    body = data[found.end() :]
    if hosts != 1 or not len(body) <= length <= MOST_BYTES - found.end():
        return None
    return Plain(found[1], headers, body, length)


class Cycle:
    """One request and its answer, with what uvicorn's connection looks at in a cycle of its own."""

    def __init__(
        self, scope: dict[str, Any], body: bytes, transport: asyncio.Transport, done: Callable[[], None]
    ) -> None:
        """`done` is called when the answer is written."""
        scope["extensions"] = {WHOLE: body}
        self._scope = scope
        self._body: bytes | None = body
        self._transport = transport
        self._done = done
        self._head = b""
        self._parts: list[bytes] = []
        self.message_event = asyncio.Event()
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False

    async def run(self, app: ASGIApp, default_headers: list[tuple[bytes, bytes]]) -> None:
        """Have the request answered; a fault of the application is logged, and ends the connection."""
        self._defaults = default_headers
        try:
            await app(self._scope, self._receive, self._send)
        except Exception:  # noqa: BLE001 - logged, as uvicorn does it
            _log.exception("a fault in the platform")
            self._transport.close()
        finally:
            if not self.response_complete:
                self._transport.close()

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self.response_complete:
            await self.message_event.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = self._written_head(message["status"], message.get("headers", ()))
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        if not self.disconnected:
            self._transport.write(b"".join((self._head, *self._parts)))
        self.response_complete = True
        if not self.keep_alive:
            self._transport.close()
        self._done()

    def _written_head(self, status: int, headers: Any) -> bytes:
        lines = [b"%s: %s\r\n" % (name, value) for name, value in (*self._defaults, *headers)]
        if any(line.count(b"\n") > 1 or line.count(b"\r") > 1 for line in lines):
            raise ValueError("a header of an answer holds a line break")
        closing = b"" if self.keep_alive else b"connection: close\r\n"
        return b"".join((_STATUS_LINES[status], *lines, closing, b"\r\n"))
