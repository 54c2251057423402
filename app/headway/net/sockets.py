"""Listening sockets, and how many connections a process may have."""

from __future__ import annotations

import ipaddress
import resource
import socket
from contextlib import suppress
from typing import Final

_BACKLOG: Final = 2_048
_DESCRIPTORS: Final = 65_536
"""More than all connections to agents, their callers and readers together."""


def raise_descriptor_limit() -> None:
    """Let this process have as many connections as the system lets it, up to some tens of thousands.

    Many systems begin at 1,024, which the connections to agents alone may use up; then nobody is answered any more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class PortTaken(OSError):
    """The address cannot be listened on; `strerror` says why."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on a socket that names its protocol; without it small answers wait some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(error.errno, f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def is_local(listener: socket.socket) -> bool:
    """Whether this socket can be reached from this machine only."""
    return ipaddress.ip_address(str(listener.getsockname()[0]).partition("%")[0]).is_loopback


def url_of(listener: socket.socket) -> str:
    """Where HTTP on this socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
