"""The journal's table of tasks given straight to agents: each function is one operation of `Journal.run`."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from headway.a2a.dialects import Dialect
from headway.core.text import clean_line
from headway.tools.outcome import Outcome, State

MAX_TIME: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stop:
    """That a task is to be ended, and as what: it is carried out again if the process dies meanwhile."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class DirectTask:
    """One row. Times are Unix milliseconds.

    `sending` is set before the message leaves: from then on it is never sent again (spec: requirements A17). `reply_to`
    is the agent's task that the message continues. `delivered` is whether nobody has to be told any more.
    """

    task_id: str
    agent: str
    url: str
    session_id: str
    message: str
    created_at: int
    heard_at: int
    context: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str | None = None
    state: State = State.RUNNING
    sending: bool = False
    remote_task_id: str | None = None
    dialect: str | None = None
    percent: float | None = None
    text: str = ""
    error: str | None = None
    stopped: Stop | None = None
    finished_at: int | None = None
    delivered: bool = False

    def outcome(self) -> Outcome:
        """What came of it, once it has ended."""
        return Outcome(
            task_id=self.task_id,
            agent=self.agent,
            url=self.url,
            session_id=self.session_id,
            message=self.message,
            state=self.state,
            text=self.text,
            error=self.error,
            context=self.context,
            created_at=self.created_at,
            finished_at=self.finished_at or self.heard_at,
        )


_COLUMNS: Final = tuple(DirectTask.__dataclass_fields__)
_INSERT: Final = f"INSERT INTO direct_task ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM direct_task"  # noqa: S608
_TIMES: Final = frozenset({"created_at", "heard_at", "finished_at"})
_JSON: Final = frozenset({"message", "context"})


def insert(db: sqlite3.Connection, task: DirectTask) -> None:
    """Keep a new task. Raises sqlite3.IntegrityError where its id is in use."""
    db.execute(_INSERT, [_stored(name, getattr(task, name)) for name in _COLUMNS])


def forget(db: sqlite3.Connection, task_id: str) -> None:
    """Take a task out as if it had never been."""
    db.execute("DELETE FROM direct_task WHERE task_id = ?", (task_id,))


def mark_sending(db: sqlite3.Connection, task_id: str) -> None:
    """From now on the agent may have it."""
    db.execute("UPDATE direct_task SET sending = 1 WHERE task_id = ?", (task_id,))


def mark_known(db: sqlite3.Connection, task_id: str, remote_task_id: str, dialect: str | None) -> None:
    """The agent has taken it on under this id."""
    db.execute(
        "UPDATE direct_task SET remote_task_id = ?, dialect = ? WHERE task_id = ?", (remote_task_id, dialect, task_id)
    )


def mark_stopped(db: sqlite3.Connection, task_id: str, stop: Stop) -> None:
    """It is to be ended."""
    db.execute("UPDATE direct_task SET stopped = ? WHERE task_id = ?", (_stored("stopped", stop), task_id))


def mark_heard(db: sqlite3.Connection, heard: Sequence[tuple[int, str]]) -> None:
    """When agents last said something: pairs of time and task id."""
    db.executemany("UPDATE direct_task SET heard_at = ? WHERE task_id = ?", heard)


def mark_delivered(db: sqlite3.Connection, task_id: str) -> None:
    """Whoever asked for it has been told."""
    db.execute("UPDATE direct_task SET delivered = 1 WHERE task_id = ?", (task_id,))


def finish(db: sqlite3.Connection, task: DirectTask) -> None:
    """Keep how a task has ended; one that has ended before stays as it is."""
    db.execute(
        "UPDATE direct_task SET state = ?, text = ?, error = ?, percent = ?, heard_at = ?, finished_at = ? "
        "WHERE task_id = ? AND finished_at IS NULL",
        (task.state, task.text, task.error, task.percent, task.heard_at, task.finished_at, task.task_id),
    )


