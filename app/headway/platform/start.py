"""What must hold before a platform listens (spec: platform-api, "Auth")."""

from __future__ import annotations

import socket

from headway.net.sockets import is_local
from headway.platform.folder import DataFolder
from headway.platform.settings import Settings


class StartRefused(Exception):
    """A platform is not started like this; the text says why and what to do instead."""


def check_bind(listener: socket.socket, folder: DataFolder, settings: Settings, admin_token: str | None) -> None:
    """Raises StartRefused for a platform that others could reach and that is not guarded by a token they must know.

    `admin_token` is one that the operator gives; else the data folder must hold one.
    """
    if settings.allow_anonymous_loopback and settings.public_hosts:
        # A proxy on this machine makes everybody's requests come from this machine.
        raise StartRefused("with --public-host others may come through a proxy; leave out --allow-anonymous-loopback")
    if is_local(listener):
        return
    if settings.allow_anonymous_loopback:
        raise StartRefused("--allow-anonymous-loopback is for a platform that listens on loopback only; leave it out")
    if admin_token is None and folder.token() is None:
        raise StartRefused(
            f"others could reach {listener.getsockname()[0]}, and {folder.path} holds no admin token yet; give one of "
            "your own in a file (--token-file), or start once on 127.0.0.1, which makes one"
        )
