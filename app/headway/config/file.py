"""Reading `config.toml`: found, bounded, parsed, checked, and every complaint with its line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from headway.config.errors import ConfigError
from headway.config.lines import line_of
from headway.config.model import Config
from headway.config.words import problems_of
from headway.core.text import clean_line

MAX_BYTES: Final = 65_536
_AT: Final = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column \d+\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that was read, or that is not there; relative paths in it start from its folder."""

    path: Path
    config: Config = field(default_factory=Config.model_construct)
    text: str | None = field(default=None, repr=False)
    """None where there is no such file."""

    @property
    def exists(self) -> bool:
        return self.text is not None

    def place(self, *key: str) -> str:
        """Where a key is set, for people: `~/.config/headway/config.toml line 7`."""
        line = line_of(self.text, key) if self.text is not None else None
        return shown_path(self.path) + (f" line {line}" if line else "")

    def beside(self, path: str) -> Path:
        """A path that the file names."""
        return self.path.parent / Path(path).expanduser()


def read(path: Path, *, needed: bool) -> ConfigFile:
    """Read the file; one that is not `needed` may be missing. Raises ConfigError with every problem in it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if needed:
            raise ConfigError([f"{shown_path(path)}: there is no such file"]) from None
        return ConfigFile(path)
    except OSError as error:
        raise ConfigError([f"{shown_path(path)} cannot be read: {error.strerror}"]) from error
    if len(content) > MAX_BYTES:
        raise ConfigError([f"{shown_path(path)} is larger than {MAX_BYTES // 1024} KiB"])
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{shown_path(path)} line {line}: this is not UTF-8"]) from error
    return _checked(path, text)


def _checked(path: Path, text: str) -> ConfigFile:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(path, text, str(error))]) from error
    except RecursionError:
        raise ConfigError([f"{shown_path(path)}: nested too deeply"]) from None
    unread = ConfigFile(path, text=text)
    try:
        config = Config.model_validate(parsed)
    except ValidationError as error:
        problems = [(line_of(text, key) or 0, f"{unread.place(*key)}: {words}") for key, words in problems_of(error)]
        raise ConfigError([problem for _, problem in sorted(problems)]) from error
    return ConfigFile(path, config, text)


def _syntax(path: Path, text: str, message: str) -> str:
    found = _AT.match(message)
    line = int(found["line"]) if found else text.count("\n") + 1
    what = found["what"] if found else message.removesuffix(" (at end of document)")
    return f"{shown_path(path)} line {line}: this is not TOML: {clean_line(what)}"


def shown_path(path: Path) -> str:
    """A path as people know it, clean; the home folder is `~`."""
    home = Path.home()
    text = f"~/{path.relative_to(home)}" if home != Path("/") and path.is_relative_to(home) else str(path)
    return clean_line(text, limit=200)
