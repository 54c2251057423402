"""What must hold before a platform listens (spec: platform-api, "Auth")."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

from headway.net.sockets import is_local
from headway.platform.folder import DataFolder, as_token
from headway.platform.settings import Settings

MIN_TOKEN: Final = 32
"""Characters that an admin token of a person's own making must have; ours have 43."""
_MAX_BYTES: Final = 4_096


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


def read_token_file(path: Path) -> str:
    """The admin token in a file of the operator's. Raises StartRefused where it is of no use."""
    try:
        with path.open("rb") as file:
            private = not os.fstat(file.fileno()).st_mode & 0o077
            token = as_token(file.read(_MAX_BYTES))
    except OSError as error:
        raise StartRefused(f"the token file {path} cannot be read: {error.strerror}") from error
    if not private:
        raise StartRefused(f"others can read the token file {path}; change that first: chmod 600 {path}")
    if token is None or len(token) < MIN_TOKEN:
        raise StartRefused(f"the token file {path} must hold one line of {MIN_TOKEN} or more visible characters")
    return token
