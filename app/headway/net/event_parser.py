"""Server-sent events, byte by byte (WHATWG HTML, 9.2.6 "Interpreting an event stream").

httpx-sse opens the request; its decoder is not used. Found by running 0.4.3: after any `id:` every blank line is an
event with empty data, a line has no limit, the first event after a BOM is lost (spec: safety, "Network").
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from headway.net.errors import TooLarge

EVENT_LIMIT: Final = 1_048_576
"""Bytes allowed in one line and in the data of one event."""
ID_LIMIT: Final = 256
_HEAD_LIMIT: Final = len("id: ") + ID_LIMIT
_BOM: Final = b"\xef\xbb\xbf"
_USABLE: Final = re.compile(rb"[ -~]{0,%d}" % ID_LIMIT)
"""An id travels back in a header, so only what a header can carry is kept."""


class ServerEvent(NamedTuple):
    """One event: `id` is the last id seen up to here, empty when the server sends none."""

    data: str
    event: str = "message"
    id: str = ""


class EventParser:
    """Turns bytes into events, wherever the bytes were split. Events without data are skipped."""

    def __init__(self, *, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._partial = bytearray()
        self._after_cr = False
        self._at_start = True
        self._data: list[bytes] = []
        self._size = 0
        self._event = ""
        self.last_id = ""

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events completed by these bytes. Raises `TooLarge` when a line or an event passes the limit."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\n" not in chunk and b"\r" not in chunk:
            self._partial += chunk
            self._check(len(self._partial))
            return []
        text = bytes(self._partial) + chunk
        self._partial.clear()
        self._after_cr = chunk.endswith(b"\r")
        events: list[ServerEvent] = []
        if b"\r" in text:
            self._read_lines(text, events)
            return events
        whole, blank, rest = text.rpartition(b"\n\n")
        if blank:
            self._read_blocks(whole, events)
        self._read_lines(rest, events)
        return events

    def _read_blocks(self, text: bytes, events: list[ServerEvent]) -> None:
        """Events between blank lines. One as most servers write it, an id and one line of data, is read at once."""
        if len(text) > self._limit or self._data or self._event or self._at_start:
            self._read_lines(text + b"\n\n", events)
            return
        for block in text.decode("utf-8", "replace").split("\n\n"):
            head, _, data = block.partition("\ndata: ")
            if (
                data
                and "\n" not in data
                and head.startswith("id: ")
                and len(head) <= _HEAD_LIMIT
                and head.isascii()
                and head.isprintable()
            ):
                self.last_id = head[4:]
                events.append(ServerEvent(data, "message", self.last_id))
            else:
                self._read_lines(f"{block}\n\n".encode(), events)

    def _read_lines(self, text: bytes, events: list[ServerEvent]) -> None:
        lines = text.splitlines()
        if text and text[-1:] not in b"\r\n":
            self._partial += lines.pop()
        for line in lines:
            self._check(len(line))
            if (event := self._line(line)) is not None:
                events.append(event)
        self._check(len(self._partial))

    def _line(self, line: bytes) -> ServerEvent | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            self._check(self._size - 1)
        elif field == b"event":
            self._event = value.decode("utf-8", "replace")
        elif field == b"id" and _USABLE.fullmatch(value):
            self.last_id = value.decode("ascii")
        return None

    def _dispatch(self) -> ServerEvent | None:
        data, kind = b"\n".join(self._data), self._event or "message"
        self._data, self._size, self._event = [], 0, ""
        return ServerEvent(data.decode("utf-8", "replace"), kind, self.last_id) if data else None

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise TooLarge(f"an event is larger than {self._limit:,} bytes")
