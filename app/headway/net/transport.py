"""httpx over a connection pool that dials through the guard.

httpx's own transport offers no place for a network backend; httpcore's connections, which it stands on, do. This is
that transport again, on public names of both only and on a pool of our own.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import httpcore
import httpx

from headway.net.connections import ConnectionPool
from headway.net.guard import Guard, GuardedBackend, Refused

_HTTPX_OF: Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ProtocolError: httpx.ProtocolError,
}
"""The special ones first: httpcore's families are those of httpx."""


@cache
def system_trust() -> ssl.SSLContext:
    """The system's authorities, read once, when the first connection wants them: it takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 to public addresses and to what the guard allows; no proxies, no Unix sockets, no retries."""

    def __init__(self, guard: Guard, limits: httpx.Limits, *, tls: ssl.SSLContext | None = None) -> None:
        self._backend = GuardedBackend(guard)
        self._kept_seconds = limits.keepalive_expiry
        self._tls = tls
        self._pool = ConnectionPool(
            self._connection, most=limits.max_connections, most_idle=limits.max_keepalive_connections
        )

    def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._tls,
            keepalive_expiry=self._kept_seconds,
            network_backend=self._backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `Refused` for an address that is not allowed and for a URL that holds a user name or password."""
        if request.url.userinfo:
            raise Refused("the URL holds a user name or password, which is never sent")
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol("only http and https are spoken")
        if request.url.scheme == "https" and self._tls is None:
            # Before the pool makes room: what cannot be read takes up none of it.
            try:
                self._tls = system_trust()
            except OSError as error:
                raise httpx.ConnectError(f"the system's certificate authorities cannot be read: {error}") from error
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        assert isinstance(request.stream, httpx.AsyncByteStream)
        with _as_httpx():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, parts: object) -> None:
        self._parts: Any = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self._parts:
                yield part

    async def aclose(self) -> None:
        await self._parts.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_HTTPX_OF) as error:
        kind = next(ours for theirs, ours in _HTTPX_OF.items() if isinstance(error, theirs))
        raise kind(str(error)) from error
