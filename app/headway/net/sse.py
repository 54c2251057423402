"""Reading server-sent events safely: one response, or a subscription that never gives up."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
from httpx_sse import aconnect_sse

from headway.net.asgi import KEEP_ALIVE_SECONDS
from headway.net.backoff import Backoff
from headway.net.errors import BadStatus, CursorGone, NetError, NotAllowed, TooLarge, WrongContent
from headway.net.event_parser import EVENT_LIMIT, EventParser, ServerEvent
from headway.net.gathering import gathered
from headway.net.http import (
    IDENTITY,
    STREAM_TIMEOUT,
    check_identity,
    excerpt,
    media_type,
    raw_chunks,
    read_error_body,
    reason,
)
from headway.net.idle import IdleWatchdog

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from headway.core.clock import Clock

SILENCE_SECONDS: Final = 3 * KEEP_ALIVE_SECONDS
"""As long as three missed keep-alives."""
EVENT_STREAM: Final = "text/event-stream"


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    watchdog: IdleWatchdog,
    *,
    headers: Mapping[str, str],
    **request: Any,
) -> AsyncIterator[httpx.Response]:
    """Send a request that accepts an event stream; the response is open and unread, its status unchecked.

    Raises `Silent` when the watchdog's limit passes before the head of the response.
    """
    sent = {**IDENTITY, **headers}
    stream = aconnect_sse(client, method, url, headers=sent, timeout=STREAM_TIMEOUT, follow_redirects=False, **request)
    # Entered by hand, so that only the wait for the head is watched and not the whole block.
    source = await watchdog.wait(stream.__aenter__())
    try:
        yield source.response
    finally:
        await stream.__aexit__(None, None, None)


async def read_events(
    response: httpx.Response,
    watchdog: IdleWatchdog,
    *,
    limit: int = EVENT_LIMIT,
    clock: Clock | None = None,
    gather: float = 0.0,
) -> AsyncGenerator[list[ServerEvent], None]:
    """The events of an open response, a list per network read, or for all that comes in `gather` seconds of `clock`.

    A read that completes no event (a comment, a part of an event) gives an empty list: bytes still flow. Raises
    `WrongContent` unless the response is an uncompressed event stream, `TooLarge` past the limit and `Silent` when the
    watchdog's limit passes without a byte; errors of the transport come as httpx raises them.
    """
    if media_type(response) != EVENT_STREAM:
        raise WrongContent(f"expected {EVENT_STREAM}, got {excerpt(media_type(response)) or 'no content type'}")
    check_identity(response)
    parser = EventParser(limit=limit)
    async with aclosing(raw_chunks(response, watchdog)) as source, aclosing(gathered(source, clock, gather)) as lots:
        async for lot in lots:
            events: list[ServerEvent] = []
            for chunk in lot:
                try:
                    events += parser.feed(chunk)
                except TooLarge:
                    yield events  # What came before it is whole.
                    raise
            yield events


@dataclass(frozen=True, slots=True)
class Connecting:
    """A request is about to be made; `attempt` counts from 1 and starts over once bytes have come."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The server has accepted the subscription."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Every event that one network read completed, or those of one time of gathering, in order; never empty."""

    events: tuple[ServerEvent, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream ended; the next attempt is made in `retry_in` seconds."""

    reason: str
    retry_in: float


Signal = Connecting | Connected | Messages | Lost


async def subscribe(
    client: httpx.AsyncClient,
    url: str,
    *,
    clock: Clock,
    rng: random.Random,
    headers: Mapping[str, str] | None = None,
    last_event_id: str = "",
    silence: float = SILENCE_SECONDS,
    backoff: Backoff | None = None,
    limit: int = EVENT_LIMIT,
    gather: float = 0.0,
) -> AsyncGenerator[Signal, None]:
    """Follow an event stream for ever, through every failure, resuming after the last id seen.

    The id sent on a reconnect is that of the last message handed out. `silence` is the number of seconds without a
    byte, not even a comment, after which the link is given up. With `gather`, what comes in so many seconds is read at
    once, but for the first after quiet. Raises `NotAllowed` on 401 or 403 and `CursorGone` on
    410, since asking again cannot help; everything else is a `Lost` followed by another attempt. Close the generator
    (`contextlib.aclosing`) to close the connection.
    """
    pauses = backoff or Backoff()
    failures = 0
    while True:
        yield Connecting(failures + 1)
        try:
            extra = {"Last-Event-ID": last_event_id} if last_event_id else {}
            async with (
                IdleWatchdog(clock, silence) as watchdog,
                _connected(client, url, {**(headers or {}), **extra}, watchdog) as response,
            ):
                yield Connected()
                async with aclosing(
                    read_events(response, watchdog, limit=limit, clock=clock, gather=gather)
                ) as batches:
                    async for batch in batches:
                        failures = 0
                        if batch:
                            last_event_id = batch[-1].id or last_event_id
                            yield Messages(tuple(batch))
            why = "closed by the server"
        except (NotAllowed, CursorGone):
            raise
        except NetError as error:
            why = str(error)
        except httpx.TransportError as error:
            why = reason(error)
        failures += 1
        retry_in = pauses.pause(failures, rng)
        yield Lost(why, retry_in)
        await clock.sleep(retry_in)


@asynccontextmanager
async def _connected(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], watchdog: IdleWatchdog
) -> AsyncIterator[httpx.Response]:
    async with open_stream(client, "GET", url, watchdog, headers=headers) as response:
        if response.status_code != httpx.codes.OK:
            raise _refusal(response.status_code, (await read_error_body(response, watchdog)).excerpt())
        yield response


def _refusal(status: int, detail: str) -> BadStatus:
    if status in (401, 403):
        return NotAllowed(status, detail)
    return (CursorGone if status == 410 else BadStatus)(status, detail)
