"""Where a reader of an event stream stands (spec: platform-api, "The event stream")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_DIGITS: Final = 18
"""Of a seq as text."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a platform's event stream, `<epoch>:<seq>` on the wire."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read `<epoch>:<seq>`. Raises ValueError where it is none."""
        epoch, colon, seq = text.rpartition(":")
        if not (colon and epoch and seq.isascii() and seq.isdigit() and len(seq) <= MAX_DIGITS):
            raise ValueError("a cursor is <epoch>:<seq>")
        return cls(epoch, int(seq))
