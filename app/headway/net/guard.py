"""The one SSRF check, made where a socket is dialled (spec: safety, "Network"; requirements A10).

A host is resolved once, every answer must be allowed, and one of those very answers is dialled: there is no second
look-up that could answer otherwise. TLS goes on verifying the name, because only the dialling knows of the address.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from headway.core.text import clean_line
from headway.net.addresses import Address, Allowance, Kind, as_address, kind_of

MAX_DIALLED: Final = 4
"""Addresses of one name that are tried, in the resolver's order."""
_NAME_LIMIT: Final = 80

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a name, best first. Raises `socket.gaierror` where there are none."""


class Refused(httpx.ConnectError):
    """An address that this program may not dial. Nothing was sent; the text says why and how it can be allowed."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows for a name."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be dialled: public addresses, and those of `allow`."""

    allow: Sequence[Allowance] = ()
    resolver: Resolver = resolve
    remedy: str = "`headway serve --allow {}`"
    """How an address is allowed, for people; the braces stand for the address."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses to dial for a host, each of them allowed.

        Raises `Refused` where any answer is not, `socket.gaierror` where there is no answer.
        """
        literal = as_address(host)
        answers = [host] if literal is not None else await self.resolver(host, port)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        for answer in answers:
            self._check(host, answer, port)
        return answers[:MAX_DIALLED]

    def _check(self, host: str, answer: str, port: int) -> None:
        address = as_address(answer)
        kind = Kind.NEVER if address is None else kind_of(address)
        if kind is Kind.PUBLIC:
            return
        allowed = address is not None and any(one.covers(host, address, port) for one in self.allow)
        if kind is not Kind.NEVER and allowed:
            return
        name, where = clean_line(host, limit=_NAME_LIMIT), clean_line(answer, limit=_NAME_LIMIT)
        what = where if where == name else f"{name} leads to {where}, and that"
        text = f"{what} is {kind.value}"
        if kind is not Kind.NEVER and address is not None:
            text += f"; {self.remedy.format(_entry(address, port))} allows it"
        raise Refused(text)


def _entry(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens the connections of a pool, each to an address that the guard has allowed."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._dialler = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within `timeout` seconds, looking the name up included. Raises `Refused` and httpcore's errors."""
        loop = asyncio.get_running_loop()
        give_up_at = None if timeout is None else loop.time() + timeout
        addresses = await self._looked_up(host, port, timeout)
        failure: Exception | None = None
        for number, address in enumerate(addresses):
            # Each address gets its share of what is left, so that a silent first one does not hide a second.
            share = None if give_up_at is None else max(give_up_at - loop.time(), 0.001) / (len(addresses) - number)
            try:
                return _Dialled(await self._dialler.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _looked_up(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(seconds):
                return await self._guard.addresses(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from error
        except (socket.gaierror, UnicodeError) as error:
            raise httpcore.ConnectError("name not found") from error


class _Dialled(httpcore.AsyncNetworkStream):
    """An open connection, which is closed where its handshake breaks off, whatever ends it.

    httpcore 1.0 closes one whose handshake fails and forgets one whose handshake is canceled, as it is where a server
    takes the connection and says nothing: the socket would stay open for as long as the process.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            # Canceled in the handshake, too: nobody else has this socket.
            await self._stream.aclose()
            raise

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
