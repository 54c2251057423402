"""What `headway doctor` looks at on this machine: each finding says what is so, and what to do where that is not good.

The facts are handed in, so nothing here asks the system but for files and what is installed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.cli.extras import how_to_install
from headway.cli.terminal import CURSORLESS, is_over_ssh
from headway.core.text import clean_line

if TYPE_CHECKING:
    from headway.config.settings import Settings

SAFE_WAL: Final = (3, 51, 3)
"""The first SQLite without the WAL-reset bug; the ledger warns of the same ones."""
SMALLEST: Final = (80, 24)
"""Columns and lines that the board needs to show everything essential."""


class Level(StrEnum):
    """How good it is; a `warn` can be lived with."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` is what to do about it."""

    what: str
    level: Level
    says: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What is known of the terminal; `size` is None where there is none."""

    environ: Mapping[str, str]
    size: tuple[int, int] | None
    encoding: str


def configuration(settings: Settings) -> Iterator[Finding]:
    """The file, the keys in it, the context, and variables that nobody reads."""
    from headway.cli.manner import actions_of
    from headway.config.environment import strangers
    from headway.config.errors import ConfigError
    from headway.config.file import shown_path

    path = settings.file.path
    shown = shown_path(path)
    if not settings.file.exists:
        yield Finding("configuration", Level.OK, f"none; it would be {shown}")
    elif path.is_file() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        advice = f"chmod go-w {shown}"
        yield Finding("configuration", Level.WARN, f"{shown} can be written by others", advice)
    else:
        yield Finding("configuration", Level.OK, shown)
    try:
        actions_of(settings)
    except ConfigError as error:
        yield from (
            Finding("keys", Level.BAD, problem, "the board does not start before it is mended")
            for problem in error.problems
        )
    if origin := settings.context_origin:
        yield Finding("context", Level.OK, f"{origin.value} (from {origin.place})")
    for stranger in strangers(settings.environ):
        yield Finding("environment", Level.WARN, stranger, "it sets nothing")


def data_folder(path: Path) -> Finding:
    """Whether the data folder can be used, and by this account only."""
    shown = clean_line(str(path))
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Finding("data folder", Level.OK, f"{shown} is not there yet; the first start makes it")
    except OSError as error:
        return Finding("data folder", Level.BAD, f"{shown}: {error.strerror}", "name another one with --data")
    if not stat.S_ISDIR(mode):
        return Finding("data folder", Level.BAD, f"{shown} is not a folder", "name another one with --data")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data folder", Level.BAD, f"{shown} cannot be written", "name another one with --data")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("data folder", Level.WARN, f"{shown} is open to other accounts", f"chmod go= {shown}")
    return Finding("data folder", Level.OK, f"{shown}, for this account only")


def token_file(path: Path) -> Finding | None:
    """A warning where others can read the token; None where all is well, or there is no such file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    shown = clean_line(str(path))
    return Finding("token file", Level.WARN, f"{shown} is open to other accounts", f"chmod go= {shown}")


def sqlite(version: tuple[int, int, int]) -> Finding:
    """Whether this SQLite can lose committed writes; it matters to a platform on this machine."""
    shown = ".".join(map(str, version))
    if version >= SAFE_WAL:
        return Finding("SQLite", Level.OK, shown)
    advice = "a Python that brings SQLite 3.51.3 or newer has it not"
    return Finding("SQLite", Level.WARN, f"{shown} has the WAL-reset bug: it can lose committed writes, rarely", advice)


def versions(python: tuple[int, int, int], own: str) -> Iterator[Finding]:
    """Headway, the interpreter, and the library that draws the board."""
    yield Finding("headway", Level.OK, own)
    yield Finding("Python", Level.OK, ".".join(map(str, python)))
    yield Finding("Textual", Level.OK, metadata.version("textual"))


def terminal(facts: TerminalFacts) -> Iterator[Finding]:
    """Whether a board can be shown here, and how well."""
    environ = facts.environ
    name = clean_line(environ.get("TERM", ""), limit=40)
    if facts.size is None:
        yield Finding("terminal", Level.OK, "none; `headway` prints a plain table then")
        return
    colors = "true color" if environ.get("COLORTERM") in ("truecolor", "24bit") else "16 or 256 colors"
    inside = [word for word, variable in (("in tmux", "TMUX"), ("in screen", "STY")) if environ.get(variable)]
    if is_over_ssh(environ):
        inside.append("over SSH")
    if environ.get("NO_COLOR"):
        colors = "no color (NO_COLOR)"
    if name in CURSORLESS:
        advice = "use a terminal that can move its cursor, or the plain commands"
        yield Finding("terminal", Level.BAD, f"TERM is {name or 'not set'}: no board can be drawn", advice)
    else:
        yield Finding("terminal", Level.OK, ", ".join([name, colors, *inside]))
    columns, lines = facts.size
    small = columns < SMALLEST[0] or lines < SMALLEST[1]
    advice = f"make it {SMALLEST[0]}×{SMALLEST[1]} or larger" if small else ""
    yield Finding("size", Level.WARN if small else Level.OK, f"{columns}×{lines}", advice)
    if facts.encoding.replace("-", "").casefold() == "utf8":
        yield Finding("locale", Level.OK, "UTF-8")
    else:
        encoding = clean_line(facts.encoding, limit=40)
        yield Finding("locale", Level.WARN, f"{encoding}, not UTF-8", "set a UTF-8 locale, or `ascii = true`")


def extras(distribution: metadata.Distribution) -> Iterator[Finding]:
    """The optional parts of this version: which are installed, and how the others are."""
    names = distribution.metadata.get_all("Provides-Extra") or []
    for name in names:
        wanted = [
            found[1]
            for line in distribution.requires or []
            if (found := re.match(r"([A-Za-z0-9._-]+)", line))
            and re.search(rf"extra == ['\"]{re.escape(name)}['\"]", line)
        ]
        missing = [one for one in wanted if not _installed(one)]
        if missing:
            advice = f"if you want it: {how_to_install(name)}"
            yield Finding("extra", Level.OK, f"{name}: not installed ({', '.join(missing)})", advice)
        else:
            yield Finding("extra", Level.OK, f"{name}: installed")
    if not names:
        yield Finding("extras", Level.OK, "this version has no optional parts")


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
