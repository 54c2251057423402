"""Where the log of a server goes, and what it may hold (spec: safety, "Text" 5)."""

from __future__ import annotations

import logging
from typing import Final

from headway.core.text import clean

RECORD_LIMIT: Final = 65_536
"""Characters of one record, its traceback included."""
REPEATED_AFTER: Final = 10.0
"""Seconds after which asyncio may say the same again."""


class CleanFormatter(logging.Formatter):
    """Passes each record through `clean`: an error from outside may be quoted in it, and a terminal may show it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, safe to show."""
        return clean(super().format(record), limit=RECORD_LIMIT)


class OnceInAWhile(logging.Filter):
    """Lets asyncio say a thing once in `REPEATED_AFTER` seconds.

    Out of descriptors, it says so for each connection that it cannot take, thousands of times a second, each with its
    traceback: the log would fill the disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._at = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written."""
        if record.name != "asyncio":
            return True
        said = record.getMessage()
        if said == self._said and 0 <= record.created - self._at < REPEATED_AFTER:
            return False
        self._said, self._at = said, record.created
        return True


def log_to_stderr(*told: str) -> None:
    """Send warnings and errors of every library to stderr, cleaned; of the loggers `told`, what is done too."""
    handler = logging.StreamHandler()
    handler.setFormatter(CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(OnceInAWhile())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in told:
        logging.getLogger(name).setLevel(logging.INFO)
