"""Recordings of a platform's events: JSON lines that can be kept, sent to somebody, and played again.

The first line is a header. A snapshot is a line of its own followed by a line for each workspace and delegation; then
each event is a line with `at`, the moment it was heard; the last line is an end. What is written has come through a
connector's door, and what is read passes the door again: a recording may come from anywhere.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from headway.connectors import door
from headway.connectors.errors import ConnectorError
from headway.core.api import Snapshot, Workspace
from headway.core.delegation import Row
from headway.core.events import Event, Other, read_payload
from headway.core.text import clean_line

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
LINE_BYTES: Final = 8 * 1024 * 1024
"""The longest line that is read: a delegation with as much output as is ever kept."""
MOST_BYTES: Final = 512 * 1024 * 1024
"""The largest recording that is read, unpacked."""
MOST_EVENTS: Final = 1_000_000
_GZIP: Final = b"\x1f\x8b"
_ROW: Final = TypeAdapter(Row)


class BadRecording(ConnectorError):
    """A file that is no recording, or not a whole one."""

    usual_reason = "unreadable recording"

    def __init__(self, what: str, *, next_step: str = "Make one with `headway record FILE`.") -> None:
        super().__init__(what, unchanged="Nothing was played.", next_step=next_step)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was heard at `at`, Unix milliseconds: a snapshot to begin from, or an event."""

    at: int
    heard: Snapshot | Event


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in memory; the first entry is a snapshot. `whole` is false where its end was cut off."""

    name: str
    version: str
    entries: tuple[Entry, ...] = field(repr=False)
    whole: bool = True

    @property
    def begins(self) -> int:
        """Unix milliseconds."""
        return self.entries[0].at

    @property
    def length(self) -> int:
        """Milliseconds from its first entry to its last."""
        return self.entries[-1].at - self.begins

    @property
    def first(self) -> Snapshot:
        heard = self.entries[0].heard
        assert isinstance(heard, Snapshot)
        return heard


def header_line(version: str, epoch: str, at: int) -> bytes:
    return _line({"headway_recording": FORMAT, "version": version, "epoch": epoch, "at": at})


def snapshot_lines(at: int, snapshot: Snapshot) -> Iterator[bytes]:
    """A line for the snapshot, for each of its workspaces and for each of its delegations."""
    counts = {"workspaces": len(snapshot.workspaces), "delegations": len(snapshot.delegations)}
    totals = {status.value: count for status, count in snapshot.totals.items() if count}
    yield _line({"at": at, "snapshot": {"epoch": snapshot.epoch, "seq": snapshot.seq, "totals": totals, **counts}})
    for workspace in snapshot.workspaces:
        told = workspace.model_dump(mode="json", exclude_none=True)
        yield _line({"workspace": _without_query(told)})
    for row in snapshot.delegations:
        yield _line({"delegation": _ROW.dump_python(row, mode="json", exclude_none=True)})


def event_line(at: int, event: Event) -> bytes:
    """The event as the platform's stream has it, with its seq and the moment it was heard."""
    return _line({"at": at, **envelope(event)})


def envelope(event: Event) -> dict[str, Any]:
    """An event as JSON has it."""
    payload = event.payload
    data = payload.data if isinstance(payload, Other) else payload.model_dump(mode="json", exclude_none=True)
    return {"seq": event.seq, "type": event.type, "timestamp": event.timestamp, "data": _without_query(dict(data))}


def end_line(at: int) -> bytes:
    return _line({"at": at, "end": True})


def _without_query(told: dict[str, Any]) -> dict[str, Any]:
    """Addresses of agents go in without what follows `?`: some services have their secrets there."""
    if isinstance(url := told.get("url"), str):
        told["url"] = url.partition("?")[0].partition("#")[0]
    return told


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_recording(path: Path) -> Recording:
    """Read a file, packed or not; it takes a while for a large one. Raises `BadRecording`, which names the line.

    Where the end was cut off, as by a recorder that was killed, all that comes before is read.
    """
    name = clean_line(path.name)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            return _Reader(name, cast("IO[bytes]", gzip.open(file)) if packed else file).read()
    except OSError as error:
        raise BadRecording(f"{name} cannot be read: {clean_line(error.strerror or str(error))}.") from error


