"""stdin and stdout as the SDK's stdio transport wants them, each served by a thread that nobody ever waits for.

The SDK's own reading cannot be interrupted: a server that is told to end would wait for its client's next line.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Final

MESSAGE_LIMIT: Final = 16 << 20
"""Bytes of one message at most: a message to an agent may have a million characters, each of six as JSON."""
_AHEAD: Final = 64
"""Lines that are read before they are asked for."""
_CHUNK: Final = 65_536

_log = logging.getLogger(__name__)


class Lines:
    """The lines of a descriptor, in an `async for`, until it is closed or says a line that is too long."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._places = threading.Semaphore(_AHEAD)
        threading.Thread(target=self._read, name="mcp stdin", daemon=True).start()

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        self._places.release()
        return line

    def end(self) -> None:
        """No more lines, as if the descriptor had been closed."""
        self._lines.put_nowait(None)

    def _read(self) -> None:
        # The loop may be closed by now: then nobody wants to know any more.
        with suppress(RuntimeError):
            for line in _lines_of(self._descriptor):
                self._places.acquire()
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
            self._loop.call_soon_threadsafe(self.end)


class Output:
    """Text written to a descriptor. Raises OSError where nobody reads it any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._orders: SimpleQueue[tuple[bytes, asyncio.Future[None]]] = SimpleQueue()
        threading.Thread(target=self._write, name="mcp stdout", daemon=True).start()

    async def write(self, text: str) -> None:
        """Return when it is written."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._orders.put((text.encode(), written))
        await written

    async def flush(self) -> None:
        """Nothing is held back."""

    def _write(self) -> None:
        with suppress(RuntimeError):
            while True:
                data, written = self._orders.get()
                failure: OSError | None = None
                try:
                    _write_all(self._descriptor, data)
                except OSError as error:
                    failure = error
                self._loop.call_soon_threadsafe(_settle, written, failure)


@contextmanager
def standard_streams() -> Iterator[tuple[int, int]]:
    """Descriptors of the real stdin and stdout; while the block runs, what anybody else prints goes to stderr."""
    stdin, stdout = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    try:
        yield stdin, stdout
    finally:
        # What was printed and is still held back must not follow the protocol.
        sys.stdout.flush()
        # `stdin` and `stdout` stay open: a thread may still wait on one, and its number must not be taken by another.
        os.dup2(stdout, 1)


def _lines_of(descriptor: int) -> Iterator[str]:
    rest = bytearray()
    while chunk := _read_some(descriptor):
        start = len(rest)
        rest += chunk
        while (end := rest.find(b"\n", start)) >= 0:
            yield rest[:end].decode("utf-8", "replace")
            del rest[: end + 1]
            start = 0
        if len(rest) > MESSAGE_LIMIT:
            _log.error("the client sent a line of more than %s bytes; the server ends", f"{MESSAGE_LIMIT:,}")
            return


def _read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _settle(written: asyncio.Future[None], failure: OSError | None) -> None:
    if written.done():
        return
    if failure is None:
        written.set_result(None)
    else:
        written.set_exception(failure)
