"""Spans of time in few characters: coarse for what still runs, so that little ticks; exact for what is over."""

from __future__ import annotations

from typing import Final

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def coarse(ms: int) -> str:
    """Milliseconds as the largest whole unit: `12s`, `4m`, `3h`, `2d`. A negative span (clocks differ) is `0s`."""
    if ms < MINUTE:
        return f"{max(ms, 0) // SECOND}s"
    if ms < HOUR:
        return f"{ms // MINUTE}m"
    if ms < DAY:
        return f"{ms // HOUR}h"
    return f"{ms // DAY}d"


def exact(ms: int) -> str:
    """Milliseconds to the second: `0:42`, `14:02`, `1:02:03`, and `2d 3h` from a day on."""
    seconds = max(ms, 0) // SECOND
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24}d {hours % 24}h"
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"


def spelled(ms: int) -> str:
    """Milliseconds as the largest whole unit, set off for a sentence: `40 s`, `12 min`, `3 h`, `2 d`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if ms >= size:
            return f"{ms // size} {unit}"
    return f"{ms // SECOND} s"
