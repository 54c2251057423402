"""Bodies read within bounds, and failures of the transport told in a few words."""

from __future__ import annotations

import errno
import socket
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from headway.core.text import clean_line
from headway.net.errors import Silent, TooLarge, WrongContent
from headway.net.transport import GuardedTransport, system_trust

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

    from headway.net.guard import Guard
    from headway.net.idle import IdleWatchdog

EXCERPT_LIMIT: Final = 200
"""Characters kept of a body that is quoted in an error."""
ERROR_BODY_LIMIT: Final = 65_536
"""Bytes read of a body that comes with an error status."""
CONNECT_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 2.0
"""Idle connections are dropped sooner than servers do (uvicorn: 5 s): a request on a dying one may be lost."""
STREAM_TIMEOUT: Final = httpx.Timeout(CONNECT_SECONDS, read=None, write=30.0)
"""No read timeout: silence is watched by an `IdleWatchdog`, on the injected clock."""
IDENTITY: Final = {"Accept-Encoding": "identity"}
"""Compressed bodies are not asked for: their size is unknown until they have been unpacked."""


def open_client(
    *, connections: int | None = 1_000, guard: Guard | None = None, tls: ssl.SSLContext | None = None
) -> httpx.AsyncClient:
    """An httpx client as safety.md wants it: no proxies from the environment, no redirects, room for many streams.

    `connections` is how many may be open at once; None is without bound. `guard` checks every address when it is
    dialled, and is needed wherever a URL comes from outside; None dials whatever it is told. `tls` is for certificates
    that the system's authorities did not sign.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=100, keepalive_expiry=KEPT_SECONDS)
    transport: httpx.AsyncBaseTransport = (
        httpx.AsyncHTTPTransport(verify=tls or system_trust(), trust_env=False, limits=limits)
        if guard is None
        else GuardedTransport(guard, limits, tls=tls)
    )
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=STREAM_TIMEOUT, transport=transport)


@dataclass(frozen=True, slots=True)
class Body:
    """A body as far as it came; `broken` is what ended it early, if anything did."""

    content: bytes
    broken: httpx.TransportError | Silent | None = None

    def excerpt(self) -> str:
        """The start of it, made safe to show."""
        return excerpt(self.content)


def excerpt(content: bytes | str) -> str:
    """The first characters of a body, safe to show in one line."""
    text = content if isinstance(content, str) else content[: EXCERPT_LIMIT * 4].decode("utf-8", "replace")
    return clean_line(text[: EXCERPT_LIMIT * 4], limit=EXCERPT_LIMIT)


def check_identity(response: httpx.Response) -> None:
    """Raises `WrongContent` for a compressed body, which was not asked for."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise WrongContent(f"the body is compressed ({clean_line(encoding, limit=40)}), which was not asked for")


def media_type(response: httpx.Response) -> str:
    """The content type without its parameters, in lower case; empty when the server names none."""
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


async def raw_chunks(response: httpx.Response, watchdog: IdleWatchdog) -> AsyncGenerator[bytes, None]:
    """The bytes of an open response, one network read at a time, each wait watched."""
    source = response.aiter_raw()
    while (chunk := await watchdog.wait(anext(source, None))) is not None:
        yield chunk


async def read_body(response: httpx.Response, watchdog: IdleWatchdog, *, limit: int) -> Body:
    """Read a streamed response to its end.

    A transport that breaks on the way is no error here: what came before may be whole. Raises `TooLarge` above
    `limit` bytes and `WrongContent` for a compressed body.
    """
    check_identity(response)
    chunks: list[bytes] = []
    size = 0
    try:
        async with aclosing(raw_chunks(response, watchdog)) as source:
            async for chunk in source:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"the body is larger than {limit:,} bytes")
                chunks.append(chunk)
    except (httpx.TransportError, Silent) as error:
        return Body(b"".join(chunks), error)
    return Body(b"".join(chunks))


async def read_error_body(response: httpx.Response, watchdog: IdleWatchdog) -> Body:
    """Read what came with an error status, as far as it is readable and bounded; never raises for what it finds."""
    try:
        return await read_body(response, watchdog, limit=ERROR_BODY_LIMIT)
    except (TooLarge, WrongContent):
        return Body(b"")


def reason(error: httpx.TransportError) -> str:
    """What broke, in a few words for a person."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "name not found"
        if isinstance(cause, ConnectionRefusedError) or getattr(cause, "errno", None) == errno.ECONNREFUSED:
            return "refused"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return "timed out"
    if isinstance(error, httpx.ConnectError):
        return clean_line(str(error), limit=EXCERPT_LIMIT) or "connection failed"
    return "connection lost"
