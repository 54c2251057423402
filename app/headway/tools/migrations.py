"""The journal's tables, in steps: each is run once, in its order, in the transaction that opens the file.

A step is never changed once it was released; what comes later is a new step at the end.
"""

from __future__ import annotations

from typing import Final

Step = tuple[str, ...]
"""Statements that belong together."""

DIRECT_TASKS: Final[Step] = (
    """
    CREATE TABLE direct_task (
        task_id TEXT PRIMARY KEY,
        agent TEXT NOT NULL,
        url TEXT NOT NULL,
        session_id TEXT NOT NULL,
        message TEXT NOT NULL,
        context TEXT NOT NULL,
        reply_to TEXT,
        state TEXT NOT NULL,
        sending INTEGER NOT NULL DEFAULT 0,
        remote_task_id TEXT,
        dialect TEXT,
        percent REAL,
        text TEXT NOT NULL DEFAULT '',
        error TEXT,
        stopped TEXT,
        created_at INTEGER NOT NULL,
        heard_at INTEGER NOT NULL,
        finished_at INTEGER,
        delivered INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX direct_task_finished ON direct_task (finished_at)",
    "CREATE INDEX direct_task_session ON direct_task (session_id)",
)

DELEGATIONS: Final[Step] = (
    """
    CREATE TABLE delegation (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        task_id TEXT NOT NULL UNIQUE,
        record TEXT NOT NULL
    ) STRICT
    """,
)

MIGRATIONS: Final[tuple[Step, ...]] = (DIRECT_TASKS, DELEGATIONS)
"""All steps, oldest first; `PRAGMA user_version` counts those that a file has seen."""