def get(db: sqlite3.Connection, task_id: str) -> DirectTask | None:
    """A task by its id, whether it runs or has ended."""
    return next(iter(_read(db.execute(f"{_SELECT} WHERE task_id = ?", (task_id,)))), None)


def running(db: sqlite3.Connection) -> list[DirectTask]:
    """What an earlier process left running, oldest first."""
    return _read(db.execute(f"{_SELECT} WHERE finished_at IS NULL ORDER BY created_at, rowid"))


def undelivered(db: sqlite3.Connection) -> list[str]:
    """The ids of what has ended and whose caller may not have been told, oldest first."""
    rows = db.execute(
        "SELECT task_id FROM direct_task WHERE finished_at IS NOT NULL AND delivered = 0 ORDER BY finished_at, rowid"
    )
    return [task_id for (task_id,) in rows]


def asking(db: sqlite3.Connection, url: str, session_id: str) -> str | None:
    """The agent's task of a session that waits for an answer, where the newest of the session does."""
    # By rowid: the clock may have been set back meanwhile.
    row = db.execute(
        "SELECT state, remote_task_id FROM direct_task WHERE session_id = ? AND url = ? ORDER BY rowid DESC LIMIT 1",
        (session_id, url),
    ).fetchone()
    return row[1] if row is not None and row[0] == State.INPUT_REQUIRED else None


def answered(db: sqlite3.Connection, asked: DirectTask) -> bool:
    """Whether a task that asked was replied to; a reply that came to nothing may be given again."""
    found = db.execute(
        "SELECT 1 FROM direct_task WHERE session_id = ? AND url = ? AND reply_to = ? AND state <> ? "
        "AND rowid > (SELECT rowid FROM direct_task WHERE task_id = ?)",
        (asked.session_id, asked.url, asked.remote_task_id, State.FAILED, asked.task_id),
    ).fetchone()
    return found is not None


def is_anothers(db: sqlite3.Connection, task_id: str, remote_task_id: str) -> bool:
    """Whether an agent's task belongs to another of ours."""
    found = db.execute(
        "SELECT 1 FROM direct_task WHERE remote_task_id = ? AND task_id <> ?", (remote_task_id, task_id)
    ).fetchone()
    return found is not None


def evict(db: sqlite3.Connection, *, before: int, keep: int) -> int:
    """Forget finished tasks that ended before a time, and the oldest of more than `keep`; how many those were."""
    return db.execute(
        "DELETE FROM direct_task WHERE finished_at < ? OR rowid IN (SELECT rowid FROM direct_task "
        "WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        (before, keep),
    ).rowcount


def _stored(name: str, value: Any) -> Any:
    if name in _JSON:
        # As JSON in ASCII: a lone surrogate has no place in a TEXT.
        return json.dumps(value if isinstance(value, str) else dict(value))
    if isinstance(value, Stop):
        return json.dumps([value.state, value.reason])
    return value


def _read(rows: sqlite3.Cursor) -> list[DirectTask]:
    """What can be read; one row that a damaged file or another version has left does not hide the others."""
    found = []
    for row in rows:
        try:
            task = DirectTask(**{name: _loaded(name, value) for name, value in zip(_COLUMNS, row, strict=True)})
        except (ValueError, TypeError) as error:
            _log.warning("task %s in the journal cannot be read: %s", clean_line(str(row[0])), clean_line(str(error)))
        else:
            found.append(task)
    return found


def _loaded(name: str, value: Any) -> Any:
    if name in _JSON:
        loaded = json.loads(value)
        if not isinstance(loaded, dict if name == "context" else str):
            raise TypeError(f"{name} is of another type")
        return loaded
    if name == "stopped" and value is not None:
        state, reason = json.loads(value)
        return Stop(State(state), reason)
    if name == "state":
        return State(value)
    if name == "dialect":
        # One of another version is found out anew.
        return value if value in set(Dialect) else None
    if name in _TIMES and value is not None and not 0 <= value <= MAX_TIME:
        raise ValueError(f"{name} is no time")
    return bool(value) if name in ("sending", "delivered") else value
