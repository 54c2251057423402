"""The delegations of a workspace in its journal, where they outlive the process that made them."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Sequence

from headway.core.text import clean_line
from headway.tools.delegation import Kept, as_fields, from_fields
from headway.tools.journal import Journal

_log = logging.getLogger(__name__)


class DelegationStore:
    """Reads and writes the journal's table `delegation`. Raises JournalUnavailable."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def save(self, kept: Kept, gone: Sequence[str] = ()) -> None:
        """Write one as it stands now, durably, and forget others."""
        record = json.dumps(as_fields(kept))

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO delegation (task_id, record) VALUES (?, ?) "
                "ON CONFLICT (task_id) DO UPDATE SET record = excluded.record",
                (kept.task_id, record),
            )
            db.executemany("DELETE FROM delegation WHERE task_id = ?", [(task_id,) for task_id in gone])

        await self._journal.run(write)

    async def load(self) -> list[Kept]:
        """All that are kept, in the order they were made."""

        def read(db: sqlite3.Connection) -> list[str]:
            return [record for (record,) in db.execute("SELECT record FROM delegation ORDER BY place")]

        return [kept for record in await self._journal.run(read) if (kept := _readable(record)) is not None]


def _readable(record: str) -> Kept | None:
    """None for what a damaged file or another version has left: it does not hide the others."""
    try:
        return from_fields(json.loads(record))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        _log.warning("a delegation in the journal cannot be read: %s", clean_line(repr(error)))
        return None
