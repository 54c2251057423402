"""A token in a file of a person's own: what opens a server to others is read only where nobody else can read it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

MIN_TOKEN: Final = 32
"""Characters that a token of a person's own making must have; ours have 43."""
_TOKEN: Final = re.compile(rb"[\x21-\x7e]{1,512}")
_MAX_BYTES: Final = 4_096


class TokenFileRefused(Exception):
    """The file holds no token that could be used; the text says why and what to do instead."""


def as_token(content: bytes) -> str | None:
    """The token that a file holds; None for what no header can carry."""
    text = content.strip()
    return text.decode("ascii") if _TOKEN.fullmatch(text) else None


def read_token_file(path: Path) -> str:
    """The token in a file that only this account can read. Raises TokenFileRefused where it is of no use."""
    try:
        with path.open("rb") as file:
            private = not os.fstat(file.fileno()).st_mode & 0o077
            token = as_token(file.read(_MAX_BYTES))
    except OSError as error:
        raise TokenFileRefused(f"the token file {path} cannot be read: {error.strerror}") from error
    if not private:
        raise TokenFileRefused(f"others can read the token file {path}; change that first: chmod 600 {path}")
    if token is None or len(token) < MIN_TOKEN:
        raise TokenFileRefused(f"the token file {path} must hold one line of {MIN_TOKEN} or more visible characters")
    return token
