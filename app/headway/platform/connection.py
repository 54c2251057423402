"""A connection of uvicorn's with two bounds in time: its application can cut it, and its request heads cannot trickle.

To cut it is how a reader that takes nothing is given up.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from headway.platform import lane

ABORT: Final = "headway.abort"
"""The ASGI extension under which an application finds what cuts the connection of its request."""
NO_HTTP: Final = "this is not an HTTP request that can be read; nothing was changed"
HELD_SECONDS: Final = 0.05
"""How long the body of a plain request may come behind its head without a cycle of h11's."""
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Connection(H11Protocol):
    """Uvicorn's protocol, its transport within reach. A request's head has `head_timeout` seconds to come.

    To close a transport is to wait until its reader has taken what was written, which may be never; an application that
    has waited long enough cuts it instead, with `abort`.
    """

    def __init__(self, *args: Any, head_timeout: float, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head_timeout = head_timeout
        self._head_due: asyncio.TimerHandle | None = None
        self._head_since: float | None = None
        self._held = b""
        self._held_until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _Abortable(self.app, partial(_cut, transport))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if isinstance(self.cycle, lane.Cycle) and not self.cycle.response_complete:
            # Behind one in the fast lane: whoever sends more before the answer waits for it.
            self._held += data
            self.flow.pause_reading()
        else:
            held = self._take_held()
            if not self._takes_lane(held + data, waited=bool(held)):
                self._stop_awaiting_if_under_way()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting()
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
        self._take_held()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say in JSON, as everywhere else, that this is no HTTP; uvicorn's own answer is a line of text."""
        body = json.dumps({"error": NO_HTTP}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        answer = (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage())
        for event in answer:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _takes_lane(self, data: bytes, *, waited: bool) -> bool:
        """Take a plain request that begins here; whatever else it is goes to h11, and is False.

        One that has been waited for and is not whole yet goes there too: slow bodies have bounds of their own.
        """
        fresh = self._is_between and self.conn.our_state is h11.IDLE and not self.conn.trailing_data[0]
        plain = lane.read(data) if fresh else None
        if plain is None or (waited and not plain.is_whole):
            super().data_received(data)
            return False
        self._unset_keepalive_if_required()
        if not plain.is_whole:
            # Most clients write head and body one after the other.
            self._held = data
            self._held_until = self.loop.call_later(HELD_SECONDS, self._wait_no_longer)
            return True
        self._stop_awaiting()
        path = self.root_path + plain.target.decode("ascii")
        scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": "POST",
            "root_path": self.root_path,
            "path": path,
            "raw_path": path.encode("ascii"),
            "query_string": b"",
            "headers": plain.headers,
            "state": self.app_state.copy(),
        }
        cycle = lane.Cycle(scope, plain.body, self.transport, self._lane_is_free)
        self.cycle = cycle  # type: ignore[assignment]
        task = self.loop.create_task(cycle.run(self.app, self.server_state.default_headers))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        return True

    def _lane_is_free(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if held := self._take_held():
            self.data_received(held)
        else:
            self._await_head()

    def _wait_no_longer(self) -> None:
        super().data_received(self._take_held())
        self._stop_awaiting_if_under_way()

    def _take_held(self) -> bytes:
        if self._held_until is not None:
            self._held_until.cancel()
            self._held_until = None
        held, self._held = self._held, b""
        return held

    def _stop_awaiting_if_under_way(self) -> None:
        if self._is_between:
            self._await_head()
        else:
            self._stop_awaiting()

    @property
    def _is_between(self) -> bool:
        """Whether no request is under way: the head of the next has not come whole."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        # Uvicorn's own limit holds between requests; this one begins with the first byte, and no later one moves it.
        if self._head_since is None:
            self._head_since = self.loop.time()
        if self._head_due is None:
            self._head_due = self.loop.call_later(self._head_timeout, self._look_at_head)

    def _stop_awaiting(self) -> None:
        # The timer goes on: to stop and start one for each request would cost more than to look in vain now and then.
        self._head_since = None

    def _look_at_head(self) -> None:
        self._head_due = None
        if self._head_since is None:
            return
        left = self._head_since + self._head_timeout - self.loop.time()
        if left > 0:
            self._head_due = self.loop.call_later(left, self._look_at_head)
        elif self._is_between:
            self.transport.close()


class _Abortable:
    """An application whose scope says how to cut the connection."""

    def __init__(self, app: ASGIApp, abort: Callable[[], None]) -> None:
        self._app = app
        self._abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[ABORT] = self._abort
        await self._app(scope, receive, send)


def abort(scope: Scope) -> None:
    """Cut the connection of a request, where the server lets us; what was not taken yet is dropped."""
    cut = scope.get("extensions", {}).get(ABORT)
    if cut is not None:
        cut()


def _cut(transport: asyncio.Transport) -> None:
    # Without this the kernel would go on offering what it has buffered, for minutes.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
