"""Recording a platform: its snapshot and every event after it, written as they come."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from contextlib import aclosing
from typing import IO, TYPE_CHECKING, Final, cast

from headway.connectors.connector import Batch, Closed, Connector
from headway.connectors.errors import CursorGone
from headway.connectors.recording import end_line, event_line, header_line, snapshot_lines
from headway.core.cursor import Cursor
from headway.core.events import Bookmark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from headway.core.clock import Clock

HIDDEN: Final = b"(token)"


class RecordingFile:
    """A recording being written, private to the account; packed where the name ends in `.gz`.

    Whatever of it is not yet written when the process dies is lost, and nothing before. `secret` never goes in, also
    where an agent has written it.
    """

    def __init__(self, path: Path, *, secret: str | None = None) -> None:
        """Raises FileExistsError, and OSError where the file cannot be made."""
        self._secret = json.dumps(secret)[1:-1].encode() if secret else None
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._raw = io.FileIO(descriptor, "w")
        packs = path.suffix == ".gz"
        self._file = cast("IO[bytes]", gzip.GzipFile("", "wb", 9, self._raw, mtime=0) if packs else self._raw)

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._raw.close()

    def write(self, lines: Iterable[bytes]) -> None:
        """Raises OSError where the disk is full."""
        for line in lines:
            self._file.write(line.replace(self._secret, HIDDEN) if self._secret else line)
        self._file.flush()


class Recorder:
    """Writes what a connector tells into a file, through every reconnect. `run` it as a task; cancel it to end."""

    def __init__(
        self, connector: Connector, file: RecordingFile, clock: Clock, *, lost: Callable[[Closed], None]
    ) -> None:
        """`lost` is told of each time that the connection is lost."""
        self._connector = connector
        self._file = file
        self._clock = clock
        self._lost = lost
        self.events = 0
        """How many were written."""

    async def run(self) -> None:
        """Record until canceled. Raises ConnectorError where the platform cannot be read, and OSError."""
        health = await self._connector.health()
        self._file.write([header_line(health.version, health.epoch, self._clock.now_ms())])
        try:
            while True:
                snapshot = await self._connector.snapshot()
                self._file.write(snapshot_lines(self._clock.now_ms(), snapshot))
                try:
                    await self._follow(Cursor(snapshot.epoch, snapshot.seq))
                except CursorGone:
                    continue
        finally:
            self._file.write([end_line(self._clock.now_ms())])

    async def _follow(self, after: Cursor) -> None:
        async with aclosing(self._connector.events(after)) as messages:
            async for message in messages:
                if isinstance(message, Closed):
                    self._lost(message)
                if isinstance(message, Batch):
                    now = self._clock.now_ms()
                    told = [event for event in message.events if not isinstance(event.payload, Bookmark)]
                    self._file.write(event_line(now, event) for event in told)
                    self.events += len(told)
