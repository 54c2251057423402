"""The first snapshot, asked for in a thread while a board is still being loaded, and without an HTTP client.

It saves time and nothing else: whatever is unusual about an answer makes it none, and the connector asks in its own
way.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from headway.core.api import SNAPSHOT_FINISHED

SECONDS: Final = 2.0
"""Without a byte for so long, there is no answer."""
MOST_BYTES: Final = 8 * 1024 * 1024
"""A larger answer is left to the connector, which reads it in pieces."""
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answers:
    """Bodies as they came."""

    snapshot: bytes
    scope: bytes
    """What the platform says of the token."""


class FirstLook:
    """Begun when it is made."""

    def __init__(self, address: str, token: str | None) -> None:
        self._future: Future[Answers | None] = Future()
        threading.Thread(target=self._ask, args=(address, token), name="first look", daemon=True).start()

    async def answers(self) -> Answers | None:
        """What the platform said; None where it did not, or not plainly."""
        return await asyncio.wrap_future(self._future)

    def _ask(self, address: str, token: str | None) -> None:
        found = None
        try:
            # ValueError: an address that is none, or a token that no header can carry.
            with suppress(OSError, ValueError):
                snapshot = _get(address, f"/snapshot?finished={SNAPSHOT_FINISHED}", token)
                scope = _get(address, "/whoami", token)
                found = Answers(snapshot, scope)
        finally:
            self._future.set_result(found)


def _get(address: str, path: str, token: str | None) -> bytes:
    """The body of a plain answer. Raises OSError and ValueError where there is none, or it is not plain."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname is None or parts.path.strip("/"):
        raise ValueError("not a plain address")
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    # HTTP/1.0: the answer comes in one piece and ends with the connection.
    head = f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\n{authorization}Accept-Encoding: identity\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=SECONDS) as connection:
        connection.sendall(head.encode("ascii"))
        answer = bytearray()
        while piece := connection.recv(65_536):
            answer += piece
            if len(answer) > MOST_BYTES:
                raise ValueError("too large")
    return _body(bytes(answer))


def _body(answer: bytes) -> bytes:
    head, end, body = answer.partition(_END_OF_HEAD)
    status, *lines = head.split(b"\r\n")
    fields = dict(line.lower().split(b":", 1) for line in lines if b":" in line)
    is_json = fields.get(b"content-type", b"").strip().startswith(b"application/json")
    is_whole = end and int(fields.get(b"content-length", b"-1")) == len(body)
    if status.split(b" ")[1:2] != [b"200"] or not is_json or not is_whole or b"transfer-encoding" in fields:
        raise ValueError("not a plain answer")
    return body
