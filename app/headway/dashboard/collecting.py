"""The garbage collector beside many records: they are not garbage, and looking through them all halts the board.

Of 100,000 rows a whole collection takes a tenth of a second, and a firehose would cause one every second or two. One of
the youngest takes as long at times: CPython 3.11 counts what is made less what is freed, so rows that take the place of
others count for nothing, and pile up until something else has come to the threshold.
"""

from __future__ import annotations

import gc
from typing import Final

MANY: Final = 10_000
"""Records from which on this matters; below it nothing is changed."""
THRESHOLDS: Final = (10_000, 20, 100)
"""Of objects made and not freed: the youngest are looked through seldom, all of them hardly ever."""
FRESH: Final = 1_000
"""Records made anew after which what there is is kept out of collections again."""
QUIET: Final = 600.0
"""Seconds after which all is looked through, in a second in which no record changes."""
MOST: Final = 3_600.0
"""Seconds after which it is, whatever happens: of what was kept out, garbage in circles is only found so."""


class Collecting:
    """Keeps what there is out of collections while there are many records, and looks through all of it hardly ever."""

    def __init__(self) -> None:
        self._are_many = False
        self._fresh = 0
        self._changed = False
        self._collected_at: float | None = None

    def loaded(self, records: int) -> None:
        """So many records were loaded just now."""
        if records >= MANY:
            self._are_many = True
            gc.freeze()
            gc.set_threshold(*THRESHOLDS)

    def took(self, records: int) -> None:
        """So many records were made anew."""
        self._changed |= records > 0
        self._fresh += records
        if self._are_many and self._fresh >= FRESH:
            self._fresh = 0
            gc.freeze()

    def tick(self, now: float) -> None:
        """About a second has passed; `now` is the clock's monotonic time."""
        changed, self._changed = self._changed, False
        if self._collected_at is None:
            self._collected_at = now
        since = now - self._collected_at
        if self._are_many and since >= (MOST if changed else QUIET):
            self._collected_at = now
            gc.unfreeze()
            gc.collect()
            gc.freeze()
