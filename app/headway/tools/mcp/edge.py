"""Who may call the MCP server over HTTP: which Host and Origin, and with which token (spec: safety, "The edge")."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from headway.tools.mcp.pipes import MESSAGE_LIMIT

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class AccessRefused(Exception):
    """An address that must not be served so; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """`hosts` are the names that clients call; without a port any port is meant. `token` is None where none is asked
    for."""

    hosts: tuple[str, ...]
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, bound: str, *, public: Sequence[str] = (), token: str | None = None) -> Access:
        """The access to a server that listens on this address. Raises AccessRefused where others could just call it."""
        address = ipaddress.ip_address(bound.partition("%")[0])
        if token is None and (public or not address.is_loopback):
            raise AccessRefused(f"others could reach {public[0] if public else bound}; give a token with --token-file")
        if address.is_loopback:
            return cls((*_LOOPBACK, *public), token)
        if address.is_unspecified and not public:
            raise AccessRefused(f"{bound} is no name that clients call; name one with --public-host")
        own = () if address.is_unspecified else (f"[{address}]" if address.version == 6 else str(address),)
        return cls((*own, *public), token)

    def security(self) -> TransportSecuritySettings:
        """The checks of Host and Origin, as the SDK makes them."""
        hosts = [name for host in self.hosts for name in (host, f"{host}:*")]
        origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
        return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def access_app(protocol: Server[Any], access: Access, path: str) -> ASGIApp:
    """The server as an ASGI application that lets in who may come in."""
    app = protocol.streamable_http_app(
        streamable_http_path=path, max_request_body_size=MESSAGE_LIMIT, transport_security=access.security()
    )
    return app if access.token is None else _TokenGate(app, access.token)


class _TokenGate:
    """Answers 401 to a request without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._shown(scope):
            refusal = JSONResponse(
                {"error": "the token is missing or wrong; send it as Authorization: Bearer …"},
                401,
                {"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _shown(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)
