"""The call log: what the agent was asked and what it worked on, so that a test can prove "once" and "stopped"."""

from __future__ import annotations

import json
import os
from collections import deque
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from headway.core.clock import Clock

MEMORY: Final = 10_000
"""Entries kept in memory; the file has all of them."""


class Kind(StrEnum):
    """What is logged: an accepted send (of a new task or a reply), a refused one, a cancel call, and the work."""

    SEND = "send"
    REFUSED = "refused"
    CANCEL = "cancel"
    STARTED = "started"
    STEP = "step"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `at_ms` is Unix time; `detail` is the step's number, the state at the stop, or a reason."""

    at_ms: int
    agent: str
    event: Kind
    task_id: str
    message_id: str = ""
    detail: str = ""


class Journal:
    """Entries in memory and, with a path, appended as JSON lines to a file that survives the process.

    The file is opened for appending, so several agents may share one; every entry is one write, so a killed process
    leaves whole lines. Raises OSError when the file cannot be opened or written.
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else None
        self.entries: deque[Entry] = deque(maxlen=MEMORY)

    def write(self, agent: str, event: Kind, task_id: str, *, message_id: str = "", detail: str = "") -> None:
        entry = Entry(self._clock.now_ms(), agent, event, task_id, message_id, detail)
        self.entries.append(entry)
        if self._file is not None:
            os.write(self._file, json.dumps(asdict(entry)).encode() + b"\n")

    def of(self, event: Kind, task_id: str | None = None) -> list[Entry]:
        """The entries in memory of one kind, and of one task where it is given."""
        return [e for e in self.entries if e.event is event and task_id in (None, e.task_id)]

    def close(self) -> None:
        """Close the file; to close twice does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_journal(path: Path) -> list[Entry]:
    """The entries of a log file, oldest first. Raises OSError, or ValueError for a line that is no entry."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        entries.append(Entry(**{**fields, "event": Kind(fields["event"])}))
    return entries
