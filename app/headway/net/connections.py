"""Connections to many servers, kept for the next request; to begin and to end one costs the same however many are open.

httpcore's connections do the speaking, and this is who holds which. Its own pool looks at every connection whenever a
request begins or ends, which is most of what a platform with hundreds of streams does, and as soon as more than it
would keep are busy it keeps none. It also forgets a connection whose request is canceled between connecting and
sending, or while its response is closed: the socket stays open until the pool is closed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpcore

_Origin = tuple[bytes, bytes, int]


class ConnectionPool:
    """HTTP/1.1 connections, each held by one request until its response is closed."""

    def __init__(
        self,
        connect: Callable[[httpcore.Origin], httpcore.AsyncConnectionInterface],
        *,
        most: int | None = None,
        most_idle: int | None = None,
    ) -> None:
        """`most` bounds the connections there are, `most_idle` those that wait for a next request; None does not."""
        self._connect = connect
        self._most = most
        self._most_idle = most_idle
        self._room = asyncio.Semaphore(most) if most is not None else None
        self._busy: set[httpcore.AsyncConnectionInterface] = set()
        self._idle = _Idle()
        self._closed = False

    @property
    def open(self) -> tuple[int, int]:
        """How many are busy, and how many are idle."""
        return len(self._busy), len(self._idle)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send it over an idle connection to its origin, or over a new one.

        Raises httpcore's errors; PoolTimeout where there is no room within the request's own limit for that.
        """
        await self._wait_for_room(request.extensions.get("timeout", {}).get("pool"))
        connection, surplus = self._take(request.url.origin)
        try:
            await _close(surplus)
            response = await connection.handle_async_request(request)
        except BaseException:
            # Canceled or broken, at any step: it is closed, whatever state it says it is in.
            self._leave(connection)
            await connection.aclose()
            raise
        response.stream = _Parts(response.stream, partial(self._give_back, connection, request.url.origin))
        return response

    async def aclose(self) -> None:
        """Close every connection, also those that are busy."""
        self._closed = True
        await _close([*self._busy, *self._idle.take_all()])

    async def _wait_for_room(self, seconds: float | None) -> None:
        if self._room is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._room.acquire()
        except TimeoutError:
            raise httpcore.PoolTimeout(f"{self._most} connections are open already") from None

    def _take(
        self, origin: httpcore.Origin
    ) -> tuple[httpcore.AsyncConnectionInterface, list[httpcore.AsyncConnectionInterface]]:
        """A connection for a request, and those to be closed."""
        surplus = [*self._idle.expired()]
        while (connection := self._idle.newest(_key(origin))) is not None and connection.has_expired():
            surplus.append(connection)
        if connection is None:
            connection = self._connect(origin)
            if self._most is not None and len(self._busy) + len(self._idle) >= self._most:
                surplus += self._idle.oldest()
        self._busy.add(connection)
        return connection, surplus

    async def _give_back(self, connection: httpcore.AsyncConnectionInterface, origin: httpcore.Origin) -> None:
        surplus = [connection]
        if connection.is_idle() and not connection.is_closed() and not self._closed:
            self._idle.put(_key(origin), connection)
            too_many = self._most_idle is not None and len(self._idle) > self._most_idle
            surplus = [*self._idle.oldest()] if too_many else []
        self._leave(connection)
        await _close(surplus)

    def _leave(self, connection: httpcore.AsyncConnectionInterface) -> None:
        self._busy.discard(connection)
        if self._room is not None:
            self._room.release()


class _Idle:
    """Connections that wait for a next request, in the order in which they began to."""

    def __init__(self) -> None:
        self._keys: dict[httpcore.AsyncConnectionInterface, _Origin] = {}
        self._to: defaultdict[_Origin, dict[httpcore.AsyncConnectionInterface, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, origin: _Origin, connection: httpcore.AsyncConnectionInterface) -> None:
        self._keys[connection] = origin
        self._to[origin][connection] = None

    def newest(self, origin: _Origin) -> httpcore.AsyncConnectionInterface | None:
        """Take the one to an origin that waits for the shortest time."""
        kept = self._to.get(origin)
        return None if kept is None else self._taken(next(reversed(kept)))

    def oldest(self) -> Iterator[httpcore.AsyncConnectionInterface]:
        """Take the one that waits for the longest time, if there is one."""
        if self._keys:
            yield self._taken(next(iter(self._keys)))

    def expired(self) -> Iterator[httpcore.AsyncConnectionInterface]:
        """Take those that have waited for too long. All wait equally long, so the first that has not ends it."""
        while self._keys and next(iter(self._keys)).has_expired():
            yield from self.oldest()

    def take_all(self) -> Iterator[httpcore.AsyncConnectionInterface]:
        while self._keys:
            yield from self.oldest()

    def _taken(self, connection: httpcore.AsyncConnectionInterface) -> httpcore.AsyncConnectionInterface:
        origin = self._keys.pop(connection)
        del self._to[origin][connection]
        if not self._to[origin]:
            del self._to[origin]
        return connection


class _Parts:
    """The body of one response; when that is closed, its connection is either free or closed."""

    def __init__(self, parts: object, give_back: Callable[[], Awaitable[None]]) -> None:
        self._parts: Any = parts
        self._give_back: Callable[[], Awaitable[None]] | None = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part

    async def aclose(self) -> None:
        if (give_back := self._give_back) is None:
            return
        self._give_back = None
        try:
            await self._parts.aclose()
        finally:
            await give_back()


def _key(origin: httpcore.Origin) -> _Origin:
    return origin.scheme, origin.host, origin.port


async def _close(connections: Iterable[httpcore.AsyncConnectionInterface]) -> None:
    # Each of them, also when the first is interrupted.
    async with AsyncExitStack() as closing:
        for connection in connections:
            closing.push_async_callback(connection.aclose)
