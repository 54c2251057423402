"""The clock of a recording that is played: it can be faster, slower, paused and moved."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from headway.connectors.recording import Recording
    from headway.core.clock import Clock

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""The steps of `faster` and `slower`; any other speed can be begun with."""


class Playback:
    """A `Clock` whose wall time is that of the recording; its monotonic time and its sleep are those of `base`.

    `position` is in milliseconds from the recording's beginning and stops at its end.
    """

    def __init__(self, recording: Recording, base: Clock, *, speed: float = 1.0) -> None:
        self._recording = recording
        self._base = base
        self._held = 0.0
        self._since = base.monotonic()
        self.speed = speed
        self.paused = False
        self.moved = asyncio.Event()
        """Set whenever speed, pause or position were changed; whoever waits for it clears it."""
        self.jumps = 0
        """How often the position was moved back."""

    def now_ms(self) -> int:
        return self._recording.begins + int(self.position)

    def monotonic(self) -> float:
        return self._base.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._base.sleep(seconds)

    @property
    def position(self) -> float:
        gone = 0.0 if self.paused else (self._base.monotonic() - self._since) * 1000 * self.speed
        return min(self._held + gone, float(self._recording.length))

    @property
    def ended(self) -> bool:
        return self.position >= self._recording.length

    def words(self) -> str:
        """Where it stands, for people."""
        where = f"{_spelled(self.position)} of {_spelled(self._recording.length)}"
        if self.ended:
            return f"replay ended, {_spelled(self._recording.length)}"
        return f"replay paused at {where}" if self.paused else f"replay {where}, x{self.speed:g}"

    def toggle(self) -> None:
        """Pause, or go on; at the end, begin again."""
        if self.ended and not self.paused:
            self.seek(0.0)
            return
        self._hold()
        self.paused = not self.paused
        self.moved.set()

    def faster(self) -> None:
        self._set_speed(next((speed for speed in SPEEDS if speed > self.speed), self.speed))

    def slower(self) -> None:
        self._set_speed(next((speed for speed in reversed(SPEEDS) if speed < self.speed), self.speed))

    def seek(self, position: float) -> None:
        """Go to another place, in milliseconds from the beginning; what is outside the recording is its edge."""
        before = self.position
        self._hold()
        self._held = min(max(position, 0.0), float(self._recording.length))
        if self._held < before:
            self.jumps += 1
        self.moved.set()

    async def until(self, position: float) -> None:
        """Return when `position` is reached, or something was changed."""
        self.moved.clear()
        changed = asyncio.ensure_future(self.moved.wait())
        waiting = {changed}
        if not self.paused:
            seconds = max(0.0, position - self.position) / 1000 / self.speed
            waiting.add(asyncio.ensure_future(self._base.sleep(seconds)))  # type: ignore[arg-type]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    def _set_speed(self, speed: float) -> None:
        self._hold()
        self.speed = speed
        self.moved.set()

    def _hold(self) -> None:
        self._held = self.position
        self._since = self._base.monotonic()


def _spelled(milliseconds: float) -> str:
    minutes, seconds = divmod(int(milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
