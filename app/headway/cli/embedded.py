"""A platform that a command starts for itself: for an account that has none, and for the demo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.cli import children

if TYPE_CHECKING:
    from headway.platform.folder import DataFolder


@dataclass(slots=True)
class Embedded:
    """A platform started here. It is stopped at the end, unless `keep_running` has been set by then."""

    url: str
    keep_running: bool = False


@asynccontextmanager
async def embedded_platform(folder: DataFolder, *options: str) -> AsyncIterator[Embedded]:
    """Start a platform on `folder`; its URL is known at once.

    What was in flight when it is stopped is resumed at the next start on the folder.
    """
    from headway.net.sockets import listen, url_of
    from headway.platform.auth import new_token

    folder.create()
    folder.ensure_token(new_token)
    # The child serves on a socket opened here: who connects before it is up waits instead of being refused, so a board
    # can open at once. Closed here once the child has it, so that a child that dies is noticed.
    with listen("127.0.0.1", 0) as listener:
        embedded = Embedded(url_of(listener))
        arguments = ["serve", "--fd", str(listener.fileno()), "--data", str(folder.path), *options]
        process = children.start(arguments, log=folder.log, pass_fds=[listener.fileno()])
    try:
        yield embedded
    finally:
        if not embedded.keep_running:
            await children.stop(process)
