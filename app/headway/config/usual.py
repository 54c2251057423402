"""Whether anything is set at all. Without the models that check settings: most boards are opened where nothing is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PREFIX: Final = "HEADWAY_"
"""All variables begin with it."""


def default_file() -> Path:
    """`~/.config/headway/config.toml`, or where this system keeps such files."""
    from platformdirs import user_config_path

    return user_config_path("headway", appauthor=False) / "config.toml"


def contexts_beside(config: Path) -> Path:
    """The file of what headway keeps for a person itself, beside a `config.toml`."""
    return config.with_name(f"{config.stem}.contexts.json")


def nothing_is_set(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether no variable and no file can set anything, so that everything is as by default."""
    if any(name.startswith(PREFIX) for name in environ):
        return False
    file = default_file()
    return not (_may_be_there(file) or _may_be_there(contexts_beside(file)))


def _may_be_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # What is wrong with it is told where it is read.
        return True
    return True
