"""The shape of time. Whoever needs it is handed a `Clock`; nothing in core reads one."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for intervals, and a way to wait. Tests hand in one that they move."""

    def now_ms(self) -> int:
        """Unix time in whole milliseconds; every time in a record or event is one of these."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock's time."""
