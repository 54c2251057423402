"""The file that holds a context's token."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from headway.config.errors import ConfigError
from headway.config.file import shown_path

_TOKEN: Final = re.compile(rb"[!-~]{1,1024}")
_MAX_BYTES: Final = 4_096


def read_token(path: Path, what: str) -> str:
    """The token in the file, which `what` names. Raises ConfigError, which never shows what the file holds."""
    advice = "write the token there on one line, or give it in HEADWAY_TOKEN"
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES).strip()
    except OSError as error:
        raise ConfigError([f"{what}, {shown_path(path)}, cannot be read: {error.strerror}; {advice}"]) from error
    if not _TOKEN.fullmatch(content):
        raise ConfigError([f"{what}, {shown_path(path)}, holds no token; {advice}"])
    return content.decode("ascii")
