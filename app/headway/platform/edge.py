"""The edge: whose name a request came for, and from which page (spec: platform-api, "Auth").

A page in a browser may lead its own name to this machine (DNS rebinding) and then read what answers there. Such a
request has a Host that is not ours, or an Origin that is another's; both are refused before any route is found.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from headway.core.text import clean_line
from headway.net.addresses import as_address, same_name
from headway.platform.gateway.faults import error_body

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOCALHOST: Final = "localhost"
_SHOWN: Final = 80
_KNOWN: Final = 64
"""Host headers that were found to be ours and are not looked at again."""


@dataclass(frozen=True, slots=True)
class PublicHost:
    """A name that a platform is reached by; without a port at any, as behind a proxy or a forwarded port."""

    name: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> PublicHost:
        """Read `NAME` or `NAME:PORT`. Raises ValueError, whose text says what is wrong."""
        read = _authority(text)
        if read is None:
            raise ValueError(f"{clean_line(text, limit=_SHOWN)!r} is no host name, with or without a port")
        return cls(*read)

    def is_named(self, host: str, port: int | None) -> bool:
        """Whether a Host header means this."""
        return host == self.name and (self.port is None or port == self.port)


class Hosts:
    """The Host headers that mean this platform: its own address, and the names that its operator gives it.

    On loopback every loopback address is ours, and `localhost`. Listening on every address it has, a machine cannot
    list them, so any address is taken there: only a name can be led here by somebody else.
    """

    def __init__(self, bound: str, port: int, public: Sequence[PublicHost] = ()) -> None:
        self._bound = as_address(bound.partition("%")[0])
        self._port = port
        self._public = tuple(public)
        self._known: set[str] = set()

    @classmethod
    def of(cls, listener: socket.socket, public: Sequence[PublicHost] = ()) -> Hosts:
        """The Hosts of a platform that listens on this socket."""
        host, port = listener.getsockname()[:2]
        return cls(host, port, public)

    def include(self, header: str) -> bool:
        """Whether a Host header is one of ours."""
        if header in self._known:
            return True
        included = self._includes(header)
        if included and len(self._known) < _KNOWN:
            self._known.add(header)
        return included

    def _includes(self, header: str) -> bool:
        read = _authority(header)
        if read is None:
            return False
        host, port = read
        if any(public.is_named(host, port) for public in self._public):
            return True
        return (port or _DEFAULT_PORTS["http"]) == self._port and self._is_here(host)

    def _is_here(self, host: str) -> bool:
        if self._bound is None:
            return False
        everywhere = self._bound.is_unspecified
        if host == _LOCALHOST:
            return everywhere or self._bound.is_loopback
        address = as_address(host)
        if address is None:
            return False
        return everywhere or address == self._bound or (self._bound.is_loopback and address.is_loopback)


class Edge:
    """ASGI: answers 421 for another's Host and 403 for another's Origin, and passes everything else on as it is."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and (refusal := self._refusal(scope)) is not None:
            await _refuse(send, scope["path"], *refusal)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[HTTPStatus, str] | None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._hosts.include(hosts[0]):
            said = clean_line(", ".join(hosts), limit=_SHOWN) or "nothing"
            text = f"this platform is not {said}; if it should be, start it with `headway serve --public-host NAME`"
            return HTTPStatus.MISDIRECTED_REQUEST, text
        for name, value in scope["headers"]:
            if name == b"origin" and not _same_origin(value.decode("latin-1"), hosts[0]):
                return HTTPStatus.FORBIDDEN, "requests from pages of another origin are refused; nothing was changed"
        return None


def _same_origin(origin: str, host: str) -> bool:
    scheme, separator, authority = origin.partition("://")
    default = _DEFAULT_PORTS.get(scheme.lower())
    ours, theirs = _authority(host), _authority(authority)
    if not separator or default is None or ours is None or theirs is None:
        return False
    return (theirs[0], theirs[1] or default) == (ours[0], ours[1] or default)


def _authority(text: str) -> tuple[str, int | None] | None:
    """The host, in one form, and the port of `HOST[:PORT]`; None for anything else."""
    if not text or not text.isascii() or any(sign in text for sign in "/?#@\\ \t"):
        return None
    try:
        parts = urlsplit("//" + text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (same_name(host), port) if host else None


async def _refuse(send: Send, path: str, status: HTTPStatus, text: str) -> None:
    body = json.dumps(error_body(path, text)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
