"""The garbage collector beside many records: they are not garbage, and looking through them all halts the board.

Of 100,000 rows a whole collection takes a tenth of a second, and a firehose causes one every second or two.
"""

from __future__ import annotations

import gc
from typing import Final

MANY: Final = 10_000
"""Records from which on this matters; below it nothing is changed."""
THRESHOLDS: Final = (10_000, 20, 100)
"""Of objects made and not freed: the youngest are looked through seldom, all of them hardly ever."""


def spare(records: int) -> None:
    """So many records were loaded just now: keep what there is out of collections, and have fewer of them."""
    if records >= MANY:
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
