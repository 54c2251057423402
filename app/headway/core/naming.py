"""Names that somebody got wrong: shown safely, with the nearest that exists."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from headway.core.text import clean_line


def quoted(name: object) -> str:
    """A name from outside, as it can be shown."""
    return f"'{clean_line(str(name), limit=60)}'"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'theme'?`, or nothing where no known name is near."""
    by_folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[found[0]]}'?" if found else ""
