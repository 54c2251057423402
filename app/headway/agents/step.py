"""One step of fake work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Wait `pause` seconds, then say `note` (a status message), append `text` to the output, be at `percent`."""

    text: str = ""
    note: str = ""
    pause: float = 1.0
    percent: int | None = None
