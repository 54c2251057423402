"""What event streams of ours have in common as ASGI responses, whoever serves them (spec: platform-api, a2a)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, MutableMapping

KEEP_ALIVE_SECONDS: Final = 15.0
"""Silence after which a keep-alive is sent (spec: requirements A13)."""
EVENT_STREAM_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


async def disconnected(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_connected(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]], work: Coroutine[Any, Any, None]
) -> None:
    """Do the work of an answer, and cancel it when the client has gone; returns when it has ended. Raises what it does.

    The request's body must have been read.
    """
    working = asyncio.create_task(work, name="answer")
    leaving = asyncio.create_task(disconnected(receive), name="answer-reader")
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, leaving):
            task.cancel()
        outcomes = await asyncio.gather(working, leaving, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
