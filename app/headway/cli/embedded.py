"""The platform that `headway` starts for an account that has none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from headway.cli import children

if TYPE_CHECKING:
    from headway.platform.folder import DataFolder


@asynccontextmanager
async def embedded_platform(folder: DataFolder) -> AsyncIterator[str]:
    """Start a platform on `folder` and yield its URL at once; stop it at the end.

    Whoever connects before it is up waits. What was in flight when it is stopped is resumed at its next start.
    """
    from headway.platform.auth import new_token

    folder.create()
    folder.ensure_token(new_token)
    with children.listening_socket() as (listener, url):
        arguments = ["serve", "--fd", str(listener.fileno()), "--data", str(folder.path)]
        process = await children.start(arguments, log=folder.log, pass_fds=[listener.fileno()])
    try:
        yield url
    finally:
        await children.stop(process)
