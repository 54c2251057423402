"""The state of the link to a platform, in words for people (spec: dashboard, "Truthful under failure").

Moments are seconds of the injected clock's monotonic time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from headway.dashboard.durations import spelled


@dataclass(frozen=True, slots=True)
class Connecting:
    """Nothing was ever heard of the platform yet."""

    def words(self, now: float) -> str:
        return "connecting"


@dataclass(frozen=True, slots=True)
class Live:
    """What is shown is what is; `latency` is the seconds that a short question took, where one was answered."""

    latency: float | None = None

    def words(self, now: float) -> str:
        return "live" if self.latency is None else f"live {max(1, round(self.latency * 1000))} ms"


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """Connected, with events still to come; `behind` is how many, None until that is known."""

    behind: int | None = None

    def words(self, now: float) -> str:
        if self.behind is None:
            return "catching up"
        return f"catching up {self.behind:,} event{'s' if self.behind != 1 else ''}"


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The link is lost; what is shown is old. It is tried again at `retry_at`."""

    retry_at: float
    reason: str

    def words(self, now: float) -> str:
        seconds = math.ceil(self.retry_at - now)
        when = f"in {seconds} s" if seconds > 0 else "now"
        return f"reconnecting {when} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Resynced:
    """A new snapshot was taken, because the events since the last one heard of are no longer kept."""

    missed_seconds: float

    def words(self, now: float) -> str:
        return f"resynced (missed {spelled(int(self.missed_seconds * 1000))})"


@dataclass(frozen=True, slots=True)
class NeedsToken:
    """The platform does not take the token; nothing is tried until there is another."""

    reason: str

    def words(self, now: float) -> str:
        return f"needs a token ({self.reason})"


@dataclass(frozen=True, slots=True)
class Replaying:
    """No platform: a recording is played. `where` says where it stands."""

    where: Callable[[], str]

    def words(self, now: float) -> str:
        return self.where()


LinkState: TypeAlias = Connecting | Live | CatchingUp | Reconnecting | Resynced | NeedsToken | Replaying
