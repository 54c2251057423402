"""What is wrong with a configuration, in words that name the place and the nearest thing that exists."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from headway.core.text import clean_line


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says each thing that is wrong, a line each, clean."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def quoted(name: object) -> str:
    """A name from outside, as it can be shown."""
    return f"'{clean_line(str(name), limit=60)}'"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'theme'?`, or nothing where no known name is near."""
    by_folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[found[0]]}'?" if found else ""
