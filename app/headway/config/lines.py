"""Which line of a TOML file sets a key; the parser of the standard library does not tell.

Used only to word an error, on text that the parser has accepted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str, ...]


def line_of(text: str, path: Path) -> int | None:
    """The line, counted from 1, where `path` or what it lies in is set; None where the text sets no such thing."""
    best: tuple[int, int] | None = None
    for line, found in _statements(text):
        shared = _shared(found, path)
        if shared == len(path):
            return line
        if shared and (best is None or shared > best[0]) and shared == len(found):
            best = (shared, line)
    return best[1] if best else None


def _shared(one: Path, other: Path) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _statements(text: str) -> Iterator[tuple[int, Path]]:
    """Each key and each table that the text sets, with its line; a value over several lines counts for its first."""
    table: Path = ()
    statement, first = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        statement, first = (f"{statement}\n{line}", first) if statement else (line, number)
        try:
            parsed = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            table = next(_leaves(parsed))
            yield first, table
        else:
            for leaf in _leaves(parsed):
                yield first, table + leaf
        statement = ""


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif path:
        yield path