class _Reader:
    """Reads one recording, line by line."""

    def __init__(self, name: str, source: IO[bytes]) -> None:
        self._name = name
        self._source = source
        self._number = 0
        self._bytes = 0
        self._cut = False
        self._at = 0
        self._entries: list[Entry] = []

    def read(self) -> Recording:
        header = self._next()
        if header is None or "headway_recording" not in header:
            raise BadRecording(f"{self._name} is not a recording of headway.")
        if header["headway_recording"] != FORMAT:
            raise BadRecording(
                f"{self._name} has another format than this version of headway reads.",
                next_step="Use the version that made it.",
            )
        ended = False
        while not ended and (said := self._next()) is not None:
            ended = self._take(said)
        if not self._entries:
            raise BadRecording(f"{self._name} holds nothing that could be played.")
        version = header.get("version")
        return Recording(
            self._name, clean_line(version) if isinstance(version, str) else "", tuple(self._entries), whole=ended
        )

    def _take(self, said: dict[str, Any]) -> bool:
        """Keep what a line says; whether it is the end."""
        try:
            self._at = max(self._at, min(int(said["at"]), door.MAX_TIME))
            if "end" in said:
                return True
            if "snapshot" in said:
                if (snapshot := self._snapshot(said["snapshot"])) is not None:
                    self._entries.append(Entry(self._at, snapshot))
            elif not self._entries:
                raise ValueError("an event before the first snapshot")
            else:
                event_type = str(said["type"])
                payload = read_payload(event_type, said["data"])
                event = Event(int(said["seq"]), event_type, int(said["timestamp"]), payload)
                self._entries.append(Entry(self._at, event))
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(error) from error
        if len(self._entries) > MOST_EVENTS:
            raise BadRecording(f"{self._name} has more than {MOST_EVENTS:,} events.", next_step="Record less at once.")
        return False

    def _snapshot(self, head: Any) -> Snapshot | None:
        """The snapshot and the lines that belong to it; None where the file ends among them."""
        workspaces: list[Any] = []
        rows: list[Any] = []
        for items, key, model in ((workspaces, "workspace", Workspace), (rows, "delegation", None)):
            for _ in range(int(head[f"{key}s"])):
                said = self._next()
                if said is None:
                    return None
                items.append(model.model_validate(said[key]) if model else _ROW.validate_python(said[key]))
        return Snapshot(
            epoch=head["epoch"], seq=head["seq"], totals=head["totals"], workspaces=workspaces, delegations=rows
        )

    def _next(self) -> dict[str, Any] | None:
        """The next line through the door; None at the end, and where the last line is cut off."""
        if self._cut:
            return None
        self._number += 1
        try:
            line = self._source.readline(LINE_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            if isinstance(error, EOFError):
                self._cut = True
                return None
            raise self._broken(error) from error
        self._bytes += len(line)
        if len(line) > LINE_BYTES or self._bytes > MOST_BYTES:
            raise BadRecording(f"{self._name} is too large at line {self._number:,}.", next_step="Record less at once.")
        if not line.endswith(b"\n"):
            self._cut = True
            return None
        try:
            said = door.read(line)
        except ValueError as error:
            raise self._broken(error) from error
        if not isinstance(said, dict):
            raise self._broken(TypeError("it is not an object"))
        return said

    def _broken(self, error: Exception) -> BadRecording:
        why = "a field is missing or is not what it should be" if isinstance(error, ValidationError) else str(error)
        if isinstance(error, KeyError):
            why = f"{why} is missing"
        return BadRecording(
            f"Line {self._number:,} of {self._name} cannot be read ({clean_line(why, limit=120)}).",
            next_step="Take that line out, or make another recording.",
        )
