"""What headway keeps for a person, contexts, which one is used, and the theme: a small file beside `config.toml`.

`config.toml` belongs to the person who writes it and is only ever read.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headway.config.errors import ConfigError
from headway.config.file import shown_path
from headway.config.model import ContextEntry, ContextName, ThemeName
from headway.config.usual import contexts_beside
from headway.config.words import problems_of

MAX_BYTES: Final = 1_048_576


class Kept(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    current: ContextName | None = None
    theme: ThemeName | None = None
    """Chosen on the board."""
    contexts: dict[ContextName, ContextEntry] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContextsFile:
    """The file `config.contexts.json` beside a `config.toml`."""

    path: Path

    @classmethod
    def beside(cls, config: Path) -> ContextsFile:
        return cls(contexts_beside(config))

    def read(self) -> Kept:
        """What is kept; nothing where there is no file. Raises ConfigError for a file that cannot be used."""
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Kept.model_construct()
        except OSError as error:
            raise ConfigError([f"{shown_path(self.path)} cannot be read: {error.strerror}"]) from error
        advice = "mend it, or remove it and add the contexts again"
        try:
            return Kept.model_validate(json.loads(content[:MAX_BYTES]))
        except ValidationError as error:
            raise ConfigError(
                [f"{shown_path(self.path)}: {words}; {advice}" for _, words in problems_of(error)]
            ) from error
        except (ValueError, RecursionError) as error:
            raise ConfigError([f"{shown_path(self.path)} holds no JSON; {advice}"]) from error

    def write(self, kept: Kept) -> None:
        """Keep this, whole or not at all, readable by this account only. Raises ConfigError where it cannot be."""
        scratch = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(kept.model_dump_json(indent=2, exclude_defaults=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self.path)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise ConfigError(
                [f"{shown_path(self.path)} cannot be written: {error.strerror}; nothing was changed"]
            ) from error
