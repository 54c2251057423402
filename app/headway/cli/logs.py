"""Where the log of a server goes, and what it may hold (spec: safety, "Text" 5)."""

from __future__ import annotations

import logging
from typing import Final

from headway.core.text import clean

RECORD_LIMIT: Final = 65_536
"""Characters of one record, its traceback included."""


class CleanFormatter(logging.Formatter):
    """Passes each record through `clean`: an error from outside may be quoted in it, and a terminal may show it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, safe to show."""
        return clean(super().format(record), limit=RECORD_LIMIT)


def log_to_stderr() -> None:
    """Send warnings and errors of every library to stderr, cleaned."""
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
